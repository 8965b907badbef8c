"""gate.protocols.whole: whole answers taken apart, ValueError for everything that is none."""

from __future__ import annotations

import msgspec
import pytest

from gate.protocols.whole import answer_members, array_of, object_of


def test_values_keep_their_spelling() -> None:
    found = answer_members(b'{"a": 1e999, "error": null, "b": "\\u00e9"}')
    assert {name: bytes(raw) for name, raw in found.items()} == {"a": b"1e999", "error": b"null", "b": b'"\\u00e9"'}


def test_lone_surrogates_become_replacement_characters_and_pairs_stay() -> None:
    assert bytes(answer_members(b'{"a":"\\ud83d\\ude00\\udc00"}')["a"]) == b'"\\ud83d\\ude00\\ufffd"'


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"error":{}}', b'{"error":"x"}', b'{"\xff":1}', b'{"a":' * 100_000]
)
def test_no_answer(body: bytes) -> None:
    with pytest.raises(ValueError):
        answer_members(body)


def test_parts() -> None:
    assert [bytes(raw) for raw in array_of(msgspec.Raw(b"[1, {}]"))] == [b"1", b"{}"]
    assert list(object_of(msgspec.Raw(b'{"a":1}'))) == ["a"]
    for read in (lambda: array_of(msgspec.Raw(b"{}")), lambda: object_of(msgspec.Raw(b"[]"))):
        with pytest.raises(ValueError):
            read()

"""gate.protocols.fields: typed reading that names the member and never its value."""

from __future__ import annotations

import msgspec
import pytest

from gate.core.errors import ErrorCode, GateError
from gate.protocols import fields
from gate.protocols.splice import JsonObject, read_object


def body(text: str) -> JsonObject:
    return read_object(text.encode())


def test_flag() -> None:
    found = body('{"a":true,"b":false,"c":null,"d":"true"}')
    assert [fields.flag(found, name) for name in "abcx"] == [True, False, False, False]
    with pytest.raises(GateError, match="d must be a boolean"):
        fields.flag(found, "d")


def test_count_takes_the_first_that_is_there_and_checks_all() -> None:
    found = body('{"a":null,"b":7,"c":9,"d":-0,"e":{}}')
    assert fields.count(found, "x", "a", "b", "c") == 7
    assert fields.count(found, "d", "b") == 0
    assert fields.count(found, "x") is None
    with pytest.raises(GateError, match="e must be an integer"):
        fields.count(found, "b", "e")


def test_array() -> None:
    found = body('{"a":[ ],"b":null,"c":{},"d":[1]}')
    assert bytes(fields.array(found, "d") or b"") == b"[1]"
    assert fields.array(found, "b") is None
    assert fields.array(found, "x") is None
    for name, says in (("c", "c must be an array"), ("b", "b must be an array"), ("x", "x is missing")):
        with pytest.raises(GateError, match=says):
            fields.array(found, name, required=True)


@pytest.mark.parametrize(
    ("text", "expected"), [("[]", False), ("[ \n ]", False), ("[0]", True), ("[ {}]", True), ("{}", False)]
)
def test_filled(text: str, expected: bool) -> None:
    assert fields.filled(msgspec.Raw(text.encode())) is expected
    assert not fields.filled(None)


def test_crowded_arrays_are_not_looked_at() -> None:
    assert fields.crowded(msgspec.Raw(b"[" + b"0," * (5 << 20) + b"0]"))
    assert not fields.crowded(msgspec.Raw(b'["' + b"x" * (9 << 20) + b'"]'))
    assert not fields.crowded(msgspec.Raw(b"[" + b"0," * 1000 + b"0]"))


def test_duplicates_are_errors_for_controlled_members_only() -> None:
    twice = b'{"a":1,"b":1,"a":2}'
    assert len(fields.read_controlled(twice, frozenset({"b"})).members) == 3
    with pytest.raises(GateError) as caught:
        fields.read_controlled(twice, frozenset({"a"}))
    assert caught.value.code is ErrorCode.DUPLICATE_MEMBER


def test_lenient_readings_are_none_for_what_does_not_fit() -> None:
    number = msgspec.json.Decoder(int)
    assert fields.lenient(None, number) is None
    assert fields.lenient(msgspec.Raw(b'"x"'), number) is None
    assert fields.lenient(msgspec.Raw(b"7"), number) == 7
    assert fields.identifier(msgspec.Raw(b'""')) is None
    assert fields.identifier(msgspec.Raw(b'"' + b"x" * 300 + b'"')) == "x" * 256
    assert fields.identifier(fields.ABSENT) is None
    assert fields.decoded(msgspec.Raw(b"{")) is None
    assert fields.raw_members(msgspec.Raw(b"[]")) == {}
    assert fields.elements(msgspec.Raw(b"{}")) == []


def test_tolerant_reads_past_lone_surrogates() -> None:
    decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])
    assert list(fields.tolerant(b'{"a":"\\ud800"}', decoder) or ()) == ["a"]
    for broken in (b"{", b"[]", b'{"\xff":1}', b'{"a":"\\ud800"', b"[" * 100_000):
        assert fields.tolerant(broken, decoder) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5, 5),
        (0, 0),
        (5.0, 5),
        (-1, None),
        (1.5, None),
        (float("inf"), None),
        (float("nan"), None),
        (True, None),
        ("5", None),
        (None, None),
        ([], None),
    ],
)
def test_tokens(value: object, expected: int | None) -> None:
    assert fields.tokens(value) == expected

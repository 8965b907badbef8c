"""gate.protocols.splice: every member's exact bytes, duplicates, and what JSON may look like."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.core.errors import ErrorCode, GateError
from gate.protocols.codec import Span
from gate.protocols.splice import blank_surrogates, members, mend_surrogates, read_object, replace
from tests.protocols import json_text


def refused(body: bytes) -> GateError:
    with pytest.raises(GateError) as caught:
        members(body)
    return caught.value


@settings(max_examples=300, deadline=None)
@given(st.lists(json_text.members, max_size=6), st.lists(json_text.spaces, max_size=9))
def test_members_stand_where_the_text_has_them(parts: list[tuple[str, str]], space: list[str]) -> None:
    body = json_text.join(parts, space)
    found = members(body)
    assert [body[member.key_at : member.value_at].split(b":")[0].strip().decode() for member in found] == [
        key for key, _ in parts
    ]
    assert [body[member.value_at : member.end].decode() for member in found] == [value for _, value in parts]
    assert [body[member.value.start : member.value.end] for member in found] == [
        body[member.value_at : member.end] for member in found
    ]


@settings(max_examples=200, deadline=None)
@given(st.lists(json_text.members, max_size=5))
def test_keys_are_decoded(parts: list[tuple[str, str]]) -> None:
    found = read_object(json_text.join(parts, []))
    decoded = [json.loads(key) for key, _ in parts]
    # A lone surrogate in a key is read as something else, but as one key of its own.
    assert [member.key for member in found.members if " " not in member.key] == [k for k in decoded if k != "\ud800"]
    assert len(found.members) == len(parts)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60) | st.text('{}[]",:\\ 1eax', max_size=40).map(str.encode))
def test_garbage_raises_nothing_but_gate_errors(body: bytes) -> None:
    try:
        found = members(body)
    except GateError as error:
        assert error.code in (ErrorCode.INVALID_JSON, ErrorCode.INVALID_BODY, ErrorCode.TOO_DEEP)
    else:
        assert isinstance(json.loads(body.decode("latin-1"), strict=True), dict)
        assert all(body[member.key_at : member.key_at + 1] == b'"' for member in found)


@settings(max_examples=200, deadline=None)
@given(st.lists(json_text.members, max_size=4), st.integers(0, 200), st.binary(max_size=3))
def test_mutilated_json_raises_nothing_but_gate_errors(parts: list[tuple[str, str]], at: int, new: bytes) -> None:
    body = json_text.join(parts, [" "])
    at = min(at, len(body))
    try:
        members(body[:at] + new + body[at + 1 :])
    except GateError as error:
        assert error.code in (ErrorCode.INVALID_JSON, ErrorCode.INVALID_BODY)


@pytest.mark.parametrize("number", ["1e999", "-0", "1.50", "-1E+400", "9" * 30, "9" * 6000])
def test_any_number_keeps_its_bytes(number: str) -> None:
    body = f'{{"a": {number} , "b":{number}}}'.encode()
    assert [body[m.value_at : m.end].decode() for m in members(body)] == [number, number]


def test_repeated_keys_are_seen_and_keep_their_places() -> None:
    body = b'{"x":1,"y":[1,2],"x":{"a":"}"},"x":1}'
    found = read_object(body)
    assert [member.key for member in found.members] == ["x", "y", "x", "x"]
    assert [body[m.value_at : m.end] for m in found.members] == [b"1", b"[1,2]", b'{"a":"}"}', b"1"]
    assert bytes(found.values["x"]) == b"1"
    assert found.repeated(frozenset({"y", "model"})) is None
    assert found.repeated(frozenset({"x"})) == "x"


@pytest.mark.parametrize(
    "body",
    [
        b'{"model":"a","model":"a"}',
        b'{"model":"a","mod\\u0065l":"a"}',
        b'{"a":1,"model":1,"b":12,"model":1}',
        b'{"model":1,"x":",\\"model\\":1","model":12}',
        b'{"model":"\\ud800","\\u006dodel":"b"}',
        b'{"\xff":1,"model":"a","model":"b"}',
    ],
)
def test_a_repeated_key_is_found_however_it_is_spelled(body: bytes) -> None:
    assert read_object(body).repeated(frozenset({"model"})) == "model"


@pytest.mark.parametrize("length", range(60))
def test_a_repeated_key_cannot_hide_behind_lengths(length: int) -> None:
    # Jumping from the first x by the length of the last one lands, for one of these keys, on a member inside the last.
    body = b'{"x":1,"model":"ab","x":{"z":0,"' + b"k" * length + b'":123}}'
    found = read_object(body)
    assert [member.key for member in found.members] == ["x", "model", "x"]
    assert [body[m.value_at : m.end][:4] for m in found.members] == [b"1", b'"ab"', b'{"z"']


def test_strings_that_are_not_utf8_and_lone_surrogates_pass() -> None:
    body = b'{"a":"\xff\xfe","b":"\\ud800","\xe9":"\\udc00x", "c" : "\\ud83d\\ude00"}'
    found = read_object(body)
    assert [body[m.value_at : m.end] for m in found.members] == [
        b'"\xff\xfe"',
        b'"\\ud800"',
        b'"\\udc00x"',
        b'"\\ud83d\\ude00"',
    ]
    assert len(found.text) == len(body)


def test_depth() -> None:
    assert len(members(b'{"a":' + b"[" * 400 + b"]" * 400 + b"}")) == 1
    for n in (20_000, 1_000_000):
        assert refused(b'{"a":' + b"[" * n + b"]" * n + b"}").code is ErrorCode.TOO_DEEP
        assert refused(b'{"a":' * n + b"1" + b"}" * n).code is ErrorCode.TOO_DEEP
    deep = b"[" * 20_000 + b"]" * 20_000
    assert refused(b'{"\xff":1,"a":' + deep + b"}").code is ErrorCode.TOO_DEEP


@pytest.mark.parametrize(
    ("body", "code", "says"),
    [
        (b"", ErrorCode.INVALID_JSON, "empty"),
        (b" \n", ErrorCode.INVALID_JSON, "empty"),
        (b"\xef\xbb\xbf{}", ErrorCode.INVALID_JSON, "byte order mark"),
        (b"[]", ErrorCode.INVALID_BODY, "object"),
        (b"null", ErrorCode.INVALID_BODY, "object"),
        (b'"x"', ErrorCode.INVALID_BODY, "object"),
        (b'{"a":1} x', ErrorCode.INVALID_JSON, "byte 9"),
        (b'{"a":1', ErrorCode.INVALID_JSON, "not valid JSON"),
        (b'{"a":1,}', ErrorCode.INVALID_JSON, "not valid JSON"),
        (b'{"a":NaN}', ErrorCode.INVALID_JSON, "not valid JSON"),
        (b'{"a":01}', ErrorCode.INVALID_JSON, "not valid JSON"),
        (b'{"a":"\x01"}', ErrorCode.INVALID_JSON, "not valid JSON"),
        (b'{"a":"\\ud800', ErrorCode.INVALID_JSON, "not valid JSON"),
        (b'{"\xff":NaN}', ErrorCode.INVALID_JSON, "not valid JSON"),
        (b'{"\xff":1}}', ErrorCode.INVALID_JSON, "not valid JSON"),
        (b'{,"\xff":1}', ErrorCode.INVALID_JSON, "not valid JSON"),
        ('{"a":1}'.encode("utf-16"), ErrorCode.INVALID_JSON, "not valid JSON"),
    ],
)
def test_what_is_refused(body: bytes, code: ErrorCode, says: str) -> None:
    error = refused(body)
    assert error.code is code
    assert says in error.message


def test_messages_hold_nothing_of_the_body() -> None:
    assert "SECRET" not in refused(b'{"SECRET":SECRET}').message
    assert "SECRET" not in refused(b'{"\xff":"SECRET",SECRET}').message


def test_too_many_members() -> None:
    many = b",".join(b'"k%d":1' % at for at in range(10_001))
    assert refused(b"{" + many + b"}").code is ErrorCode.INVALID_BODY
    assert refused(b"{" + b",".join([b'"a":1'] * 200_000) + b"}").code is ErrorCode.INVALID_BODY
    assert len(members(b"{" + b",".join([b'"a":1'] * 10_000) + b"}")) == 10_000


def test_empty_objects() -> None:
    assert members(b"{}") == []
    assert members(b" {\n} ") == []


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=40), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 5), st.binary(max_size=4))))
def test_replace_touches_only_its_ranges(body: bytes, wanted: list[tuple[int, int, bytes]]) -> None:
    edits: list[tuple[Span, bytes]] = []
    expected = b""
    at = 0
    for start, length, new in sorted(wanted):
        if at <= start and start + length <= len(body) and (not edits or start > edits[-1][0].start):
            edits.append((Span(start, start + length), new))
            expected += body[at:start] + new
            at = start + length
    assert replace(body, reversed(edits)) == expected + body[at:]


def test_surrogates() -> None:
    plain = b'{"a":"b"}'
    assert blank_surrogates(plain) is plain
    assert blank_surrogates(rb'"\ud83d\ude00\\ud800"') == rb'"\u0020\u0020\\u0020"'
    assert mend_surrogates(rb'"\ud83d\ude00 \ud800x \udc00"') == rb'"\ud83d\ude00 \ufffdx \ufffd"'

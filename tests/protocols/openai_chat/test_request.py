"""gate.protocols.openai_chat.request: what is read, the usage that is asked for, and that every other byte passes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.core.dialect import Dialect, Operation
from gate.core.errors import ErrorCode, GateError
from gate.protocols.codec import Scanned
from gate.protocols.openai_chat.request import CONTROLLED
from gate.protocols.registry import codec
from tests.protocols import json_text

CODEC = codec(Dialect.OPENAI_CHAT)
INSERTED = b'"stream_options":{"include_usage":true},'


def scan(**members: Any) -> Scanned:
    body = {"model": "gpt-x", "messages": [{"role": "user", "content": "hi"}], **members}
    return CODEC.scan(json.dumps(body).encode(), Operation.CHAT)


def rewritten(body: bytes, model: str = "gpt-x") -> bytes:
    return CODEC.rewrite(body, CODEC.scan(body, Operation.CHAT), model)


def refused(body: bytes) -> GateError:
    with pytest.raises(GateError) as caught:
        CODEC.scan(body, Operation.CHAT)
    return caught.value


# Before, after; None for no stream_options at all. @ stands for the place of the insertion.
OPTIONS: list[tuple[str | None, str | None]] = [
    (None, None),
    ("null", '{"include_usage":true}'),
    ("{}", '{"include_usage":true}'),
    ("{ }", '{"include_usage":true }'),
    ('{"include_usage":true}', '{"include_usage":true}'),
    ('{"include_usage" : false }', '{"include_usage" : true }'),
    ('{"include_usage":null}', '{"include_usage":true}'),
    ('{"x":"\\ud800","include\\u005fusage":false}', '{"x":"\\ud800","include\\u005fusage":true}'),
    ('{"include_obfuscation":1e999}', '{"include_usage":true,"include_obfuscation":1e999}'),
]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(json_text.members, max_size=4),
    st.lists(json_text.spaces, max_size=9),
    st.sampled_from(OPTIONS),
    st.permutations(["model", "stream", "options", "messages"]),
    st.lists(json_text.values, max_size=3),
    st.booleans(),
)
def test_every_byte_but_gates_members_is_the_same(
    unknown: list[tuple[str, str]],
    space: list[str],
    options: tuple[str | None, str | None],
    order: list[str],
    messages: list[str],
    stream: bool,
) -> None:
    def body(model: str, option: str | None) -> bytes:
        members = {
            "model": [('"model"', model)],
            "stream": [('"stream"', "true" if stream else "false")],
            "options": [] if option is None else [('"stream_options"', option)],
            "messages": [('"messages"', "[" + ",".join(messages) + "]")],
        }
        return json_text.join([*unknown, *(member for name in order for member in members[name])], space)

    before, after = options
    sent = body('"gpt\\u002dx"', before)
    expected = body('"other"', after if stream else before)
    if before is None and stream:
        at = expected.index(b'"')
        expected = expected[:at] + INSERTED + expected[at:]
    assert rewritten(sent, "other") == expected
    assert CODEC.scan(sent, Operation.CHAT).asked_usage is (stream and before == '{"include_usage":true}')


def test_without_a_stream_nothing_is_asked_for() -> None:
    for body in (b'{"model":"m","messages":[]}', b'{"model":"m","stream":false,"stream_options":{},"messages":[]}'):
        assert rewritten(body, "m") is body


@pytest.mark.parametrize("key", sorted(CONTROLLED))
def test_a_controlled_member_twice_is_refused(key: str) -> None:
    error = refused(f'{{"model":"m","messages":[],"{key}":null,"x":1,"{key}":null}}'.encode())
    assert error.code is ErrorCode.DUPLICATE_MEMBER
    assert key in error.message


def test_include_usage_twice_is_refused() -> None:
    options = '{"include_usage":false,"include\\u005fusage":true}'
    error = refused(f'{{"model":"m","stream":true,"messages":[],"stream_options":{options}}}'.encode())
    assert error.code is ErrorCode.DUPLICATE_MEMBER


@pytest.mark.parametrize(
    ("member", "value", "expected"),
    [
        ("model", "[]", "string"),
        ("stream", "0", "boolean"),
        ("messages", "{}", "array"),
        ("tools", '"x"', "array"),
        ("max_tokens", "true", "integer"),
        ("max_completion_tokens", '"5"', "integer"),
        ("stream_options", "[]", "object"),
        ("stream_options", '{"include_usage":"yes"}', "boolean"),
    ],
)
def test_wrong_types_name_the_member(member: str, value: str, expected: str) -> None:
    parts = {"model": '"m"', "messages": "[]", "stream": "true"} | {member: value}
    error = refused(json_text.join([(json.dumps(k), v) for k, v in parts.items()], []))
    assert error.code is ErrorCode.INVALID_BODY
    assert error.message.startswith(member)
    assert expected in error.message


def test_features() -> None:
    assert scan(tools=[{"type": "function"}]).tools
    assert scan(functions=[{"name": "f"}]).tools
    assert not scan(tools=[]).tools
    assert scan(max_tokens=5).max_tokens == 5
    assert scan(max_tokens=5, max_completion_tokens=7).max_tokens == 7
    assert scan(max_tokens=None).max_tokens is None
    assert scan(reasoning_effort="high").thinking
    assert not scan(reasoning_effort="none").thinking
    assert not scan().thinking
    assert scan(response_format={"type": "json_schema", "json_schema": {}}).json_schema
    assert not scan(response_format={"type": "json_object"}).json_schema
    assert scan().messages == 1


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("image_url", False),
        (None, False),
        ([{"type": "text", "text": '{"type":"image_url"}'}], False),
        ([{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}], True),
        ([{"type": "file", "file": {"file_id": "f"}}], True),
        ([{"type": "input_audio", "input_audio": {}}], False),
    ],
)
def test_images_and_files(content: Any, expected: bool) -> None:
    odd = [5, {"role": "user", "content": [{"type": 1}]}, {"role": "tool"}]
    found = scan(messages=[*odd, {"role": "user", "content": content}])
    assert (found.images, found.messages) == (expected, 4)
    assert scan(messages=[{"role": "user", "content": content}]).images is expected


def test_user_id_is_the_most_conversation_like_of_the_ids() -> None:
    assert scan(user="u", prompt_cache_key="ses_1", safety_identifier="s").user_id == "ses_1"
    assert scan(user="u", prompt_cache_key=None).user_id == "u"
    assert scan(safety_identifier="s", user=5).user_id == "s"
    assert scan().user_id is None


def test_only_a_cache_key_is_a_sessions_own() -> None:
    """`user` may be a person with many sessions, or one application with all its users."""
    assert scan(user="u", prompt_cache_key="ses_1").cache_key == "ses_1"
    assert scan(user="u", safety_identifier="s").cache_key is None

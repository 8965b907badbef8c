"""gate.protocols.anthropic_messages.request: what is read, what is refused, and that every other byte passes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.core.dialect import Dialect, Operation
from gate.core.errors import ErrorCode, GateError
from gate.protocols.codec import Scanned
from gate.protocols.registry import codec
from tests.protocols import json_text

CODEC = codec(Dialect.ANTHROPIC_MESSAGES)
CONTROLLED = [
    '"model"',
    '"mod\\u0065l"',
    '"stream"',
    '"messages"',
    '"tools"',
    '"max_tokens"',
    '"thinking"',
    '"metadata"',
]


def scan(operation: Operation = Operation.CHAT, **members: Any) -> Scanned:
    body = {"model": "claude-x", "messages": [{"role": "user", "content": "hi"}], **members}
    return CODEC.scan(json.dumps({k: v for k, v in body.items() if v is not ...}).encode(), operation)


def refused(body: bytes) -> GateError:
    with pytest.raises(GateError) as caught:
        CODEC.scan(body, Operation.CHAT)
    return caught.value


@settings(max_examples=300, deadline=None)
@given(
    st.lists(json_text.members, max_size=5),
    st.lists(json_text.spaces, max_size=9),
    st.integers(0, 5),
    st.sampled_from(['"model"', '"mod\\u0065l"', '"\\u006Dodel"']),
    st.lists(json_text.values, max_size=3),
)
def test_every_byte_but_the_model_is_the_same(
    parts: list[tuple[str, str]], space: list[str], at: int, key: str, messages: list[str]
) -> None:
    kept = [*parts, ('"messages"', "[" + ",".join(messages) + "]")]

    def body(model: str) -> bytes:
        return json_text.join([*kept[:at], (key, model), *kept[at:]], space)

    sent = body('"claude\\u002dx"')
    scanned = CODEC.scan(sent, Operation.CHAT)
    assert scanned.model == "claude-x"
    assert scanned.messages == len(messages)
    assert CODEC.rewrite(sent, scanned, 'other/"é') == body('"other/\\"é"')
    assert CODEC.rewrite(sent, scanned, "claude-x") == sent


def test_signed_thinking_and_cache_control_survive() -> None:
    body = (
        b'{"model":"a","system":[{"type":"text","text":"x","cache_control":{"type":"ephemeral", "ttl":"1h"}}],'
        b'"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"\\u00e9 \\ud83d",'
        b'"signature":"Eq\\/8="}]}],'
        b'"temperature":1.0,"stream":true}'
    )
    scanned = CODEC.scan(body, Operation.CHAT)
    assert CODEC.rewrite(body, scanned, "b") == body.replace(b'"model":"a"', b'"model":"b"')


@pytest.mark.parametrize("key", CONTROLLED)
def test_a_controlled_member_twice_is_refused(key: str) -> None:
    first = '"model":"a","messages":[],"stream":true,"tools":[],"max_tokens":1,"thinking":null,"metadata":{}'
    error = refused(f'{{{first},"x":1,{key}:null}}'.encode())
    assert error.code is ErrorCode.DUPLICATE_MEMBER
    assert json.loads(key) in error.message


def test_an_unknown_member_twice_passes() -> None:
    body = b'{"top_k":1,"model":"a","top_k":2,"messages":[]}'
    assert CODEC.rewrite(body, CODEC.scan(body, Operation.CHAT), "b") == body.replace(b'"a"', b'"b"')


@pytest.mark.parametrize(
    ("member", "value", "expected"),
    [
        ("model", "5", "string"),
        ("model", "null", "string"),
        ("model", '""', "empty"),
        ("model", '" "', "empty"),
        ("model", '"\\ud800"', "Unicode"),
        ("stream", '"yes"', "boolean"),
        ("stream", "1", "boolean"),
        ("max_tokens", '"many"', "integer"),
        ("max_tokens", "1e999", "integer"),
        ("max_tokens", "1.5", "integer"),
        ("messages", '"hello"', "array"),
        ("messages", "null", "array"),
        ("tools", "{}", "array"),
    ],
)
def test_wrong_types_name_the_member(member: str, value: str, expected: str) -> None:
    parts = {"model": '"claude-x"', "messages": "[]"} | {member: value}
    error = refused(json_text.join([(json.dumps(k), v) for k, v in parts.items()], []))
    assert error.code is ErrorCode.INVALID_BODY
    assert error.message.startswith(member)
    assert expected in error.message


def test_what_is_missing_is_named() -> None:
    assert "model is missing" in refused(b'{"messages":[]}').message
    assert "messages is missing" in refused(b'{"model":"a"}').message


def test_a_model_that_is_not_utf8() -> None:
    assert refused(b'{"model":"\xff","messages":[]}').code is ErrorCode.INVALID_BODY


def test_stream_and_count_tokens() -> None:
    assert scan(stream=True).stream
    assert not scan(stream=None).stream
    assert not scan().stream
    assert not scan(Operation.COUNT_TOKENS, stream=True).stream


def test_features() -> None:
    found = scan(tools=[{"name": "Bash"}], max_tokens=64000, temperature=0.5)
    assert (found.tools, found.max_tokens, found.messages) == (True, 64000, 1)
    assert not scan(tools=[]).tools
    assert scan().max_tokens is None
    assert scan(max_tokens=10**29).max_tokens == 10**29
    assert scan(output_config={"effort": "low", "format": {"type": "json_schema", "schema": {}}}).json_schema
    assert not scan(output_config={"effort": "low"}).json_schema


def test_adaptive_thinking_is_no_wish_of_the_client() -> None:
    assert scan(thinking={"type": "enabled", "budget_tokens": 5000}).thinking
    assert not scan(thinking={"type": "adaptive", "display": "updates"}).thinking
    assert not scan(thinking={"type": "disabled"}).thinking
    assert not scan(thinking="on").thinking


SOURCE = {"type": "base64", "media_type": "image/png", "data": "AAAA"}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("an image", False),
        ([{"type": "text", "text": '{"type":"image"}'}], False),
        ([{"type": "text", "text": "x"}, {"type": "image", "source": SOURCE}], True),
        ([{"type": "document", "source": SOURCE}], True),
        ([{"type": "tool_result", "tool_use_id": "t", "content": [{"type": "image", "source": SOURCE}]}], True),
        ([{"type": "tool_result", "tool_use_id": "t", "content": "image"}], False),
        ([{"type": "tool_use", "id": "t", "name": "image", "input": {"type": "image"}}], False),
        ([{"type": "web_search_tool_result", "content": {"type": "image"}}], False),
    ],
)
def test_images_and_documents(content: Any, expected: bool) -> None:
    assert scan(messages=[{"role": "user", "content": content}]).images is expected
    odd = [{"role": "user", "content": 5}, 7, {"role": "user", "content": [{"type": 1}]}]
    found = scan(messages=[*odd, {"role": "user", "content": content}])
    assert (found.images, found.messages) == (expected, 4)


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"user_id": json.dumps({"device_id": "0", "account_uuid": "", "session_id": "a44c-4d2"})}, "a44c-4d2"),
        ({"user_id": "user_12ab_account__session_9f-1"}, "9f-1"),
        ({"user_id": "someone"}, "someone"),
        ({"user_id": "x" * 999}, "x" * 256),
        ({"user_id": "{not json"}, "{not json"),
        ({"user_id": json.dumps({"device_id": "0"})}, None),
        ({"user_id": 5}, None),
        ({"user_id": ""}, None),
        (None, None),
        ("text", None),
    ],
)
def test_user_id(metadata: Any, expected: str | None) -> None:
    found = scan(metadata=metadata)
    assert (found.user_id, found.cache_key) == (expected, expected)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(CONTROLLED), json_text.values | st.sampled_from(["[]", '"m"', "{}"])), max_size=5
    )
)
def test_any_values_raise_nothing_but_gate_errors(parts: list[tuple[str, str]]) -> None:
    try:
        found = CODEC.scan(json_text.join(parts, []), Operation.CHAT)
    except GateError as error:
        assert error.code in (ErrorCode.INVALID_BODY, ErrorCode.DUPLICATE_MEMBER)
    else:
        assert found.model

"""gate.protocols.openai_responses.request: what is read, what is refused, and that every other byte passes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.core.dialect import Dialect, Operation
from gate.core.errors import ErrorCode, GateError
from gate.protocols.codec import Scanned
from gate.protocols.openai_responses.request import CONTROLLED
from gate.protocols.registry import codec
from tests.protocols import json_text

CODEC = codec(Dialect.OPENAI_RESPONSES)


def scan(**members: Any) -> Scanned:
    return CODEC.scan(json.dumps({"model": "gpt-x", "input": "hi", **members}).encode(), Operation.CHAT)


def refused(body: bytes) -> GateError:
    with pytest.raises(GateError) as caught:
        CODEC.scan(body, Operation.CHAT)
    return caught.value


@settings(max_examples=200, deadline=None)
@given(
    st.lists(json_text.members, max_size=5),
    st.lists(json_text.spaces, max_size=9),
    st.integers(0, 6),
    st.lists(json_text.values, max_size=3),
)
def test_every_byte_but_the_model_is_the_same(
    parts: list[tuple[str, str]], space: list[str], at: int, items: list[str]
) -> None:
    kept = [*parts, ('"input"', "[" + ",".join(items) + "]"), ('"stream"', "true")]

    def body(model: str) -> bytes:
        return json_text.join([*kept[:at], ('"model"', model), *kept[at:]], space)

    sent = body('"gpt\\u002dx"')
    scanned = CODEC.scan(sent, Operation.CHAT)
    assert (scanned.model, scanned.stream, scanned.messages) == ("gpt-x", True, len(items) or None)
    assert CODEC.rewrite(sent, scanned, "other") == body('"other"')


@pytest.mark.parametrize("key", sorted(CONTROLLED))
def test_a_controlled_member_twice_is_refused(key: str) -> None:
    error = refused(f'{{"model":"m","input":"x","{key}":null,"y":1,"{key}":null}}'.encode())
    assert error.code is ErrorCode.DUPLICATE_MEMBER
    assert key in error.message


@pytest.mark.parametrize(
    ("member", "value", "expected"),
    [
        ("model", "{}", "string"),
        ("stream", "{}", "boolean"),
        ("input", "5", "string or an array"),
        ("input", "{}", "string or an array"),
        ("tools", "true", "array"),
        ("max_output_tokens", "1.5", "integer"),
    ],
)
def test_wrong_types_name_the_member(member: str, value: str, expected: str) -> None:
    parts = {"model": '"m"', "input": '"x"'} | {member: value}
    error = refused(json_text.join([(json.dumps(k), v) for k, v in parts.items()], []))
    assert error.code is ErrorCode.INVALID_BODY
    assert error.message.startswith(member)
    assert expected in error.message


def test_features() -> None:
    assert scan(input=None).messages is None
    assert CODEC.scan(b'{"model":"m","prompt":{"id":"p"}}', Operation.CHAT).messages is None
    assert scan(input=[{"role": "user", "content": "x"}, 5]).messages == 2
    assert scan(tools=[{"type": "custom"}], max_output_tokens=9).tools
    assert scan(max_output_tokens=9).max_tokens == 9
    assert scan(text={"format": {"type": "json_schema", "schema": {}}}).json_schema
    assert not scan(text={"verbosity": "low"}).json_schema


def test_tools_in_the_input_are_tools() -> None:
    assert scan(input=[{"type": "additional_tools", "tools": [{"type": "custom", "name": "exec"}]}]).tools
    assert not scan(input=[{"type": "additional_tools", "tools": []}]).tools


def test_thinking_is_an_effort_that_was_asked_for() -> None:
    assert scan(reasoning={"effort": "medium", "summary": "auto"}).thinking
    assert not scan(reasoning={"effort": "none"}).thinking
    assert not scan(reasoning={"summary": "auto"}).thinking
    assert not scan(reasoning=None).thinking
    assert not scan(reasoning="high").thinking


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"role": "user", "content": "input_image"}, False),
        ({"role": "user", "content": [{"type": "input_text", "text": '"input_image"'}]}, False),
        ({"role": "user", "content": [{"type": "input_image", "image_url": "data:"}]}, True),
        ({"role": "user", "content": [{"type": "input_file", "file_id": "f"}]}, True),
        ({"type": "function_call_output", "call_id": "c", "output": [{"type": "input_image"}]}, True),
        ({"type": "function_call_output", "call_id": "c", "output": "input_image"}, False),
    ],
)
def test_images_and_files(item: dict[str, Any], expected: bool) -> None:
    assert scan(input=[item]).images is expected
    assert scan(input=[{"type": 5}, 7, item]).images is expected


def test_user_id_is_the_most_conversation_like_of_the_ids() -> None:
    assert scan(conversation={"id": "conv_1"}, prompt_cache_key="k").user_id == "conv_1"
    assert scan(conversation="conv_2").user_id == "conv_2"
    assert scan(conversation=None, prompt_cache_key="k", user="u").user_id == "k"
    assert scan(conversation=[], safety_identifier="s").user_id == "s"
    assert scan().user_id is None


def test_a_conversation_or_a_cache_key_is_a_sessions_own() -> None:
    assert scan(conversation={"id": "conv_1"}, prompt_cache_key="k").cache_key == "conv_1"
    assert scan(prompt_cache_key="k", user="u").cache_key == "k"
    assert scan(user="u", safety_identifier="s").cache_key is None

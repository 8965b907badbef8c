"""gate.protocols.openai_chat.own_messages: chat to chat, as it was, and where a part of it changed."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from gate.protocols.canonical.parts import Text, ToolCall
from tests.protocols.openai_chat.translating import PIXEL, decoded, encoded

CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
CUSTOM = {"id": "c2", "type": "custom", "custom": {"name": "g", "input": "free"}}
DETAILS = [
    {"type": "reasoning.text", "text": "x", "signature": "s", "index": 0},
    {"type": "reasoning.encrypted", "data": "z", "index": 1},
    {"type": "reasoning.server_tool_call", "tool_name": "t", "arguments": "{}", "result": "r"},
]
IMAGE = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}", "detail": "low"}, "odd": 1}
SAID: list[dict[str, Any]] = [
    {"role": "developer", "content": "x"},
    {"role": "user", "content": "", "name": "ann"},
    {"role": "user", "content": [{"type": "text", "text": "a"}, IMAGE, {"type": "hologram", "hologram": 1}]},
    {"role": "user", "content": [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}]},
    {"role": "assistant", "content": "x", "reasoning_content": "y", "odd": {"z": 1}},
    {"role": "assistant", "content": None, "tool_calls": [CALL, CUSTOM]},
    {"role": "assistant", "content": "x", "reasoning": "x", "reasoning_details": DETAILS},
    {"role": "assistant", "content": [{"type": "thinking", "thinking": [{"type": "text", "text": "m"}]}]},
    {"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]},
    {"role": "assistant", "content": None, "refusal": "no"},
    {"role": "assistant", "content": "x", "images": [IMAGE, IMAGE]},
    {"role": "assistant", "content": None, "audio": {"id": "a1"}},
    {"role": "tool", "tool_call_id": "c1", "content": "r"},
    {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "r"}, IMAGE]},
]


@pytest.mark.parametrize("message", SAID)
def test_a_message_goes_on_as_it_was(message: dict[str, Any]) -> None:
    assert encoded(decoded(messages=[message]))[0]["messages"] == [message]


@pytest.mark.parametrize("message", SAID)
def test_a_message_written_anew_says_the_same(message: dict[str, Any]) -> None:
    request = decoded(messages=[message])
    touched = replace(request, messages=tuple(replace(one, raw=None) for one in request.messages))
    body, losses = encoded(touched)
    assert losses == ()
    assert body["messages"] == [message]


def test_what_changed_in_a_message_is_sent_changed() -> None:
    request = decoded(messages=[{"role": "assistant", "content": "x", "tool_calls": [CALL]}])
    (message,) = request.messages
    parts = (Text("y"), ToolCall("c9", "f", '{"a":1}'))
    body, _ = encoded(replace(request, messages=(replace(message, parts=parts, raw=None),)))
    function = {"name": "f", "arguments": '{"a":1}'}
    assert body["messages"] == [
        {"role": "assistant", "content": "y", "tool_calls": [{"id": "c9", "type": "function", "function": function}]}
    ]


def test_old_functions_go_on_as_tools() -> None:
    """Their calls have no ids; the ones made up link them like any other call."""
    body, losses = encoded(
        decoded(
            messages=[
                {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
                {"role": "function", "name": "f", "content": "r"},
            ],
            functions=[{"name": "f", "parameters": {"type": "object"}}],
            function_call={"name": "f"},
        )
    )
    call = {"id": "call_function_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    assert losses == ()
    assert body["messages"] == [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_function_1", "content": "r"},
    ]
    assert body["tools"] == [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
    assert body["tool_choice"] == {"type": "function", "function": {"name": "f"}}
    assert "functions" not in body


def test_the_way_thinking_was_asked_for_goes_on_unless_it_was_changed() -> None:
    spelled = {"reasoning": {"max_tokens": 9, "exclude": True}, "reasoning_effort": "max"}
    request = decoded(**spelled)
    body, _ = encoded(request)
    assert {name: body[name] for name in spelled} == spelled
    assert request.reasoning is not None
    changed = replace(request, reasoning=replace(request.reasoning, effort=None, budget=9000))
    body, _ = encoded(changed)
    assert (body["reasoning_effort"], "reasoning" in body) == ("high", False)


def test_what_a_server_of_chat_runs_goes_on() -> None:
    search = {"type": "web_search", "engine": "native"}
    body, losses = encoded(decoded(tools=[search], web_search_options={"search_context_size": "low"}, top_k=4, n=2))
    assert losses == ()
    assert body["tools"] == [search]
    assert (body["web_search_options"], body["top_k"], body["n"]) == ({"search_context_size": "low"}, 4, 2)

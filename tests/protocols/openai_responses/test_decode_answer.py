"""gate.protocols.openai_responses.decode_answer: whole responses, and why they ended."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.core.usage import NOT_REPORTED, Usage
from gate.protocols.canonical.answer import Stop
from gate.protocols.canonical.parts import Foreign, Opaque, Part, Refusal, Text, Thinking, ToolCall
from gate.protocols.openai_responses.decode_answer import decode_answer, kept, parts_of_item, sealed, stop_of
from tests.protocols.openai_responses.shapes import ANSWER, ITEMS, response

OWN = Dialect.OPENAI_RESPONSES


def test_a_whole_response() -> None:
    found = decode_answer(json.dumps(ANSWER | {"service_tier": "flex"}).encode(), "azure")
    assert (found.id, found.model, found.created) == ("resp_1", "gpt-x", 1700000000)
    assert found.usage == Usage(input=200, output=25, cache_read=50, cache_write=20, reasoning=5)
    assert (found.stop, found.stop_word, found.raw) == (Stop.TOOL_USE, "completed", {"service_tier": "flex"})
    assert [type(part) for part in found.parts] == [Thinking, Text, Refusal, ToolCall, ToolCall, Foreign]
    assert found.parts[0] == Thinking("hm", Opaque("azure", "encrypted", "b3BhcXVl", "rs_1"), ITEMS[0])


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "not a response"),
        (b"[]", "not a response"),
        (b'{"output": null}', "not a response"),
        (b'{"error": {"message": "x"}}', "not a response"),
        (json.dumps(response("failed", error={"message": "x"})).encode(), "an error in place of a response"),
    ],
)
def test_what_is_no_response(body: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        decode_answer(body, "openai")


def test_odd_members_are_left_out() -> None:
    body = {"output": [5, {"type": "message", "content": [{"type": "output_text", "text": ""}]}], "id": 5, "usage": "x"}
    found = decode_answer(json.dumps({**body, "created_at": 5.5}).encode(), "openai")
    assert (found.id, found.model, found.created, found.usage, found.raw) == (None, None, None, NOT_REPORTED, None)
    assert found.parts == (Foreign(OWN, "unknown", {}),)
    assert (found.stop, found.stop_word) == (Stop.END, None)


@pytest.mark.parametrize(
    ("members", "parts", "stop"),
    [
        ({"status": "completed"}, [Text("x")], (Stop.END, "completed")),
        ({"status": "completed"}, [Refusal("no")], (Stop.REFUSAL, "completed")),
        ({"status": "completed"}, [Refusal("no"), ToolCall("c", "f")], (Stop.TOOL_USE, "completed")),
        (
            {"status": "completed"},
            [Foreign(OWN, "local_shell_call", {"type": "local_shell_call"})],
            (Stop.TOOL_USE, "completed"),
        ),
        ({"status": "completed"}, [Foreign(OWN, "web_search_call", {}, server=True)], (Stop.END, "completed")),
        (
            {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
            [ToolCall("c", "f")],
            (Stop.MAX_TOKENS, "max_output_tokens"),
        ),
        (
            {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}},
            [],
            (Stop.REFUSAL, "content_filter"),
        ),
        ({"status": "incomplete", "incomplete_details": {"reason": "tomorrow"}}, [], (Stop.OTHER, "tomorrow")),
        ({"status": "incomplete", "incomplete_details": "odd"}, [], (Stop.OTHER, "incomplete")),
        ({"status": "cancelled"}, [ToolCall("c", "f")], (Stop.OTHER, "cancelled")),
        ({"status": ["odd"]}, [], (Stop.END, None)),
        ({}, [], (Stop.END, None)),
    ],
)
def test_why_it_ended(members: dict[str, Any], parts: list[Part], stop: tuple[Stop, str | None]) -> None:
    assert stop_of(members, parts) == stop


def test_items_are_parts_or_nothing() -> None:
    seal = sealed("openai")
    assert parts_of_item({"type": "reasoning", "summary": []}, seal) == ()
    hidden = {"type": "reasoning", "encrypted_content": "t"}
    assert parts_of_item(hidden, seal) == (Thinking("", Opaque("openai", "encrypted", "t"), hidden),)
    assert parts_of_item({"role": "assistant", "content": "hi"}, seal) == (Text("hi"),)
    assert kept({"service_tier": None, "tool_usage": {}, "id": "x"}) == {"tool_usage": {}}
    assert kept({"service_tier": None}) is None

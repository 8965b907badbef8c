"""gate.protocols.anthropic_messages.decode_answer: whole answers, of Anthropic and of those who speak like it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gate.core.usage import NOT_REPORTED, Usage
from gate.protocols.anthropic_messages import TRANSLATOR
from gate.protocols.canonical.answer import Stop
from gate.protocols.canonical.parts import Foreign, Opaque, Text, Thinking, ToolCall
from tests.protocols.anthropic_messages.shapes import ANSWER
from tests.protocols.anthropic_messages.translating import answered

TOOL = {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": "ls"}}
TEXT = {"type": "text", "text": "x"}


def test_everything_in_its_place() -> None:
    found = TRANSLATOR.decode_answer(json.dumps(ANSWER).encode(), "anthropic")
    assert (found.id, found.model, found.stop, found.stop_word) == ("msg_1", "claude-x", Stop.TOOL_USE, "tool_use")
    assert found.usage == Usage(input=15, output=7, cache_read=5)
    kinds = [Thinking, Thinking, Text, ToolCall, Foreign, Text, Foreign]
    assert [type(part) for part in found.parts] == kinds
    assert found.parts[0] == Thinking("hm", Opaque("anthropic", "signature", "c2ln"), ANSWER["content"][0])
    assert found.parts[1] == Thinking("", Opaque("anthropic", "redacted", "b3BhcXVl"), ANSWER["content"][1])


def test_tokens_are_of_the_vendor_that_gave_them() -> None:
    (part,) = answered({"type": "thinking", "thinking": "t", "signature": "S"}, vendor="deepseek").parts
    assert isinstance(part, Thinking)
    assert part.opaque == Opaque("deepseek", "signature", "S")


@pytest.mark.parametrize(
    ("blocks", "word", "stop"),
    [
        ([TEXT], "end_turn", Stop.END),
        ([TEXT, TOOL], "end_turn", Stop.TOOL_USE),
        ([TOOL], None, Stop.TOOL_USE),
        ([{"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}], "tool_use", Stop.END),
        ([TOOL], "max_tokens", Stop.MAX_TOKENS),
        ([], "refusal", Stop.REFUSAL),
        ([TEXT], "pause_turn", Stop.PAUSE),
    ],
)
def test_why_it_ended(blocks: list[dict[str, Any]], word: str | None, stop: Stop) -> None:
    found = answered(*blocks, stop=word)
    assert (found.stop, found.stop_word) == (stop, word)


def test_the_stop_sequence() -> None:
    found = answered(TEXT, stop="stop_sequence", stop_sequence="END")
    assert (found.stop, found.stop_sequence) == (Stop.STOP_SEQUENCE, "END")


def test_what_only_this_dialect_knows_is_kept_beside() -> None:
    details = {"type": "refusal", "category": "cyber"}
    usage = {"input_tokens": 1, "output_tokens": 2, "service_tier": "standard", "server_tool_use": None}
    found = answered(stop="refusal", stop_details=details, container=None, usage=usage)
    assert found.raw == {"stop_details": details, "usage": {"service_tier": "standard"}}
    assert answered(TEXT).raw is None


def test_answers_of_servers_that_speak_it_loosely() -> None:
    found = TRANSLATOR.decode_answer(
        b'{"type":"message","content":[{"type":"text"},null,"x",{"type":"tool_use"}]}', "x"
    )
    assert (found.id, found.model, found.usage) == (None, None, NOT_REPORTED)
    assert [type(part) for part in found.parts] == [Text, Foreign, Text, ToolCall]


def test_half_an_emoji() -> None:
    body = json.dumps(ANSWER).encode().replace(b"Look", b"\\ud83d")
    assert any(isinstance(part, Text) and "�" in part.text for part in TRANSLATOR.decode_answer(body, "x").parts)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"type":"message"}',
        b'{"type":"message","content":"x"}',
        b'{"content":[]}',
        b'{"type":"error","error":{"type":"api_error"}}',
        b'{"choices":[]}',
        b'{"type":"message","content":' + b"[" * 50_000,
    ],
)
def test_what_is_no_answer(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        TRANSLATOR.decode_answer(body, "x")

"""Answers that a test scripts, and what a strict upstream refuses."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.harness.dialects.messages import SIGNATURE
from tests.harness.says import Says
from tests.harness.task import ToolCall, Wanted, choose_tool
from tests.harness.upstream import Upstream

CALLS = (ToolCall("a", {"x": "one and more"}), ToolCall("b", {}))
PATHS = {
    "/v1/messages": {"max_tokens": 9, "messages": [{"role": "user", "content": "x"}]},
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "x"}]},
    "/v1/responses": {"input": "x"},
    "/v1beta/models/gemini-3-pro:generateContent": {"contents": [{"parts": [{"text": "x"}]}]},
}


@pytest.mark.parametrize("path", PATHS)
def test_says_the_same_in_every_dialect(upstream: Upstream, path: str) -> None:
    upstream.shape(says=Says(text="some words", thought="a thought", calls=CALLS), strict=True)
    text = httpx.post(upstream.url + path, json=PATHS[path]).raise_for_status().text
    for words in ("some words", "a thought", "one and more", '"a"', '"b"'):
        assert words in text


def test_a_stop_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="stop is one of"):
        Says(stop="never")


def test_chat_calls_come_interleaved_or_in_turn(upstream: Upstream) -> None:
    def order(in_turn: bool) -> list[int]:
        upstream.clear()
        upstream.shape(says=Says(calls=(CALLS[0], CALLS[0]), calls_in_turn=in_turn))
        text = httpx.post(upstream.url + "/v1/chat/completions", json={"messages": [], "stream": True}).text
        return [int(piece[0]) for piece in text.split('"tool_calls": [{"index": ')[1:]]

    assert order(True) == sorted(order(True))
    assert order(False)[:4] == [0, 1, 0, 1]


def turns(*blocks: tuple[str, list[dict[str, Any]]], **more: Any) -> dict[str, Any]:
    return {"max_tokens": 4096, "messages": [{"role": role, "content": content} for role, content in blocks]} | more


WORDS = [{"type": "text", "text": "x"}]
USE = {"type": "tool_use", "id": "t1", "name": "n", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": "done"}
THOUGHT = {"type": "thinking", "thinking": "...", "signature": SIGNATURE}
THINKING = {"type": "enabled", "budget_tokens": 1024}
LOOP = (("user", WORDS), ("assistant", [USE]), ("user", [RESULT]))
REFUSED = {
    "Expected `thinking`": turns(*LOOP, thinking=THINKING),
    "without `tool_result`": turns(*LOOP[:2], ("user", WORDS)),
    "unexpected `tool_use_id`": turns(LOOP[0], LOOP[2]),
    "Invalid `signature`": turns(LOOP[0], ("assistant", [{**THOUGHT, "signature": "gate1.x"}])),
    "non-whitespace": turns(("user", [{"type": "text", "text": ""}])),
    "greater than `thinking.budget_tokens`": turns(LOOP[0], thinking={**THINKING, "budget_tokens": 5000}),
    "Field required": turns(LOOP[0], max_tokens=None),
}


@pytest.mark.parametrize("words", REFUSED)
def test_a_strict_upstream_refuses_what_the_vendor_would(upstream: Upstream, words: str) -> None:
    assert httpx.post(upstream.url + "/v1/messages", json=REFUSED[words]).status_code == 200
    upstream.shape(strict=True)
    answer = httpx.post(upstream.url + "/v1/messages", json=REFUSED[words])
    assert answer.status_code == 400
    assert words in answer.json()["error"]["message"]
    good = turns(LOOP[0], ("assistant", [THOUGHT, USE]), LOOP[2], thinking=THINKING)
    assert httpx.post(upstream.url + "/v1/messages", json=good).status_code == 200


def test_finds_tools_that_a_gateway_renamed() -> None:
    want = Wanted("c", "f", None)
    free = {"type": "object", "properties": {"input": {"type": "string"}}}
    call = choose_tool({"functions__exec": free, "other": {}}, want)
    assert call is not None
    assert call.name == "functions__exec"
    assert "tools.exec_command" in str(call.arguments)
    patch = choose_tool({"shell__exec_command": {"properties": {"cmd": {}}}}, want)
    assert patch == ToolCall("shell__exec_command", {"cmd": "printf %s 'c' > hello.txt"})

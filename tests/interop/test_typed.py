"""The comparison with the SDKs' types finds what does not belong, and nothing in what does."""

from __future__ import annotations

from typing import Any

import pytest

from tests.interop.typed import findings

TEXT = {"type": "text", "text": "x"}
GOOD: dict[str, dict[str, Any]] = {
    "anthropic_messages": {
        "model": "m",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": [TEXT]}],
        "thinking": {"type": "enabled", "budget_tokens": 1024},
    },
    "openai_chat": {"model": "m", "messages": [{"role": "user", "content": [TEXT]}], "stop": ["x"]},
    "openai_responses": {
        "model": "m",
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "x"}]},
            {"role": "assistant", "content": [{"type": "output_text", "text": "x"}]},
        ],
    },
    "gemini": {"contents": [{"role": "user", "parts": [{"text": "x"}]}], "generationConfig": {"maxOutputTokens": 9}},
}
WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("anthropic_messages", {"seed": 1}, ".seed: no such member"),
    ("anthropic_messages", {"thinking": {"type": "enabled"}}, "thinking.budget_tokens: is missing"),
    (
        "anthropic_messages",
        {"messages": [{"role": "user", "content": [{**TEXT, "odd": 1}]}]},
        "messages[0].content[0].odd: no such member",
    ),
    ("openai_chat", {"messages": [{"role": "user", "content": [{"type": "text", "text": 1}]}]}, "int is no str"),
    ("openai_responses", {"input": [{"type": "function_call", "name": "n"}]}, "input[0].call_id: is missing"),
    ("gemini", {"contents": [{"parts": [{"words": "x"}]}]}, "Extra inputs are not permitted"),
    ("gemini", {"max_tokens": 9}, "max_tokens: no such member"),
]


@pytest.mark.parametrize("dialect", GOOD)
def test_nothing_is_found_in_what_belongs(dialect: str) -> None:
    assert findings(dialect, GOOD[dialect]) == []


@pytest.mark.parametrize(("dialect", "change", "words"), WRONG)
def test_finds_what_does_not_belong(dialect: str, change: dict[str, Any], words: str) -> None:
    found = findings(dialect, GOOD[dialect] | change)
    assert len(found) >= 1
    assert any(words in one for one in found), found

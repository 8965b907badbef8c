"""tests.protocols.openai_chat.sdk_types: the judge of bodies finds what is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.protocols.openai_chat.sdk_types import answer_faults, request_faults

ASK: list[Any] = [{"role": "user", "content": "x"}]


def test_a_good_body_has_no_fault() -> None:
    assert request_faults({"model": "m", "messages": ASK, "stream": True, "stop": ["x"], "temperature": 1}) == []


@pytest.mark.parametrize(
    "body",
    [
        {"messages": ASK},
        {"model": "m", "messages": ASK, "odd": 1},
        {"model": "m", "messages": [{"role": "robot", "content": "x"}]},
        {"model": "m", "messages": [{"role": "user"}]},
        {"model": "m", "messages": [{"role": "user", "content": [{"type": "hologram"}]}]},
        {"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": 5}]}]},
        {"model": "m", "messages": [{"role": "tool", "content": "x"}]},
        {"model": "m", "messages": ASK, "tool_choice": "any"},
        {"model": "m", "messages": ASK, "tools": [{"type": "function", "function": {}}]},
        {"model": "m", "messages": ASK, "seed": True},
        {"model": "m", "messages": ASK, "stop": 5},
        {"model": "m", "messages": ASK, "logit_bias": []},
    ],
)
def test_a_bad_body_has_one(body: dict[str, Any]) -> None:
    assert request_faults(body)


def test_an_answer_without_choices_is_at_fault() -> None:
    assert answer_faults({"id": "x", "object": "chat.completion", "created": 1, "model": "m"})

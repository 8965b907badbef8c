"""gate.protocols.openai_chat.asked: every vendor's way to ask for thinking, and its way back."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from gate.protocols.canonical.request import Effort, Reasoning
from gate.protocols.openai_chat.asked import as_spelled, read_reasoning


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"reasoning_effort": "high"}, Reasoning(effort=Effort.HIGH)),
        ({"reasoning_effort": "default", "reasoning": {"effort": "low"}}, Reasoning(effort=Effort.LOW)),
        ({"reasoning": {"max_tokens": 2000, "enabled": True}}, Reasoning(on=True, budget=2000)),
        ({"reasoning": {"summary": "concise"}}, Reasoning(summary="concise")),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024.0}}, Reasoning(on=True, budget=1024)),
        ({"thinking": {"type": "adaptive"}}, Reasoning(on=True, adaptive=True)),
        ({"thinking": {"type": "disabled"}}, Reasoning(on=False)),
        ({"enable_thinking": False}, Reasoning(on=False)),
        ({"enable_thinking": True, "thinking_budget": 0}, Reasoning(on=True, budget=0)),
    ],
)
def test_each_spelling(asked: dict[str, Any], found: Reasoning) -> None:
    assert read_reasoning({"model": "m", **asked}) == replace(found, raw=asked)


@pytest.mark.parametrize(
    ("asked", "summary"),
    [
        ({"reasoning_format": "hidden"}, "omitted"),
        ({"reasoning_format": "raw"}, "auto"),
        ({"reasoning_format": "parsed", "include_reasoning": False}, "omitted"),
        ({"reasoning": {"exclude": True, "summary": "detailed"}}, "omitted"),
    ],
)
def test_whether_thinking_is_shown(asked: dict[str, Any], summary: str) -> None:
    assert read_reasoning(asked) == Reasoning(summary=summary, raw=asked)


def test_openrouters_switch_goes_before_the_others() -> None:
    found = read_reasoning(
        {"reasoning": {"enabled": False}, "enable_thinking": True, "thinking": {"type": "enabled"}},
    )
    assert found is not None
    assert found.on is False


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"temperature": 1},
        {"reasoning_effort": None, "thinking": None},
        {"reasoning_effort": "default"},
        {"reasoning_effort": ["high"]},
        {"reasoning": "high"},
        {"reasoning": {"enabled": "yes", "max_tokens": True, "summary": ""}},
        {"thinking": {"type": ["enabled"], "budget_tokens": -1}},
        {"enable_thinking": 1, "thinking_budget": "7", "include_reasoning": True},
    ],
)
def test_what_has_no_canonical_word_asks_for_nothing(asked: dict[str, Any]) -> None:
    assert read_reasoning(asked) is None


def test_what_was_changed_is_not_spelled_as_it_came() -> None:
    asked = {"thinking": {"type": "enabled"}, "reasoning_effort": "max"}
    found = read_reasoning(asked)
    assert found is not None
    assert as_spelled(found) == asked
    assert as_spelled(replace(found, effort=Effort.LOW)) is None
    assert as_spelled(Reasoning(effort=Effort.LOW)) is None

"""gate.protocols.anthropic_messages.models: a model's name tells what it takes."""

from __future__ import annotations

from typing import Any

import pytest

from gate.protocols.anthropic_messages.models import UNKNOWN, traits
from gate.protocols.canonical.request import Effort

E = Effort


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("claude-3-7-sonnet-20250219", {"adaptive": False, "prefill": True, "schema": False}),
        ("claude-3-5-haiku-latest", {"both": True, "sampling": True, "efforts": ()}),
        ("claude-opus-4-20250514", {"both": True, "adaptive": False, "schema": False}),
        ("claude-opus-4-1", {"both": False, "prefill": True}),
        ("claude-sonnet-4-5-20250929", {"adaptive": False, "efforts": (), "schema": True}),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", {"adaptive": False, "prefill": True}),
        ("claude-opus-4-5@20251101", {"efforts": (E.LOW, E.MEDIUM, E.HIGH), "adaptive": False}),
        ("anthropic/claude-sonnet-4.6", {"adaptive": True, "sampling": True, "prefill": False}),
        ("claude-opus-4-6", {"efforts": (E.LOW, E.MEDIUM, E.HIGH, E.MAX), "system": False, "off": None}),
        ("claude-opus-4-7", {"adaptive": True, "sampling": False, "system": False, "off": None}),
        ("claude-opus-4-8", {"system": True, "thinks": False, "forced": True}),
        ("claude-sonnet-5", {"system": False, "off": "disabled", "forced": True}),
        ("claude-opus-5", {"system": True, "off": "disabled", "thinks": False, "forced": True}),
        ("claude-opus-5-5", {"off": None, "thinks": True, "forced": False, "sampling": False}),
        ("claude-sonnet-5-5", {"off": "between_tools", "thinks": False, "forced": False, "system": True}),
        ("claude-haiku-5-5", {"off": "disabled", "forced": True, "system": True}),
        ("claude-fable-5", {"off": None, "thinks": True, "forced": True}),
        ("claude-fable-5-1", {"off": None, "thinks": True, "forced": False}),
        ("claude-mythos-preview", {"adaptive": True, "thinks": True}),
        ("claude-opus-7", {"adaptive": True, "prefill": False, "forced": False}),
        ("Claude-Opus-Latest", {"adaptive": True}),
    ],
)
def test_generations(model: str, expected: dict[str, Any]) -> None:
    found = traits(model)
    assert {name: getattr(found, name) for name in expected} == expected


@pytest.mark.parametrize("model", ["deepseek-chat", "gpt-6", "", "claude-2.1", "my-model"])
def test_other_models(model: str) -> None:
    assert traits(model) is UNKNOWN

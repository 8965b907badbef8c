"""gate.protocols.gemini.encode_thinking: efforts and budgets in terms of a generation of models."""

from __future__ import annotations

from typing import Any

import pytest

from gate.core.loss import Feature, Loss, LossAction
from gate.protocols.canonical.request import Effort, Reasoning
from gate.protocols.gemini.encode_thinking import native_thinking, write_thinking
from gate.protocols.translation import Aim
from tests.protocols.gemini.shapes import NEW

FLASH, LITE, PRO = "gemini-2.5-flash", "gemini-2.5-flash-lite", "gemini-2.5-pro"


def written(reasoning: Reasoning, model: str = NEW, thinks: bool | None = None) -> tuple[Any, list[LossAction]]:
    """What is sent, and what became of the rest: every loss here is one of thinking."""
    losses: list[Loss] = []
    made = write_thinking(reasoning, Aim(model, "google", thinks=thinks), losses)
    assert all((one.feature, one.path) == (Feature.THINKING, "thinking") for one in losses)
    return made, [one.action for one in losses]


@pytest.mark.parametrize(
    ("reasoning", "made"),
    [
        (Reasoning(budget=5, raw={"thinkingBudget": 7, "new": 1}), {"thinkingBudget": 7, "new": 1}),
        (Reasoning(adaptive=True, budget=5), {"thinkingBudget": -1}),
        (Reasoning(on=False, summary="none"), {"thinkingBudget": 0, "includeThoughts": False}),
        (Reasoning(on=True, budget=5, effort=Effort.HIGH), {"thinkingBudget": 5}),
        (Reasoning(effort=Effort.MINIMAL, summary="auto"), {"thinkingLevel": "MINIMAL", "includeThoughts": True}),
        (Reasoning(raw={}, effort=Effort.LOW), {}),
        (Reasoning(on=True), {}),
    ],
)
def test_a_gemini_clients_own_words(reasoning: Reasoning, made: Any) -> None:
    assert native_thinking(reasoning) == made


@pytest.mark.parametrize(
    ("budget", "level"),
    [(1, "LOW"), (4096, "LOW"), (4097, "MEDIUM"), (16384, "MEDIUM"), (16385, "HIGH"), (1 << 40, "HIGH")],
)
def test_where_budgets_are_cut_into_levels(budget: int, level: str) -> None:
    made, actions = written(Reasoning(budget=budget))
    assert made == {"thinkingLevel": level, "includeThoughts": True}
    assert actions == [LossAction.APPROXIMATED]


@pytest.mark.parametrize(
    ("model", "wanted", "sent"),
    [
        (FLASH, 1, 1),
        (FLASH, 24576, 24576),
        (FLASH, 24577, 24576),
        (FLASH, -5, 1),
        (LITE, 511, 512),
        (LITE, 512, 512),
        (PRO, 127, 128),
        (PRO, 32769, 32768),
    ],
)
def test_budgets_are_held_to_what_the_model_takes(model: str, wanted: int, sent: int) -> None:
    made, actions = written(Reasoning(on=True, budget=wanted), model)
    assert made == {"thinkingBudget": sent, "includeThoughts": True}
    assert actions == ([] if wanted == sent else [LossAction.APPROXIMATED])


@pytest.mark.parametrize(
    ("model", "effort", "budget", "exact"),
    [
        (PRO, Effort.MINIMAL, 1024, True),
        (PRO, Effort.MEDIUM, 8192, True),
        (PRO, Effort.MAX, 32768, True),
        (FLASH, Effort.XHIGH, 24576, True),
        (FLASH, Effort.MAX, 24576, False),
        (FLASH, Effort.NONE, 0, True),
        (PRO, Effort.NONE, 128, False),
    ],
)
def test_efforts_as_budgets(model: str, effort: Effort, budget: int, exact: bool) -> None:
    made, actions = written(Reasoning(effort=effort), model)
    assert made == {"thinkingBudget": budget}
    assert actions == ([] if exact else [LossAction.APPROXIMATED])


@pytest.mark.parametrize(
    ("reasoning", "model", "made"),
    [
        (Reasoning(budget=2000, effort=Effort.HIGH), FLASH, {"thinkingBudget": 2000, "includeThoughts": True}),
        (Reasoning(budget=2000, effort=Effort.HIGH), NEW, {"thinkingLevel": "HIGH", "includeThoughts": True}),
        (Reasoning(on=True), FLASH, {"thinkingBudget": -1, "includeThoughts": True}),
        (Reasoning(on=True, summary="omitted"), NEW, {"includeThoughts": False}),
        (Reasoning(summary="a word nobody knows"), FLASH, {"includeThoughts": True}),
        (Reasoning(), FLASH, {}),
        (Reasoning(), NEW, {}),
    ],
)
def test_what_decides_when_several_things_or_nothing_is_said(reasoning: Reasoning, model: str, made: Any) -> None:
    assert written(reasoning, model) == (made, [])


@pytest.mark.parametrize(("model", "thinks"), [(NEW, False), (FLASH, False), ("gemini-2.0-flash", None), ("", True)])
def test_a_model_that_cannot_be_told(model: str, thinks: bool | None) -> None:
    assert written(Reasoning(effort=Effort.LOW, summary="auto"), model, thinks) == ({}, [LossAction.DROPPED])
    assert written(Reasoning(on=False), model, thinks) == ({}, [])
    assert written(Reasoning(effort=Effort.NONE), model, thinks) == ({}, [])


def test_a_budget_of_nothing_is_off_and_shows_nothing() -> None:
    off = {"thinkingBudget": 0}
    assert written(Reasoning(budget=0), FLASH) == (off, [])
    assert written(Reasoning(effort=Effort.NONE, summary="auto"), FLASH) == (off, [])

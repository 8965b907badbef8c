"""How hard to think, in terms of a generation of Gemini models.

Budgets that stand for an effort: ai.google.dev/gemini-api/docs/openai, "Thinking", read 2026-11-21 (low 1024, medium
8192, high 24576). The way back, from a budget to a level, cuts between them.
"""

from gate.core.loss import Feature, Loss, LossAction
from gate.protocols.canonical.parts import Wire
from gate.protocols.canonical.request import Effort, Reasoning
from gate.protocols.gemini.models import Traits, traits
from gate.protocols.translation import Aim

_BUDGETS = {
    Effort.NONE: 0,
    Effort.MINIMAL: 1024,
    Effort.LOW: 1024,
    Effort.MEDIUM: 8192,
    Effort.HIGH: 24576,
    Effort.XHIGH: 24576,
    Effort.MAX: 32768,
}
_LEVELS = {
    Effort.NONE: "LOW",
    Effort.MINIMAL: "LOW",
    Effort.LOW: "LOW",
    Effort.MEDIUM: "MEDIUM",
    Effort.HIGH: "HIGH",
    Effort.XHIGH: "HIGH",
    Effort.MAX: "HIGH",
}
_EXACT = (Effort.LOW, Effort.MEDIUM, Effort.HIGH)
_HIDDEN = ("omitted", "none")


def native_thinking(reasoning: Reasoning) -> Wire:
    """Exactly what a Gemini client said; put together again where something has changed it."""
    if reasoning.raw is not None:
        return reasoning.raw
    made: dict[str, object] = {}
    if reasoning.adaptive:
        made["thinkingBudget"] = -1
    elif reasoning.on is False:
        made["thinkingBudget"] = 0
    elif reasoning.budget is not None:
        made["thinkingBudget"] = reasoning.budget
    elif reasoning.effort is not None:
        made["thinkingLevel"] = reasoning.effort.value.upper()
    if reasoning.summary is not None:
        made["includeThoughts"] = reasoning.summary not in _HIDDEN
    return made


def write_thinking(reasoning: Reasoning, aim: Aim, losses: list[Loss]) -> Wire:
    """`thinkingConfig`; empty when there is nothing to say."""
    kind = traits(aim.model)
    off = reasoning.on is False or reasoning.effort is Effort.NONE or reasoning.budget == 0
    if aim.thinks is False or not (kind.levels or kind.budget):
        if not off:
            losses.append(Loss(Feature.THINKING, "thinking", LossAction.DROPPED))
        return {}
    made = _by_level(reasoning, kind, losses, off=off) if kind.levels else _by_budget(reasoning, kind, losses, off=off)
    shown = reasoning.summary
    if made.get("thinkingBudget") == 0:
        return made  # there are no thoughts to show
    if shown is not None:
        made["includeThoughts"] = shown not in _HIDDEN
    elif not off and (reasoning.on or reasoning.adaptive or reasoning.budget is not None):
        made["includeThoughts"] = True  # who switches thinking on sees it, unless said otherwise
    return made


def _by_level(reasoning: Reasoning, kind: Traits, losses: list[Loss], *, off: bool) -> dict[str, object]:
    effort = Effort.NONE if off else reasoning.effort
    exact = effort in _EXACT
    if effort is None:
        if reasoning.budget is None:
            return {}
        effort = _nearest(reasoning.budget)
    level = _LEVELS[effort]
    if level == "MEDIUM" and not kind.medium:
        level, exact = "HIGH", False
    if not exact:
        losses.append(Loss(Feature.THINKING, "thinking", LossAction.APPROXIMATED))
    return {"thinkingLevel": level}


def _nearest(budget: int) -> Effort:
    if budget <= _BUDGETS[Effort.MEDIUM] // 2:
        return Effort.LOW
    return Effort.MEDIUM if budget <= _BUDGETS[Effort.HIGH] // 2 + _BUDGETS[Effort.MEDIUM] // 2 else Effort.HIGH


def _by_budget(reasoning: Reasoning, kind: Traits, losses: list[Loss], *, off: bool) -> dict[str, object]:
    assert kind.budget is not None
    least, most = kind.budget
    if off and kind.may_stop:
        return {"thinkingBudget": 0}
    wanted = 0 if off else reasoning.budget
    if wanted is None and reasoning.effort is not None:
        wanted = _BUDGETS[reasoning.effort]
    if wanted is None:
        return {"thinkingBudget": -1} if reasoning.adaptive or reasoning.on else {}
    given = min(max(wanted, least), most)
    if given != wanted:
        losses.append(Loss(Feature.THINKING, "thinking", LossAction.APPROXIMATED))
    return {"thinkingBudget": given}

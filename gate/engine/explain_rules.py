"""Which routing rule decided, and why the others did not: for explain, in words and as data."""

from collections.abc import Sequence
from typing import Any

from gate.core.decision import RouteDecision
from gate.planner.index import index_of
from gate.planner.inputs import World
from gate.planner.routing.rules import Verdict, verdicts


def rules_of(decision: RouteDecision, world: World) -> tuple[Verdict, ...] | None:
    """Every rule's verdict, in the order they are asked. None when the decision was made under another configuration,
    whose rules are not known any more."""
    if decision.config_version != world.version:
        return None
    intended = index_of(world).intended(decision.request.model)
    return verdicts(world.routing, decision.request, decision.now_ns, intended=intended, chosen=decision.rule)


def rules_told(found: Sequence[Verdict]) -> list[dict[str, Any]]:
    """As JSON-able data."""
    return [
        {
            "rule": verdict.rule,
            "priority": verdict.priority,
            "to": verdict.target,
            "built_in": verdict.built_in,
            "fired": verdict.fired,
            "code": verdict.why.code.value,
            "why": verdict.why.text,
        }
        for verdict in found
    ]


def rule_lines(found: Sequence[Verdict]) -> list[str]:
    """As lines of text, in the layout of `explain_text`: what fired, then why not for each other; none
    where there are no rules."""
    if not found:
        return []
    fired = [f"rule       {one.rule} -> {one.target}: {one.why.text}" for one in found if one.fired]
    return [*(fired or ["rule       none fired"]), *(f"           {_other(one)}" for one in found if not one.fired)]


def _other(verdict: Verdict) -> str:
    to = "" if verdict.target is None else f" -> {verdict.target}"
    return f"not {verdict.rule}{to}: {verdict.why.text} [{verdict.why.code.value}]"

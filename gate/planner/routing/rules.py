"""Routing rules, and what they make of a request: which fire, in their order, and why the others do not.

Lower priorities come first, equal ones in the order they are written. `fired` is asked by every plan; `verdicts` says
the same in words and is for explain only.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gate.core.request import RequestFeatures
from gate.planner.routing.conditions import Condition, answer_of, shown
from gate.planner.routing.reasons import RuleCode, RuleReason, because

OWN_PRIORITY = 100
"""What a rule has that gives none; the built-in sets come behind it (`builtin.py`)."""


@dataclass(frozen=True, slots=True)
class RoutingRule:
    """When all conditions hold, the request goes to the target.

    target: an intent's name, `lane:NAME` or `provider/model`; None where a rule written in Python names one for each
    request. everywhere: also where the name asked for means no intent (an explicit lane or model, an unknown name).
    built_in: it is one of the built-in sets.
    """

    name: str
    target: str | None
    conditions: tuple[Condition, ...] = ()
    priority: int = OWN_PRIORITY
    everywhere: bool = False
    built_in: bool = False

    def target_of(self, request: RequestFeatures) -> str | None:
        return self.target if self.target is not None else answer_of(self.name, request)


def in_order(rules: Iterable[RoutingRule]) -> tuple[RoutingRule, ...]:
    """As they are asked."""
    return tuple(sorted(rules, key=lambda rule: rule.priority))


def fired(rules: Sequence[RoutingRule], request: RequestFeatures, now_ns: int) -> Iterator[tuple[RoutingRule, str]]:
    """The rules all of whose conditions hold, in the order given, each with its target. Total."""
    for rule in rules:
        for condition in rule.conditions:
            if not condition.holds(request, now_ns):
                break
        else:
            target = rule.target_of(request)
            if target is not None:
                yield rule, target


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one rule. target: None where it named none."""

    rule: str
    priority: int
    target: str | None
    built_in: bool
    why: RuleReason

    @property
    def fired(self) -> bool:
        return self.why.code is RuleCode.FIRED


def verdicts(
    rules: Iterable[RoutingRule], request: RequestFeatures, now_ns: int, *, intended: bool, chosen: str | None
) -> tuple[Verdict, ...]:
    """Every rule's verdict, in their order. intended: the name asked for means an intent. chosen: the rule that fired,
    None when none did: those before it whose conditions hold were passed over, for no route of their target fits."""
    found: list[Verdict] = []
    reached = False
    for rule in in_order(rules):
        why = _why_not(rule, request, now_ns, intended=intended)
        target = rule.target_of(request)
        if rule.name == chosen:
            reached, why = True, because(RuleCode.FIRED)
        elif why is None and reached:
            why = because(RuleCode.OUTRANKED, rule=str(chosen))
        elif why is None:
            why = because(RuleCode.TARGET_UNUSABLE, target=shown(str(target)))
        found.append(Verdict(rule.name, rule.priority, target, rule.built_in, why))
    return tuple(found)


def _why_not(rule: RoutingRule, request: RequestFeatures, now_ns: int, *, intended: bool) -> RuleReason | None:
    """The first thing that keeps a rule from firing."""
    if not (intended or rule.everywhere):
        return because(RuleCode.EXPLICIT_MODEL, model=shown(request.model))
    reasons = (condition.why_not(request, now_ns) for condition in rule.conditions)
    return next((why for why in reasons if why is not None), None)

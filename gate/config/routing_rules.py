"""From the section `routing` to the rules the planner asks and the checks the edge makes, and what is wrong with it."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field

from gate.config.custom_rules import installed_rules
from gate.config.document import ConfigError
from gate.config.expressions import ExpressionError, searcher
from gate.config.routing_schema import RoutingSection, RuleSection, TimeSection, WhenSection
from gate.core.plugins import PluginError
from gate.engine.headers import CREDENTIALS
from gate.engine.matching import CustomRule, Expression, HeaderCheck, Keywords, Matching, TextCheck
from gate.planner.inputs import World
from gate.planner.resolve import Names, names_of, target_of
from gate.planner.routing.builtin import BuiltIn, built_in
from gate.planner.routing.conditions import (
    AgentLike,
    Among,
    Answered,
    Condition,
    Flag,
    Like,
    Matched,
    ModelLike,
    SubAgent,
    Tokens,
    Within,
    zone_of,
)
from gate.planner.routing.reasons import RuleCode, RuleReason, because
from gate.planner.routing.rules import RoutingRule

_FLAGS = ("tools", "web_search", "images", "thinking", "stream")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Routing:
    """rules: for the planner. matching: for the edge."""

    rules: tuple[RoutingRule, ...] = ()
    matching: Matching = field(default_factory=Matching)


@dataclass(slots=True)
class _Checks:
    """What the edge is to look at, by the conditions' names, as far as rules were compiled."""

    texts: dict[str, TextCheck] = field(default_factory=dict[str, TextCheck])
    headers: dict[str, HeaderCheck] = field(default_factory=dict[str, HeaderCheck])
    customs: dict[str, CustomRule] = field(default_factory=dict[str, CustomRule])


def compiled_routing(section: RoutingSection, world: World, tenants: Collection[str]) -> Routing:
    """world: what targets are looked up in. tenants: names of the client keys there are. Raises ConfigError with every
    finding, also for an installed package that brings a broken rule nobody uses."""
    findings: list[str] = []
    try:
        installed = installed_rules()
    except PluginError as error:
        raise ConfigError([str(error)]) from None
    names = names_of(world)
    sets = {kind: target for kind, target in section.use.items() if target is not None}
    for kind, target in sets.items():
        findings += _wrong_target(f"routing.use.{kind}", target, names)
    checks = _Checks()
    rules: list[RoutingRule] = []
    for rule in section.rules:
        where = f"routing.rules.{rule.name}"
        if any(other.name == rule.name for other in rules):
            findings.append(f"{where}: the name is there twice")
        elif rule.name in set(BuiltIn):
            findings.append(f"{where}: the name belongs to a built-in set")
        findings += _wrong(where, rule, names, tenants, installed)
        rules.append(_compiled(where, rule, checks, installed, findings))
    if findings:
        raise ConfigError(findings)
    matching = Matching(checks.texts, checks.headers, checks.customs)
    return Routing((*rules, *built_in(sets, section.long_context_tokens)), matching)


def _wrong(
    where: str, rule: RuleSection, names: Names, tenants: Collection[str], installed: Collection[str]
) -> Iterator[str]:
    """References to nothing."""
    if (rule.to is None) == (rule.custom is None):
        yield f"{where}: give either `to` or `custom`"
    if rule.to is not None:
        yield from _wrong_target(f"{where}.to", rule.to, names)
    if rule.custom is not None and rule.custom not in installed:
        there = ", ".join(sorted(installed)) or "none"
        yield f"{where}.custom: no installed package brings a rule {rule.custom}; there: {there}"
    for tenant in rule.when.tenant:
        if tenant not in tenants:
            yield f"{where}.when.tenant: there is no client key {tenant}"
    for header in rule.when.headers:
        if header.lower().encode("ascii") in CREDENTIALS | {b"cookie"}:
            yield f"{where}.when.headers: {header} holds a credential; a rule goes by the key's name: tenant"
    tokens = rule.when.tokens
    if tokens.min is not None and tokens.max is not None and tokens.min > tokens.max:
        yield f"{where}.when.tokens: min is more than max: no request is both"
    time = rule.when.time
    if zone_of(time.zone) is None:
        yield f"{where}.when.time.zone: {time.zone} is no time zone that this machine knows (IANA, e.g. Europe/Berlin)"
    if time.hours is not None and len(set(time.hours.split("-"))) == 1:
        yield f"{where}.when.time.hours: {time.hours} is no time at all; leave hours out for the whole day"


def _wrong_target(where: str, target: str, names: Names) -> list[str]:
    if target_of(target, names) is not None:
        return []
    return [f"{where}: {target} is neither an intent, lane:NAME nor provider/model"]


def _compiled(
    where: str, rule: RuleSection, checks: _Checks, installed: dict[str, CustomRule], findings: list[str]
) -> RoutingRule:
    conditions = [*_plain(rule.when), *_seen_at_the_edge(where, rule, checks, findings)]
    if rule.custom is not None and rule.custom in installed:
        checks.customs[rule.name] = installed[rule.custom]
        conditions.append(Answered(rule.name, rule.custom))
    return RoutingRule(
        name=rule.name,
        target=rule.to,
        conditions=tuple(conditions),
        priority=rule.priority,
        everywhere=rule.applies_to == "all",
    )


def _plain(when: WhenSection) -> Iterator[Condition]:
    """Conditions on features and the time, the cheapest first."""
    for feature in _FLAGS:
        wanted: bool | None = getattr(when, feature)
        if wanted is not None:
            yield Flag(feature, wanted)
    if when.sub_agent is not None:
        yield SubAgent(when.sub_agent)
    if when.client:
        yield Among("client", frozenset(when.client))
    if when.dialect:
        yield Among("dialect", frozenset(when.dialect))
    if when.tenant:
        yield Among("client_key", frozenset(when.tenant))
    if when.tokens.min is not None or when.tokens.max is not None:
        yield Tokens(when.tokens.min, when.tokens.max)
    if when.model:
        yield ModelLike(Like(when.model))
    if when.agent:
        yield AgentLike(Like(when.agent))
    if when.time.days or when.time.hours is not None:
        yield _within(when.time)


def _within(time: TimeSection) -> Within:
    start, end = (None, None) if time.hours is None else map(_minutes, time.hours.split("-"))
    return Within(frozenset(_days(time.days)), start, end, time.zone)


def _minutes(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


def _days(written: Sequence[str]) -> Iterator[int]:
    for one in written:
        first, _, last = one.partition("-")
        begin = _DAYS.index(first)
        length = (_DAYS.index(last or first) - begin) % 7
        yield from ((begin + day) % 7 for day in range(length + 1))


def _seen_at_the_edge(where: str, rule: RuleSection, checks: _Checks, findings: list[str]) -> Iterator[Condition]:
    """Conditions on headers and texts, each with its check."""
    when = rule.when
    for header, patterns in when.headers.items():
        name = f"{rule.name}.header.{header.lower()}"
        checks.headers[name] = HeaderCheck(header.lower().encode("ascii"), Like(patterns))
        yield Matched(name, because(RuleCode.HEADER, header=header.lower(), wanted=" or ".join(patterns)))
    if when.keywords.any or when.keywords.all:
        name = f"{rule.name}.keywords"
        checks.texts[name] = Keywords(when.keywords.any, when.keywords.all)
        yield Matched(name, _words(when))
    if when.regex:
        name = f"{rule.name}.regex"
        found: list[Callable[[bytes], object | None]] = []
        for pattern in when.regex:
            try:
                found.append(searcher(pattern))
            except ExpressionError as error:
                findings.append(f"{where}.when.regex: {error}")
        checks.texts[name] = Expression(tuple(found))
        yield Matched(name, because(RuleCode.REGEX), asks="\n".join(when.regex))


def _words(when: WhenSection) -> RuleReason:
    wanted = [f"any of {', '.join(when.keywords.any)}"] if when.keywords.any else []
    wanted += [f"all of {', '.join(when.keywords.all)}"] if when.keywords.all else []
    return because(RuleCode.KEYWORDS, wanted="; ".join(wanted))

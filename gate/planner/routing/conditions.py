"""The conditions of routing rules: one small class for each kind. All of them are total and read nothing but a
request's features and the time.

`holds` is asked on the hot path; `why_not` words the same answer for people and is None exactly where `holds` is true.
Texts and headers are not here: the edge (gate/engine/matching.py) looks at them and leaves in `RequestFeatures.matched`
the names of the conditions that hold, so that a stored request decides the same again without a word of what was said.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from fnmatch import translate
from functools import cache
from typing import Protocol
from zoneinfo import ZoneInfo

from gate.core.request import RequestFeatures
from gate.planner.routing.reasons import RuleCode, RuleReason, because

_REMEMBERED = 1_024
_WINDOW_SUFFIX = re.compile(r"\[\d+[km]\]$")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SHOWN = 80
_MINUTE_NS = 60_000_000_000


class Condition(Protocol):
    """One thing a rule asks for."""

    def holds(self, request: RequestFeatures, now_ns: int) -> bool: ...

    def why_not(self, request: RequestFeatures, now_ns: int) -> RuleReason | None: ...


class Like:
    """Shell patterns of which one has to fit a whole text, in any case. `*` stands for anything, `?` for one character;
    everything else for itself, so that `*[1m]` is a name's ending. Takes time in proportion to the text.

    Answers are remembered, for the same few names are asked about again and again; that changes no answer.
    """

    __slots__ = ("_fits", "_known", "patterns")

    def __init__(self, patterns: Sequence[str]) -> None:
        self.patterns = tuple(patterns)
        self._fits = re.compile("|".join(translate(one.lower().replace("[", "[[]")) for one in self.patterns))
        self._known: dict[str, bool] = {}

    def __call__(self, text: str) -> bool:
        found = self._known.get(text)
        if found is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            found = self._known[text] = self._fits.match(text.lower()) is not None
        return found

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Like) and other.patterns == self.patterns

    def __hash__(self) -> int:
        return hash(self.patterns)

    def __str__(self) -> str:
        return " or ".join(self.patterns)

    def __repr__(self) -> str:
        return f"Like({self.patterns!r})"


@dataclass(frozen=True, slots=True)
class ModelLike:
    """The name asked for. A `[1m]` at its end need not be in the pattern."""

    like: Like

    def holds(self, request: RequestFeatures, now_ns: int) -> bool:
        name = request.model
        return self.like(name) or (name.endswith("]") and self.like(_WINDOW_SUFFIX.sub("", name.lower())))

    def why_not(self, request: RequestFeatures, now_ns: int) -> RuleReason | None:
        if self.holds(request, now_ns):
            return None
        return because(RuleCode.MODEL, model=shown(request.model), wanted=str(self.like))


@dataclass(frozen=True, slots=True)
class Among:
    """A feature that has one of several values: `client`, `dialect` or `client_key` (the tenant)."""

    feature: str
    wanted: frozenset[str]

    def holds(self, request: RequestFeatures, now_ns: int) -> bool:
        return getattr(request, self.feature) in self.wanted

    def why_not(self, request: RequestFeatures, now_ns: int) -> RuleReason | None:
        found: str | None = getattr(request, self.feature)
        if found in self.wanted:
            return None
        wanted = " or ".join(sorted(self.wanted))
        return because(RuleCode.AMONG, feature=_NAMES[self.feature], found=found or "not given", wanted=wanted)


_NAMES = {"client": "the client", "dialect": "the dialect", "client_key": "the client key"}


@dataclass(frozen=True, slots=True)
class Flag:
    """A feature that is or is not there: `tools`, `web_search`, `images`, `thinking` or `stream`."""

    feature: str
    wanted: bool

    def holds(self, request: RequestFeatures, now_ns: int) -> bool:
        return getattr(request, self.feature) is self.wanted

    def why_not(self, request: RequestFeatures, now_ns: int) -> RuleReason | None:
        return _flag(self.feature, getattr(request, self.feature), self.wanted)


@dataclass(frozen=True, slots=True)
class SubAgent:
    """Whether a sub-agent asks, as the client's headers tell: it names an agent beside its session."""

    wanted: bool

    def holds(self, request: RequestFeatures, now_ns: int) -> bool:
        return _is_sub_agent(request) is self.wanted

    def why_not(self, request: RequestFeatures, now_ns: int) -> RuleReason | None:
        return _flag("sub_agent", _is_sub_agent(request), self.wanted)


def _is_sub_agent(request: RequestFeatures) -> bool:
    session = request.session
    return session.agent is not None or session.parent_agent is not None


def _flag(feature: str, found: bool, wanted: bool) -> RuleReason | None:
    if found is wanted:
        return None
    return because(RuleCode.FLAG, feature=feature, found=_yes(found), wanted=_yes(wanted))


def _yes(value: bool) -> str:
    return "yes" if value else "no"


@dataclass(frozen=True, slots=True)
class AgentLike:
    """The id of the agent that asks."""

    like: Like

    def holds(self, request: RequestFeatures, now_ns: int) -> bool:
        agent = request.session.agent
        return agent is not None and self.like(agent)

    def why_not(self, request: RequestFeatures, now_ns: int) -> RuleReason | None:
        if self.holds(request, now_ns):
            return None
        return because(RuleCode.AGENT, found=shown(request.session.agent or "not given"), wanted=str(self.like))


@dataclass(frozen=True, slots=True)
class Tokens:
    """The rough count of input tokens, both bounds included; None = no bound."""

    least: int | None = None
    most: int | None = None

    def holds(self, request: RequestFeatures, now_ns: int) -> bool:
        estimate = request.token_estimate
        return (self.least is None or estimate >= self.least) and (self.most is None or estimate <= self.most)

    def why_not(self, request: RequestFeatures, now_ns: int) -> RuleReason | None:
        estimate = request.token_estimate
        if self.least is not None and estimate < self.least:
            return because(RuleCode.TOO_FEW_TOKENS, estimate=estimate, least=self.least)
        if self.most is not None and estimate > self.most:
            return because(RuleCode.TOO_MANY_TOKENS, estimate=estimate, most=self.most)
        return None


@dataclass(frozen=True, slots=True)
class Within:
    """A time of the week. days: 0 is Monday; none means every day. start, end: minutes since midnight, the end not
    included; both None: the whole day. A window that ends before it starts goes over midnight, and its days are those
    it starts on. zone: an IANA name."""

    days: frozenset[int] = frozenset()
    start: int | None = None
    end: int | None = None
    zone: str = "UTC"

    def holds(self, request: RequestFeatures, now_ns: int) -> bool:
        local = _local(now_ns // _MINUTE_NS, self.zone)
        if local is None:
            return False
        day, minute = local
        if self.start is not None and self.end is not None:
            if self.start < self.end:
                if not self.start <= minute < self.end:
                    return False
            elif minute < self.end:
                day = (day - 1) % 7
            elif minute < self.start:
                return False
        return not self.days or day in self.days

    def why_not(self, request: RequestFeatures, now_ns: int) -> RuleReason | None:
        if self.holds(request, now_ns):
            return None
        local = _local(now_ns // _MINUTE_NS, self.zone)
        found = "a time nobody can tell" if local is None else f"{_DAYS[local[0]]} {_clock(local[1])}"
        return because(RuleCode.TIME, found=found, zone=self.zone, wanted=str(self))

    def __str__(self) -> str:
        days = ", ".join(_DAYS[day] for day in sorted(self.days)) or "every day"
        if self.start is None or self.end is None:
            return days
        return f"{days} {_clock(self.start)}-{_clock(self.end)}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


_latest: dict[str, tuple[int, tuple[int, int] | None]] = {}


def _local(minute: int, zone: str) -> tuple[int, int] | None:
    """The day of the week and the minute of the day, of a minute since 1970; None where that cannot be told. The latest
    answer of each zone is kept."""
    latest = _latest.get(zone)
    if latest is None or latest[0] != minute:
        latest = _latest[zone] = (minute, _worked_out(minute, zone))
    return latest[1]


def _worked_out(minute: int, zone: str) -> tuple[int, int] | None:
    found = zone_of(zone)
    if found is None:
        return None
    try:
        local = datetime.fromtimestamp(minute * 60, found)
    except (OverflowError, ValueError, OSError):
        return None
    return local.weekday(), local.hour * 60 + local.minute


@cache
def zone_of(name: str) -> tzinfo | None:
    """A time zone by its IANA name, None when the system's data knows none of that name. A zone's data is read once."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return None


@dataclass(frozen=True, slots=True)
class Matched:
    """What only the edge can see: keywords, expressions and headers. name: in `RequestFeatures.matched` where it holds.
    why: said where it does not. asks: what it asks for, where `why` does not say; a replay tells by it whether it is
    still the condition that was looked at."""

    name: str
    why: RuleReason
    asks: str = ""

    def holds(self, request: RequestFeatures, now_ns: int) -> bool:
        return self.name in request.matched

    def why_not(self, request: RequestFeatures, now_ns: int) -> RuleReason | None:
        return None if self.name in request.matched else self.why


def answered(rule: str, target: str) -> str:
    """How `matched` says that a rule written in Python chose a target."""
    return f"{rule}={target}"


def failed(rule: str) -> str:
    """How `matched` says that a rule written in Python raised."""
    return f"{rule}!"


def answer_of(rule: str, request: RequestFeatures) -> str | None:
    """The target a rule written in Python chose, None when it chose none."""
    begins = answered(rule, "")
    return next((name[len(begins) :] for name in sorted(request.matched) if name.startswith(begins)), None)


@dataclass(frozen=True, slots=True)
class Answered:
    """A rule written in Python has chosen. rule: the routing rule's name. custom: the Python rule's."""

    rule: str
    custom: str

    def holds(self, request: RequestFeatures, now_ns: int) -> bool:
        return answer_of(self.rule, request) is not None

    def why_not(self, request: RequestFeatures, now_ns: int) -> RuleReason | None:
        if self.holds(request, now_ns):
            return None
        code = RuleCode.CUSTOM_FAILED if failed(self.rule) in request.matched else RuleCode.CUSTOM_SILENT
        return because(code, custom=self.custom)


def shown(text: str) -> str:
    """A text from outside, safe to print in one line."""
    text = text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
    return "".join(character if character.isprintable() else "?" for character in text)

"""What a decision was made from, kept so that it can be made again.

`replay` of a recording under the configuration it was made with gives the identical decision: the request's features,
the wall clock and the seed are in the decision itself; everything else that `plan` reads is in the `Situation`.
Recordings hold features and names, never text of a request. Times of health are seconds of the clock that `now` was
read from, as they were: only their distance to `now` means anything, and not a bit of it is lost.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any
from zlib import crc32

import msgspec

from gate.core.binding import Binding
from gate.core.decision import SCHEMA, RouteDecision
from gate.core.execution import Execution
from gate.health.pressure import NO_PRESSURE
from gate.health.snapshot import HEALTHY, HealthSnapshot, RouteHealth
from gate.health.traffic import NO_TRAFFIC
from gate.planner.inputs import World
from gate.planner.plan import plan
from gate.planner.routing.conditions import Answered, Matched
from gate.planner.routing.rules import RoutingRule
from gate.planner.rule import neutral
from gate.planner.serialise import UnknownSchema

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Situation:
    """What `plan` read besides the request and the configuration.

    now: seconds, the clock of `health`. health: of the routes of which something was known. ratios: model -> what the
    token estimate was multiplied with, of the models it was asked for. binding: where the session was served before.
    conditions: what was looked at that only the edge can see (`conditions_of`); `RequestFeatures.matched` says what of
    it held. simulated: planned for the simulated provider, for there was no key at all.
    """

    now: float
    health: Mapping[str, RouteHealth] = field(default_factory=dict[str, RouteHealth])
    ratios: Mapping[str, float] = field(default_factory=dict[str, float])
    binding: Binding | None = None
    conditions: frozenset[str] = frozenset()
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Recording:
    """One request: what was decided, what came of it, and what it was decided from."""

    decision: RouteDecision
    execution: Execution
    situation: Situation


class Consulted:
    """A `token_ratio` for `plan` that remembers what it answered."""

    __slots__ = ("_ask", "answers")

    def __init__(self, ask: Callable[[str], float] = neutral) -> None:
        self._ask = ask
        self.answers: dict[str, float] = {}

    def __call__(self, model: str) -> float:
        answer = self.answers[model] = self._ask(model)
        return answer


def conditions_of(world: World) -> frozenset[str]:
    """What the routing rules of a configuration ask for that no feature holds: texts, headers, and what a rule written
    in Python says. `NAME#CHECKSUM`, so that a condition that asks for something else now is another one."""
    if not world.routing:
        return NO_CONDITIONS
    for known, conditions in _looked:
        if known is world:
            return conditions
    conditions = frozenset(label(condition) for rule in world.routing for condition in edge_conditions(rule))
    _looked.insert(0, (world, conditions))
    del _looked[_MOST_WORLDS:]
    return conditions


def edge_conditions(rule: RoutingRule) -> tuple[Matched | Answered, ...]:
    """Those of a rule's conditions that only the edge can see."""
    return tuple(condition for condition in rule.conditions if isinstance(condition, Matched | Answered))


def label(condition: Matched | Answered) -> str:
    name = condition.name if isinstance(condition, Matched) else condition.rule
    return f"{name}#{crc32(repr(condition).encode()):08x}"


NO_CONDITIONS: frozenset[str] = frozenset()
_MOST_WORLDS = 4
_looked: list[tuple[World, frozenset[str]]] = []


def replay(recording: Recording, world: World) -> RouteDecision:
    """The decision that `world` would have made in the recorded situation. A model whose ratio was not asked for then
    is taken by the plain estimate."""
    then, situation = recording.decision, recording.situation
    return plan(
        then.request,
        world,
        HealthSnapshot(then.health_epoch, situation.health),
        situation.now,
        then.now_ns,
        then.seed,
        then.id,
        lambda model: situation.ratios.get(model, 1.0),
        situation.binding,
    )


class Encoder:
    """Recordings as bytes. What is written of a value is remembered as long as it is the same one: most verdicts and
    most routes' health are from one request to the next. Not for several threads at once."""

    def __init__(self) -> None:
        self._encode = msgspec.msgpack.Encoder().encode
        self._told: dict[int, tuple[object, msgspec.Raw]] = {}

    def encode(self, recording: Recording) -> bytes:
        situation = recording.situation
        return self._encode(
            {
                "format": FORMAT,
                "decision": self._decision(recording.decision),
                "execution": recording.execution,
                "situation": {
                    "now": situation.now,
                    "health": {
                        route: self._once(health) for route, health in situation.health.items() if health is not HEALTHY
                    },
                    "ratios": situation.ratios,
                    "binding": situation.binding,
                    "conditions": situation.conditions,
                    "simulated": situation.simulated,
                },
            }
        )

    def _decision(self, decision: RouteDecision) -> dict[str, Any]:
        told = {name: getattr(decision, name) for name in _DECISION}
        told["candidates"] = [self._once(candidate) for candidate in decision.candidates]
        return told

    def _once(self, value: object) -> msgspec.Raw:
        told = self._told.get(id(value))  # which is its own as long as it is held here
        if told is not None:
            return told[1]
        if len(self._told) >= _MOST_TOLD:
            self._told.clear()
        raw = msgspec.Raw(self._encode(value))
        self._told[id(value)] = (value, raw)
        return raw


_MOST_TOLD = 2_048
_DECISION = tuple(one.name for one in fields(RouteDecision))


class _Head(msgspec.Struct):
    format: int
    decision: dict[str, Any]


class _Stored(msgspec.Struct):
    decision: RouteDecision
    execution: Execution
    situation: Situation


_HEAD = msgspec.msgpack.Decoder(_Head)
_STORED = msgspec.msgpack.Decoder(_Stored)


def decoded(data: bytes) -> Recording:
    """The recording that an `Encoder` wrote. Members that this Gate does not know are ignored. Raises UnknownSchema for
    another format, or ValueError when it is no recording."""
    try:
        stored = _STORED.decode(data)
        version = _HEAD.decode(data).format
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        _refuse_other_formats(data)
        raise ValueError(f"no recording: {error}") from None
    if version != FORMAT or stored.decision.schema != SCHEMA:
        raise UnknownSchema(_other(version, stored.decision.schema))
    situation = stored.situation
    health = {route: _shared(health) for route, health in situation.health.items()}
    return Recording(stored.decision, stored.execution, replace(situation, health=health))


def _refuse_other_formats(data: bytes) -> None:
    """A newer format may not even decode as this one: then it is to blame, not the data. Raises UnknownSchema."""
    try:
        head = _HEAD.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return
    schema = head.decision.get("schema")
    if head.format != FORMAT or schema != SCHEMA:
        raise UnknownSchema(_other(head.format, schema))


def _other(version: int, schema: object) -> str:
    return f"a recording of format {version}, schema {schema!r}; this Gate reads {FORMAT} and {SCHEMA}"


def _shared(health: RouteHealth) -> RouteHealth:
    """The planner tells what is untouched by identity."""
    if health.group == NO_PRESSURE:
        health = replace(health, group=NO_PRESSURE)
    if health.traffic == NO_TRAFFIC:
        health = replace(health, traffic=NO_TRAFFIC)
    return HEALTHY if health == HEALTHY else health

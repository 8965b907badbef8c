"""Decisions rebuilt from the very attributes that Gate puts on its spans."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from gate.cli.span_recordings import recordings_of
from gate.cli.trace_model import Event, Span
from gate.core.binding import Binding
from gate.core.decision import RouteDecision
from gate.core.failure import FailureKind
from gate.core.loss import Use
from gate.core.reason import Reason
from gate.core.request import ClientProfile, Session
from gate.health.cooldown import Cooldown
from gate.health.pressure import GroupPressure
from gate.health.snapshot import BreakerState, RouteHealth
from gate.planner.comparison import Worlds, compare, summary
from gate.planner.recording import Recording, replay
from gate.telemetry import names
from gate.telemetry.attempt_view import attempt_view
from gate.telemetry.span_attributes import attempt_end, attempt_start, plan_story, route_attributes
from gate.telemetry.view import view
from tests.cli.stored import compiled, configuration, recorded

SNAPSHOT = compiled(configuration())
WORLDS = Worlds(SNAPSHOT.world)
NOW = 50.0  # of `recorded`
HEALTHS: dict[str, RouteHealth] = {
    "open": RouteHealth(
        state=BreakerState.OPEN, open_until=NOW + 20, consecutive=5, last_failure=FailureKind.SERVER_ERROR
    ),
    "probed": RouteHealth(state=BreakerState.HALF_OPEN, probing=True, probe_until=NOW + 5),
    "cooling": RouteHealth(cooldown=Cooldown(NOW + 7, 7.0)),
    "group": RouteHealth(group=GroupPressure(cooldown=Cooldown(NOW + 7, 7.0))),
    "quota": RouteHealth(group=GroupPressure(exhausted_until=NOW + 600, by=FailureKind.QUOTA_EXHAUSTED)),
    "refused": RouteHealth(group=GroupPressure(exhausted_until=NOW + 600, by=FailureKind.INVALID_AUTH)),
    "finding out": RouteHealth(group=GroupPressure(exhausted_until=NOW - 1, probing=True, probe_until=NOW + 9)),
}


def span(span_id: str, parent: str | None, kind: str, start_ns: int, seconds: float, said: Mapping[str, Any]) -> Span:
    attributes = {name: list(value) if isinstance(value, tuple) else value for name, value in said.items()}
    return Span(span_id, parent, "?", kind, "unset", "", start_ns, start_ns + round(seconds * 1e9), "gate", attributes)


def spans_of(recording: Recording) -> list[Span]:
    """What Gate sends of a decision."""
    decision, execution = recording.decision, recording.execution
    name = decision.id[-8:]
    story, events = plan_story(decision)
    plan = span(f"{name}-plan", f"{name}-route", "internal", decision.now_ns, 0.001, story)
    found = [
        span(f"{name}-server", None, "server", decision.now_ns, 3, {names.GATE_DECISION_ID: decision.id}),
        span(
            f"{name}-route",
            f"{name}-server",
            "internal",
            decision.now_ns,
            3,
            route_attributes(view(decision, execution)),
        ),
        replace(plan, events=tuple(Event("gate.candidate", dict(one)) for one in events)),
    ]
    for one in [attempt_view(decision, record) for record in execution.attempts]:
        begun = attempt_start(one.operation, one.gen_ai_provider, one.model, None, None)
        start_ns = decision.now_ns + round(one.started_s * 1e9)
        said = {**begun, **attempt_end(one)}
        found.append(span(f"{name}-{one.index}", f"{name}-route", "client", start_ns, one.duration_s, said))
    return found


def reasons(decision: RouteDecision, route: str) -> tuple[Reason, ...]:
    (found,) = [candidate.reasons for candidate in decision.candidates if candidate.route == route]
    return found


def rebuilt(recording: Recording) -> Recording:
    (found,), left_out = recordings_of(spans_of(recording))
    assert left_out == 0
    return found


def test_the_request_is_the_same() -> None:
    one = recorded(
        1,
        SNAPSHOT,
        stream=True,
        tools=True,
        thinking=True,
        web_search=True,
        max_tokens=4_000,
        client=ClientProfile.CLAUDE,
        client_version="2.1.7",
        client_key="laptop",
        session=Session("s", "agent", "parent"),
        uses=frozenset({Use.THINKING, Use.CACHE_HINTS}),
        matched=frozenset({"fast:text", "other:header"}),
    )
    found = rebuilt(one)
    assert found.decision.request == one.decision.request
    assert (found.decision.id, found.decision.seed, found.decision.now_ns) == (one.decision.id, 7, one.decision.now_ns)
    assert found.decision.resolution == one.decision.resolution
    assert found.decision.config_version == one.decision.config_version


def test_what_was_tried_is_the_same() -> None:
    one = recorded(1, SNAPSHOT, stream=True, seconds=2.5)
    served = replace(one.execution.attempts[0], time_to_first_chunk_s=0.5)
    one = replace(one, execution=replace(one.execution, attempts=(served,)))
    (attempt,) = rebuilt(one).execution.attempts
    assert (attempt.route, attempt.lane, attempt.relation) == (served.route, served.lane, served.relation)
    assert (attempt.usage, attempt.cost.pico_usd) == (served.usage, served.cost.pico_usd)
    assert (attempt.started_s, attempt.ended_s, attempt.time_to_first_chunk_s) == (0.0, 2.5, 0.5)
    assert attempt.served


@pytest.mark.parametrize("pressed", HEALTHS)
def test_pressure_is_read_off_the_verdicts(pressed: str) -> None:
    one = recorded(1, SNAPSHOT, {"first/one": HEALTHS[pressed]})
    found = rebuilt(one)
    assert one.decision.attempts[0].route == "second/two"
    again = replay(found, SNAPSHOT.world)
    assert [attempt.route for attempt in again.attempts] == [attempt.route for attempt in one.decision.attempts]
    assert reasons(again, "first/one") == reasons(one.decision, "first/one") != ()
    # Compared with what was decided, nothing changes.
    assert compare([found], WORLDS)[0].changes == ()


def test_headroom_and_the_ratio_of_a_window() -> None:
    tight = configuration()
    tight["routes"][0] |= {"max_in_flight": 3}
    tight["routes"][1] |= {"context_window": 1_000}
    snapshot = compiled(tight)
    one = recorded(1, snapshot, {"first/one": RouteHealth(in_flight=3)}, token_estimate=1_500)
    assert one.decision.attempts[0].route == "second/small"
    found = rebuilt(one)
    again = replay(found, snapshot.world)
    assert [why.code for route in ("first/one", "second/two") for why in reasons(again, route)] == [
        "no_headroom",
        "context_too_long",
    ]
    assert found.situation.ratios == {"two": 1.0}
    assert compare([found], Worlds(snapshot.world))[0].changes == ()


def test_a_session_that_kept_its_route_keeps_it() -> None:
    one = recorded(1, SNAPSHOT)
    said = spans_of(one)
    at = next(number for number, each in enumerate(said) if each.span_id.endswith("route"))
    said[at] = replace(said[at], attributes={**said[at].attributes, names.GATE_STICKINESS: "kept"})
    ((found,), _) = recordings_of(said)
    assert found.situation.binding == Binding("first/one", "home/mid", 0.0)
    assert found.decision.request.sticky_key is not None


def test_many_traces_newest_first_each_decision_once() -> None:
    made = [recorded(number, SNAPSHOT) for number in range(3)]
    said = [each for one in made for each in spans_of(one)]
    found, left_out = recordings_of([*said, *said])
    assert [one.decision.id for one in found] == [one.decision.id for one in reversed(made)]
    assert left_out == 0
    total = summary(compare(found, WORLDS, WORLDS))
    assert (total.decisions, total.changed) == (3, 0)


def test_a_gate_that_said_less_is_left_out() -> None:
    said = spans_of(recorded(1, SNAPSHOT))
    bare = [
        replace(one, attributes={name: value for name, value in one.attributes.items() if "input_estimate" not in name})
        for one in said
    ]
    assert recordings_of(bare) == ([], 1)
    odd = [replace(one, attributes={**one.attributes, names.GATE_DIALECT: "klingon"}) for one in said]
    assert recordings_of(odd) == ([], 1)
    assert recordings_of([]) == ([], 0)


def test_lists_as_jaegers_own_json_has_them() -> None:
    one = recorded(1, SNAPSHOT, {"first/one": HEALTHS["open"]}, tools=True)

    def as_text(said: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: json.dumps(list(value)) if isinstance(value, list | tuple) else value for name, value in said.items()
        }

    spans = [
        replace(
            each,
            attributes=as_text(each.attributes),
            events=tuple(Event(event.name, as_text(event.attributes)) for event in each.events),
        )
        for each in spans_of(one)
    ]
    ((found,), _) = recordings_of(spans)
    assert found == rebuilt(one)

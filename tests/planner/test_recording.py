"""A decision made again from its recording is the same, to the byte."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.core.binding import Binding
from gate.core.execution import Execution
from gate.core.failure import FailureKind
from gate.core.request import RequestFeatures
from gate.health.cooldown import Cooldown
from gate.health.pressure import GroupPressure
from gate.health.sketch import EMPTY_SKETCH, noted
from gate.health.snapshot import HEALTHY, HealthSnapshot, RouteHealth
from gate.health.traffic import NO_TRAFFIC, OutcomeClass, Traffic
from gate.health.window import EMPTY_WINDOW, counted
from gate.planner.inputs import World
from gate.planner.plan import plan
from gate.planner.recording import Consulted, Encoder, Recording, Situation, decoded, replay
from gate.planner.serialise import UnknownSchema, to_json
from tests.planner.worlds import COOLING, NOW, OPEN, cases, request, world

Case = tuple[RequestFeatures, World, dict[str, RouteHealth]]
WINDOW = counted(counted(EMPTY_WINDOW, NOW - 3.1, 30, failed=True), NOW - 1 / 3, 30, failed=False)
TRAFFIC = Traffic(7, NOW - 1 / 7, OutcomeClass.SERVED, noted(EMPTY_SKETCH, 1.7, NOW), noted(EMPTY_SKETCH, 0.3, NOW))
any_extra = st.fixed_dictionaries(
    {
        "group": st.sampled_from(
            [
                GroupPressure(),
                GroupPressure(low=True),
                GroupPressure(cooldown=Cooldown(NOW + 0.1, 7.3, 2)),
                GroupPressure(exhausted_until=NOW + 900, by=FailureKind.BILLING, probing=True, probe_until=NOW + 1),
            ]
        ),
        "traffic": st.sampled_from([NO_TRAFFIC, Traffic(), TRAFFIC]),
        "window": st.sampled_from([EMPTY_WINDOW, WINDOW]),
        "ttfb_s": st.sampled_from([None, 0.1 + 0.2, 1 / 3]),
    }
)


@st.composite
def recordings(draw: st.DrawFn) -> tuple[Recording, World]:
    """Any request, decided in any world, with what was read on the way."""
    asked, made, healths = draw(cases())
    health = {route: replace(one, **draw(any_extra)) for route, one in healths.items()}
    if made.routes and draw(st.booleans()):
        health[made.routes[0].id] = HEALTHY
    routes = [route.id for route in made.routes] or ["gone"]
    bound = st.builds(
        Binding, st.sampled_from(routes), st.just("lane0"), st.just(NOW - 60.5), st.none() | st.just(9_000)
    )
    binding = draw(st.none() | bound)
    asked = replace(asked, sticky_key=draw(st.sampled_from([None, "session-1"])))
    ratio = draw(st.sampled_from([0.7, 1.0, 4 / 3]))
    consulted = Consulted(lambda model: ratio + len(model) / 100)
    now_ns, seed = draw(st.integers(0, 2**62)), draw(st.integers(0, 2**32 - 1))
    decision = plan(asked, made, HealthSnapshot(3, health), NOW, now_ns, seed, "gd-0-00", consulted, binding)
    situation = Situation(NOW, health, consulted.answers, binding)
    return Recording(decision, Execution(), situation), made


@settings(max_examples=200, deadline=None)
@given(recordings())
def test_a_replay_under_the_same_configuration_is_identical(made: tuple[Recording, World]) -> None:
    recording, under = made
    # Through bytes, and under an equal world that remembers nothing.
    read = decoded(Encoder().encode(recording))
    assert read.decision == recording.decision
    assert to_json(replay(read, replace(under)), None) == to_json(recording.decision, None)


def test_what_was_read_matters() -> None:
    """Each part of the situation changes some decision: a replay without it would not be the same."""
    asked = request("auto", token_estimate=100_000)
    routes = tuple(replace(route, context_window=200_000) for route in world().routes)
    small = replace(world(), routes=routes)
    pressed = _recorded(asked, small, {"anth/mid": OPEN, "agg/mid": COOLING}, ratio=1.0)
    large = _recorded(asked, small, {}, ratio=2.4)
    for recording, without in (
        (pressed, replace(pressed.situation, health={})),
        (pressed, replace(pressed.situation, now=NOW + 100)),
        (large, replace(large.situation, ratios={})),
    ):
        assert replay(recording, small) == recording.decision
        assert replay(replace(recording, situation=without), small) != recording.decision


def _recorded(asked: RequestFeatures, under: World, health: dict[str, RouteHealth], ratio: float) -> Recording:
    consulted = Consulted(lambda model: ratio)
    decision = plan(asked, under, HealthSnapshot(3, health), NOW, 1, 2, "gd-0-00", consulted)
    return Recording(decision, Execution(), Situation(NOW, health, consulted.answers))


def test_only_what_was_asked_for_is_remembered() -> None:
    consulted = Consulted(lambda model: len(model) / 2)
    assert consulted("abc") == 1.5
    assert consulted.answers == {"abc": 1.5}
    assert Consulted()("abc") == 1.0


def test_health_is_written_anew_when_it_changed_and_only_then() -> None:
    encoder = Encoder()
    one = _recorded(request(), world(), {"anth/mid": OPEN}, 1.0)
    changed = replace(OPEN, last_failure=FailureKind.OVERLOADED)
    other = replace(one, situation=replace(one.situation, health={"anth/mid": changed}))
    assert decoded(encoder.encode(one)).situation.health == {"anth/mid": OPEN}
    assert encoder.encode(one) == Encoder().encode(one)
    assert decoded(encoder.encode(other)).situation.health == {"anth/mid": changed}
    assert decoded(encoder.encode(one)).situation.health == {"anth/mid": OPEN}


def test_untouched_parts_are_told_by_identity_again() -> None:
    health = RouteHealth(in_flight=1)
    read = decoded(Encoder().encode(_recorded(request(), world(), {"a": health, "b": RouteHealth()}, 1.0)))
    assert read.situation.health["b"] is HEALTHY
    assert read.situation.health["a"].group is HEALTHY.group
    assert read.situation.health["a"].traffic is HEALTHY.traffic


def test_another_format_is_refused_by_name() -> None:
    data = msgspec.msgpack.decode(Encoder().encode(_recorded(request(), world(), {}, 1.0)))
    with pytest.raises(UnknownSchema, match="format 2, schema 1"):
        decoded(msgspec.msgpack.encode({**data, "format": 2}))
    with pytest.raises(UnknownSchema, match="format 1, schema 7"):
        decoded(msgspec.msgpack.encode({**data, "decision": {**data["decision"], "schema": 7}}))
    # One that this Gate could not even read as its own.
    with pytest.raises(UnknownSchema, match="format 3"):
        decoded(msgspec.msgpack.encode({"format": 3, "decision": {"schema": 9}}))


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"\x80", msgspec.msgpack.encode({"format": 1, "decision": {"schema": 1}})]
)
def test_what_is_no_recording_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match="no recording"):
        decoded(data)


def test_members_of_a_later_minor_version_are_ignored() -> None:
    recording = _recorded(request(), world(), {"anth/mid": OPEN}, 1.0)
    data: dict[str, Any] = msgspec.msgpack.decode(Encoder().encode(recording))
    data["situation"]["later"] = 1
    assert decoded(msgspec.msgpack.encode({**data, "later": True})) == recording

"""The attributes of spans: only what the registry knows, with its types, and only what is known."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from gate.core.execution import Execution
from gate.core.usage import Usage
from gate.telemetry import span_attributes as spans
from gate.telemetry.attempt_view import attempt_view
from gate.telemetry.registry import load
from gate.telemetry.span_attributes import EVENTS, ServerFacts, attempt_end, attempt_table
from gate.telemetry.view import view
from tests.telemetry import samples

TYPES: dict[str, Any] = {"string": str, "int": int, "double": (float, int), "boolean": bool, "string[]": tuple}


def check(attributes: dict[str, Any], span: str) -> None:
    for name, value in attributes.items():
        known = load().attributes[name]
        assert span in known.spans, f"{name} on {span}"
        assert isinstance(value, TYPES[known.type]), f"{name}={value!r}"
        assert known.type == "boolean" or not isinstance(value, bool)
        assert known.values is None or value in known.values, f"{name}={value!r}"


@given(samples.pairs())
def test_every_attribute_is_the_registrys(pair: tuple[Any, Execution]) -> None:
    chosen, execution = pair
    flat = view(chosen, execution)
    check(spans.route_attributes(flat), "route")
    check(spans.server_end(flat, "500"), "server")
    check(spans.rejected_end(400, "invalid_json", "rejected", None), "server")
    attributes, events = spans.plan_story(chosen)
    for one in (attributes, *events):
        check(one, "plan")
    for one in execution.attempts:
        check(spans.attempt_end(attempt_view(chosen, one)), "attempt")
    check(spans.attempt_start("chat", "anthropic", "m", "host", 443), "attempt")


def test_the_route_span_says_everything() -> None:
    said = spans.route_attributes(view(*samples.downgraded()))
    assert said["gate.plan.order"] == samples.ROUTES
    assert said["gate.executed.order"] == samples.ROUTES
    assert said["gate.downgrade.reason"] == "provider_error"
    assert "gate.error.code" not in said
    assert "gate.losses" not in said


def test_counts_that_were_not_reported_are_absent() -> None:
    chosen, execution = samples.one_attempt()
    attributes = spans.attempt_end(attempt_view(chosen, execution.attempts[0]))
    assert attributes["gen_ai.usage.input_tokens"] == 1200
    assert attributes["gen_ai.usage.cache_read.input_tokens"] == 1000
    assert "gen_ai.usage.cache_creation.input_tokens" not in attributes
    assert "gen_ai.usage.reasoning.output_tokens" not in attributes


def test_stream_is_said_only_of_streams() -> None:
    chosen = samples.decision(samples.request(stream=False))
    record = samples.record(0, chosen.attempts[0])
    assert "gen_ai.request.stream" not in spans.attempt_end(attempt_view(chosen, record))
    assert spans.attempt_end(attempt_view(samples.decision(), record))["gen_ai.request.stream"] is True


def test_keep_is_said_only_when_true() -> None:
    assert "gate.sampling.keep" not in spans.server_end(view(*samples.one_attempt()), None)
    assert spans.server_end(view(*samples.downgraded()), None)["gate.sampling.keep"] is True


def test_a_server_span_of_a_full_request() -> None:
    facts = ServerFacts(
        "POST", "/v1/messages", "https", "/v1/messages", "beta=true&key=k", "1.1", "claude-cli/2", "127.0.0.1", "h", 443
    )
    attributes = spans.server_start(facts)
    check(attributes, "server")
    assert attributes["url.query"] == "beta=true&key=REDACTED"
    assert (attributes["server.address"], attributes["server.port"]) == ("h", 443)
    assert spans.server_name(facts) == "POST /v1/messages"


def test_a_server_span_of_a_bare_request() -> None:
    attributes = spans.server_start(ServerFacts("GET", "/x", "http"))
    assert attributes == {"http.request.method": "GET", "url.path": "/x", "url.scheme": "http"}
    assert spans.server_name(ServerFacts("GET", "/x", "http")) == "GET"


def test_an_unknown_method() -> None:
    facts = ServerFacts("BREW", "/x", "http", "/x")
    assert spans.server_name(facts) == "HTTP /x"
    attributes = spans.server_start(facts)
    assert (attributes["http.request.method"], attributes["http.request.method_original"]) == ("_OTHER", "BREW")


def test_what_a_client_chose_is_bounded() -> None:
    facts = ServerFacts("POST", "/" * 9000, "http", None, "q=" + "x" * 9000, None, "u" * 9000)
    assert max(len(str(value)) for value in spans.server_start(facts).values()) <= 1024


def test_candidates_come_most_telling_first_and_bounded() -> None:
    chosen = samples.decision()
    out = chosen.candidates[2]
    many = [replace(out, route=f"r{number}") for number in range(60)]
    broken = replace(out, route="broken", reasons=(samples.reason(samples.ReasonCode.NO_TOOLS),))
    attributes, events = spans.plan_story(replace(chosen, candidates=(*many, broken, *reversed(chosen.candidates))))
    assert len(events) == EVENTS
    assert [event["gate.candidate.route"] for event in events[:4]] == [*samples.ROUTES[:2], "broken", "r0"]
    assert [event["gate.candidate.verdict"] for event in events[:4]] == ["planned", "planned", "out", "out"]
    assert events[3]["gate.candidate.reasons"] == ("outside_intent: lane l is not on a path of intent auto",)
    assert events[0]["gate.candidate.score"] == 6.0
    assert attributes == {
        "gate.plan.candidates": 64,
        "gate.plan.qualifying": 2,
        "gate.plan.omitted": 64 - EVENTS,
        "gate.plan.omitted_reasons": (f"outside_intent={64 - EVENTS}",),
    }


def test_a_qualifying_candidate_that_is_not_planned() -> None:
    attributes, events = spans.plan_story(replace(samples.decision(), attempts=()))
    assert events[0]["gate.candidate.verdict"] == "qualifies"
    assert "gate.plan.omitted" not in attributes


def test_the_cap_is_the_registrys() -> None:
    assert load().events["gate.candidate"].cap == EVENTS


def test_the_same_candidates_are_the_same_story() -> None:
    chosen = samples.decision()
    _, events = spans.plan_story(chosen)
    assert spans.plan_story(replace(chosen, id="another"))[1] is events
    other = spans.plan_story(replace(chosen, attempts=chosen.attempts[::-1]))[1]
    assert [event["gate.candidate.route"] for event in other] != [event["gate.candidate.route"] for event in events]
    assert spans.plan_story(replace(chosen, candidates=(*chosen.candidates,)))[1] == events


@pytest.mark.parametrize(
    ("profile", "names"),
    [
        ("1.41", {"gen_ai.usage.cache_creation.input_tokens"}),
        ("genai-next", {"gen_ai.usage.cache_write.input_tokens"}),
        ("dup", {"gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_write.input_tokens"}),
    ],
)
def test_cache_writes_by_profile(profile: str, names: set[str]) -> None:
    chosen = samples.decision()
    record = samples.record(0, chosen.attempts[0], usage=Usage(input=10, output=2, cache_write=5))
    flat = attempt_view(chosen, record)
    said = attempt_end(flat, attempt_table(profile))
    assert {name: value for name, value in said.items() if "cache" in name} == dict.fromkeys(names, 5)
    rest = {name: value for name, value in said.items() if name not in names}
    assert rest == {name: value for name, value in attempt_end(flat).items() if "cache" not in name}

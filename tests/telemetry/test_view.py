"""The flattening: every field, at every stage of a request; unknown is None."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given

from gate.core.decision import Relation
from gate.core.execution import Execution, Outcome
from gate.core.failure import RULES, DowngradeReason, FailureKind
from gate.core.money import Confidence, Cost
from gate.core.usage import Usage
from gate.telemetry.attempt_view import AttemptView, attempt_view
from gate.telemetry.registry import load
from gate.telemetry.view import DecisionView, ViewSettings, as_dict, nobody_served, serving_of, total_cost, view
from tests.telemetry import samples

SERVING = (
    "serving_route serving_lane serving_lane_family serving_provider serving_model relation downgrade_reason "
    "premium_escalation input_tokens output_tokens cache_read_tokens cache_write_tokens reasoning_tokens"
)


def test_the_registry_knows_every_field_and_no_other() -> None:
    assert set(load().view) == set(DecisionView.__struct_fields__)
    assert set(load().attempt_view) == set(AttemptView.__struct_fields__)


@given(samples.pairs())
def test_views_are_flat_and_ready_for_json(pair: tuple[Any, Execution]) -> None:
    chosen, execution = pair
    for flat in (view(chosen, execution), *(attempt_view(chosen, one) for one in execution.attempts)):
        for value in as_dict(flat).values():
            assert value is None or isinstance(value, (str, int, float, bool, tuple))
            if isinstance(value, tuple):
                assert all(type(item) is str for item in value)
        msgspec.json.encode(as_dict(flat))


def test_before_anything_happened() -> None:
    flat = view(samples.decision(), Execution())
    for name in SERVING.split():
        assert getattr(flat, name) is None, name
    assert (flat.outcome, flat.status, flat.duration_s, flat.overhead_s) == (None, None, None, None)
    assert (flat.attempts, flat.executed_order, flat.cost_usd, flat.cost_confidence) == (0, (), None, "unknown")
    assert flat.chosen_lane == samples.LANES[0]
    assert flat.planned_order == samples.ROUTES
    assert not flat.keep


def test_at_the_response_head() -> None:
    chosen, execution = samples.downgraded()
    flat = view(chosen, replace(execution, outcome=None, duration_s=None, upstream_s=2.0))
    assert (flat.serving_lane, flat.relation, flat.attempts) == (samples.LANES[2], "downgrade", 4)
    assert flat.downgrade_reason == "provider_error"
    assert flat.overhead_s == pytest.approx(execution.attempts[-1].ended_s - 2.0)


def test_at_the_end() -> None:
    flat = view(*samples.downgraded())
    assert flat.executed_order == samples.ROUTES
    assert flat.last_failure == "connection_reset"
    assert (flat.input_tokens, flat.output_tokens, flat.cache_write_tokens) == (1200, 80, None)
    assert flat.overhead_s == pytest.approx((flat.duration_s or 0) - 0.6)
    assert flat.keep_reasons == ("fallback", "downgrade")


def test_a_cut_stream_was_served_by_the_attempt_whose_content_was_sent() -> None:
    chosen = samples.decision()
    cut = samples.record(0, chosen.attempts[0], FailureKind.TRUNCATED_STREAM, time_to_first_chunk_s=0.2)
    assert serving_of((cut,)) is cut
    early = samples.record(0, chosen.attempts[0], FailureKind.FIRST_BYTE_TIMEOUT)
    assert serving_of((early,)) is None
    assert serving_of(()) is None


def test_names_clients_choose_are_bounded() -> None:
    features = samples.request(model="m" * 5000, conversation_id="c" * 5000, client_version="v" * 5000)
    chosen = samples.decision(features)
    flat, one = view(chosen, Execution()), attempt_view(chosen, samples.record(0, chosen.attempts[0]))
    assert (len(flat.requested_model), len(flat.intent), len(flat.client_version or "")) == (256, 4, 256)
    assert len(one.conversation_id or "") == 256


def cost(usd: float | None, confidence: Confidence) -> Cost:
    return Cost(None if usd is None else int(usd * 1e12), confidence)


@pytest.mark.parametrize(
    ("costs", "amount", "confidence"),
    [
        ([], None, "unknown"),
        ([(None, Confidence.UNKNOWN)], None, "unknown"),
        ([(1.0, Confidence.EXACT)], 1.0, "exact"),
        ([(1.0, Confidence.EXACT), (0.5, Confidence.EXACT)], 1.5, "exact"),
        ([(1.0, Confidence.EXACT), (None, Confidence.UNKNOWN)], 1.0, "partial"),
        ([(1.0, Confidence.EXACT), (0.5, Confidence.PARTIAL)], 1.5, "partial"),
    ],
)
def test_the_cost_of_all_attempts(
    costs: list[tuple[float | None, Confidence]], amount: float | None, confidence: str
) -> None:
    plan = samples.decision().attempts[0]
    records = tuple(samples.record(at, plan, cost=cost(*one)) for at, one in enumerate(costs))
    total = total_cost(records)
    assert (total.usd, total.confidence.value) == (amount, confidence)


def test_an_attempt_refused_before_any_content_costs_nothing_and_hides_nothing() -> None:
    chosen, execution = samples.downgraded()
    assert view(chosen, execution).cost_confidence == "exact"
    reported = samples.record(0, chosen.attempts[0], FailureKind.TRUNCATED_STREAM, usage=Usage(input=5))
    assert total_cost((reported, execution.attempts[-1])).confidence is Confidence.PARTIAL


def test_keep_hints() -> None:
    chosen, execution = samples.one_attempt()
    assert view(chosen, execution).keep_reasons == ()
    assert view(chosen, execution, ViewSettings(slow_s=0.1)).keep_reasons == ("slow",)
    assert view(chosen, execution, ViewSettings(expensive_usd=0.001)).keep_reasons == ("expensive",)
    assert view(chosen, Execution((), Outcome.NO_ROUTE, 400)).keep_reasons == ("error",)
    assert view(chosen, Execution((), Outcome.REJECTED, 400)).keep_reasons == ()


def test_premium_escalation_is_about_the_lane_that_served() -> None:
    chosen, execution = samples.one_attempt()
    asked = replace(chosen, premium_asked=True)
    premium = ViewSettings(premium=frozenset({execution.attempts[-1].lane}))
    # Whatever was planned first: the attempt that serves decides.
    assert view(replace(chosen, premium_escalation=False), execution, premium).premium_escalation is True
    assert view(asked, execution, premium).premium_escalation is False
    assert view(chosen, execution, ViewSettings(premium=frozenset())).premium_escalation is False
    upgraded = replace(execution, attempts=(replace(execution.attempts[0], relation=Relation.UPGRADE),))
    assert view(chosen, upgraded).premium_escalation is True
    assert view(asked, upgraded).premium_escalation is False


def test_the_lane_family_is_looked_up() -> None:
    assert (
        view(*samples.one_attempt(), ViewSettings(families={samples.LANES[0]: "sonnet"})).serving_lane_family
        == "sonnet"
    )


def test_an_attempt_counts_from_its_call() -> None:
    chosen = samples.decision()
    flat = attempt_view(chosen, samples.record(2, chosen.attempts[0]), gen_ai_provider="x", server_port=443)
    assert flat.first_chunk_s == pytest.approx(0.2)
    assert flat.duration_s == pytest.approx(0.5)
    assert (flat.gen_ai_provider, flat.provider) == ("x", "anthropic")
    assert flat.server_port is None  # a port without an address says nothing


@pytest.mark.parametrize("kind", list(FailureKind))
def test_a_failed_attempt_is_an_error_unless_it_was_given_up(kind: FailureKind) -> None:
    chosen = samples.decision()
    why = DowngradeReason.TIMEOUT
    flat = attempt_view(chosen, samples.record(0, chosen.attempts[0], kind, downgrade_reason=why))
    given_up = RULES[kind].blame == "client" or kind in (FailureKind.DRAINING, FailureKind.OUTRUN)
    assert (flat.cancelled_by if given_up else flat.error_type) == kind.value
    assert (flat.error_type if given_up else flat.cancelled_by) is None
    assert flat.downgrade_reason == "timeout"


@pytest.mark.parametrize(
    ("outcome", "status", "code", "kind", "error"),
    [
        (Outcome.SERVED, 200, None, None, None),
        (Outcome.CLIENT_GONE, None, None, FailureKind.CLIENT_GONE, None),
        (Outcome.UPSTREAM_ERROR, 429, None, FailureKind.RATE_LIMITED, "rate_limited"),
        (Outcome.UPSTREAM_ERROR, 400, None, FailureKind.INVALID_REQUEST, None),
        (Outcome.UPSTREAM_ERROR, 502, "upstream_unreachable", FailureKind.DNS_ERROR, "dns_error"),
        (Outcome.NO_ROUTE, 503, "no_route", None, "no_route"),
        (Outcome.NO_ROUTE, 400, "context_too_long", None, None),
        (Outcome.INTERRUPTED, 200, "upstream_interrupted", FailureKind.TRUNCATED_STREAM, "upstream_interrupted"),
        (Outcome.DRAINED, 503, "draining", FailureKind.DRAINING, "draining"),
        (Outcome.INTERNAL_ERROR, 500, None, None, "internal_error"),
        (None, None, None, None, None),
    ],
)
def test_when_the_route_span_is_an_error(
    outcome: Outcome | None, status: int | None, code: str | None, kind: FailureKind | None, error: str | None
) -> None:
    chosen = samples.decision()
    records = () if kind is None else (samples.record(0, chosen.attempts[0], kind),)
    assert nobody_served(view(chosen, Execution(records, outcome, status, code))) == error

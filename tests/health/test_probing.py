"""gate.health.probing: what is asked, when, and what the answer says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.core.dialect import Dialect
from gate.core.failure import Failure, FailureKind
from gate.core.money import Price, PriceSheet, SourceType
from gate.core.route import Route
from gate.health.probing import (
    NO_PROBES,
    Probe,
    ProbeKind,
    ProbeResult,
    ProbeSettings,
    call_probe,
    due,
    free_probe,
    outcome,
    paid_probe,
    probe_of,
    readiness,
    word,
)
from gate.health.sli import Readiness
from gate.health.traffic import OutcomeClass
from gate.providers.discover import shipped

K = FailureKind
PROFILES = shipped()
CALL = Probe("anthropic", ProbeKind.CALL, Dialect.ANTHROPIC_MESSAGES)
LIST = Probe("anthropic", ProbeKind.LIST, Dialect.ANTHROPIC_MESSAGES, "/v1/models")


def route(provider: str, model: str = "m", usd: int | None = None, *dialects: Dialect) -> Route:
    price = None if usd is None else Price(usd, "page", "2026-11-21", SourceType.MANUAL_REVIEW)
    spoken = frozenset(dialects or PROFILES[provider].endpoints)
    return Route(f"{provider}/{model}", provider, model, "lane", spoken, prices=PriceSheet(output=price))


@pytest.mark.parametrize(
    ("provider", "path", "dialect"),
    [
        ("anthropic", "/v1/models", Dialect.ANTHROPIC_MESSAGES),
        ("openai", "/v1/models", Dialect.OPENAI_RESPONSES),
        # Listed in the OpenAI way, where the key is a Bearer.
        ("gemini", "/v1beta/openai/models", Dialect.OPENAI_CHAT),
        ("deepseek", "/models", Dialect.OPENAI_CHAT),
        # Its list is for everybody, so it says nothing of the key.
        ("openrouter", "/v1/key", Dialect.OPENAI_CHAT),
        ("ollama", "/v1/models", Dialect.OPENAI_CHAT),
    ],
)
def test_lists_are_asked_in_the_way_of_their_neighbours(provider: str, path: str, dialect: Dialect) -> None:
    assert free_probe(PROFILES[provider], []) == Probe(provider, ProbeKind.LIST, dialect, path)


@pytest.mark.parametrize("provider", ["azure-anthropic", "bedrock", "vertex", "vertex-anthropic"])
def test_who_has_no_list_counts_a_word(provider: str) -> None:
    dear, cheap = route(provider, "dear", 9), route(provider, "cheap", 1)
    found = free_probe(PROFILES[provider], [dear, cheap])
    assert found is not None
    assert (found.kind, found.route) == (ProbeKind.COUNT, cheap)
    assert free_probe(PROFILES[provider], []) is None


@pytest.mark.parametrize("provider", ["bedrock-openai", "vertex-openai"])
def test_some_tell_nothing_for_nothing(provider: str) -> None:
    assert free_probe(PROFILES[provider], [route(provider)]) is None


def test_what_is_paid_for_is_the_cheapest() -> None:
    routes = [route("openai", "unknown"), route("openai", "dear", 9), route("openai", "cheap", 1)]
    found = paid_probe(PROFILES["openai"], routes)
    assert found is not None
    assert found.route is routes[2]
    assert paid_probe(PROFILES["openai"], []) is None


def test_one_token_is_asked_for_where_one_can_be() -> None:
    found = call_probe(PROFILES["openai"], route("openai"))
    assert found is not None
    assert found.dialect is Dialect.OPENAI_CHAT
    found = call_probe(PROFILES["openai"], route("openai", "m", None, Dialect.OPENAI_RESPONSES))
    assert found is not None
    assert found.dialect is Dialect.OPENAI_RESPONSES
    assert call_probe(PROFILES["openai"], route("openai", "m", None, Dialect.GEMINI)) is None


def test_nothing_is_asked_unless_it_is_wanted() -> None:
    profile, routes = PROFILES["anthropic"], [route("anthropic")]
    assert (NO_PROBES.free, NO_PROBES.paid) == (False, False)
    assert probe_of(profile, routes, NO_PROBES) is None
    free, paid = (
        probe_of(profile, routes, settings) for settings in (ProbeSettings(free=True), ProbeSettings(paid=True))
    )
    assert free is not None
    assert free.kind is ProbeKind.LIST
    assert paid is not None
    assert paid.kind is ProbeKind.CALL
    assert probe_of(profile, routes, ProbeSettings(free=True, paid=True)) == paid


def test_everybody_is_asked_at_first_and_then_in_turn() -> None:
    assert due(["a", "b"], {}, 0.0, 300) == ("a", "b")
    assert due(["a", "b"], {"a": 0.0, "b": 100.0}, 300.0, 300) == ("a",)
    assert due(["a"], {"a": 0.0}, 299.0, 300) == ()


@given(
    st.dictionaries(st.sampled_from("abcd"), st.floats(0, 1e6)),
    st.floats(0, 2e6),
    st.floats(5, 86_400),
)
def test_who_was_just_asked_is_not_due(last: dict[str, float], now: float, every_s: float) -> None:
    names = due("abcd", last, now, every_s)
    assert due("abcd", {**last, **dict.fromkeys(names, now)}, now, every_s) == ()


@pytest.mark.parametrize(
    ("kind", "ready"),
    [
        (None, Readiness.READY),
        (K.INVALID_AUTH, Readiness.INVALID_AUTH),
        (K.PERMISSION_DENIED, Readiness.INVALID_AUTH),
        (K.QUOTA_EXHAUSTED, Readiness.QUOTA_LIMITED),
        (K.BILLING, Readiness.QUOTA_LIMITED),
        (K.RATE_LIMITED, Readiness.RATE_LIMITED),
        (K.MODEL_UNAVAILABLE, Readiness.MODEL_UNAVAILABLE),
        (K.ENDPOINT_MISMATCH, Readiness.ENDPOINT_MISMATCH),
        (K.UNEXPECTED_CONTENT, Readiness.ENDPOINT_MISMATCH),
        (K.DNS_ERROR, Readiness.TRANSPORT_ERROR),
        (K.FIRST_BYTE_TIMEOUT, Readiness.TRANSPORT_ERROR),
        # It came past key, account and model before it was refused.
        (K.INVALID_REQUEST, Readiness.READY),
        (K.SERVER_ERROR, None),
        (K.OVERLOADED, None),
        (K.POOL_TIMEOUT, None),
    ],
)
def test_what_a_call_says(kind: FailureKind | None, ready: Readiness | None) -> None:
    result = ProbeResult(CALL, 0.1, None if kind is None else Failure(kind))
    assert readiness(result) is ready
    assert word(result) == (ready.value if ready is not None else kind)


@pytest.mark.parametrize("kind", [K.ENDPOINT_MISMATCH, K.MODEL_UNAVAILABLE])
def test_a_list_that_is_not_there_says_nothing_of_routes(kind: FailureKind) -> None:
    assert outcome(ProbeResult(LIST, 0.1, Failure(kind))) is OutcomeClass.NEUTRAL
    assert outcome(ProbeResult(CALL, 0.1, Failure(kind))) is not OutcomeClass.NEUTRAL
    assert readiness(ProbeResult(LIST, 0.1, Failure(kind))) is not Readiness.READY


def test_a_key_that_may_not_list_may_be_good_for_what_matters() -> None:
    result = ProbeResult(LIST, 0.1, Failure(K.PERMISSION_DENIED))
    assert outcome(result) is OutcomeClass.NEUTRAL
    assert readiness(result) is None
    assert word(result) == "permission_denied"


def test_what_a_list_says_of_routes() -> None:
    assert outcome(ProbeResult(LIST, 0.1)) is OutcomeClass.SERVED
    assert outcome(ProbeResult(LIST, 0.1, Failure(K.INVALID_AUTH))) is OutcomeClass.AUTH
    assert outcome(ProbeResult(LIST, 0.1, Failure(K.SERVER_ERROR))) is OutcomeClass.SERVER


@pytest.mark.parametrize("kind", FailureKind)
def test_every_failure_has_a_word(kind: FailureKind) -> None:
    for probe in (LIST, CALL):
        assert word(ProbeResult(probe, 0.1, Failure(kind)))

"""Response headers: what they say, and that they can always be sent."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from opentelemetry.trace import SpanContext, TraceFlags

from gate.core.execution import Execution
from gate.telemetry.headers import early_headers, response_headers, trace_headers
from gate.telemetry.view import view
from tests.telemetry import samples

CONTEXT = SpanContext(
    0x0AF7651916CD43DD8448EB211C80319C, 0xB7AD6B7169203331, is_remote=False, trace_flags=TraceFlags(1)
)


def test_a_downgraded_request() -> None:
    assert response_headers(view(*samples.downgraded()), CONTEXT) == (
        (b"traceresponse", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        (b"x-gate-decision-id", b"gd-0-0123456789abcdef0123"),
        (b"x-gate-lane", b"anthropic/haiku-4.5"),
        (b"x-gate-route", b"anthropic/haiku"),
        (b"x-gate-attempts", b"4"),
        (b"x-gate-downgrade", b"provider_error"),
        (b"server-timing", b"gate;dur=3100.0, upstream;dur=600.0"),
    )


def test_without_a_downgrade_there_is_no_such_header() -> None:
    assert b"x-gate-downgrade" not in dict(response_headers(view(*samples.one_attempt()), None))


def test_nothing_served() -> None:
    names = dict(response_headers(view(samples.decision(), Execution()), None))
    assert names == {b"x-gate-decision-id": b"gd-0-0123456789abcdef0123", b"x-gate-attempts": b"0"}


def test_an_early_head_says_only_what_is_certain() -> None:
    assert [name for name, _ in early_headers("gd-0-1", CONTEXT)] == [b"traceresponse", b"x-gate-decision-id"]
    assert early_headers("gd-0-1", None) == ((b"x-gate-decision-id", b"gd-0-1"),)


def test_an_unsampled_or_missing_trace() -> None:
    unsampled = SpanContext(CONTEXT.trace_id, CONTEXT.span_id, is_remote=False, trace_flags=TraceFlags(0))
    ((_, value),) = trace_headers(unsampled)
    assert value.endswith(b"-00")
    assert trace_headers(SpanContext(0, 0, is_remote=False)) == ()


@given(st.text())
def test_any_name_makes_a_legal_value(name: str) -> None:
    flat = replace(view(*samples.one_attempt()), serving_lane=name, serving_route=name, decision_id=name)
    for _, value in response_headers(flat, CONTEXT):
        assert re.fullmatch(rb"[\x21-\x7e ]*", value)


@pytest.mark.parametrize(
    ("name", "shown"),
    [("a\r\nx: y", b"a%0D%0Ax:%20y"), ("é", b"%C3%A9"), ('50%"', b"50%25%22"), ("a/b:c-1.5", b"a/b:c-1.5")],
)
def test_odd_characters_are_percent_encoded(name: str, shown: bytes) -> None:
    flat = replace(view(*samples.one_attempt()), serving_lane=name)
    assert dict(response_headers(flat, None))[b"x-gate-lane"] == shown

"""Trace context rule by rule: what a request says against what its upstream call carries.

The rules are those of the recommendation (level 2) that its published validation suite looks at, in our own cases; each
goes the whole way: raw headers, a span of the SDK, the propagator, outgoing headers.
"""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased
from opentelemetry.trace import NonRecordingSpan, SpanContext, Tracer, get_current_span, set_span_in_context

from gate.core.profile import Propagate
from gate.telemetry.propagation import (
    LevelTwoState,
    PolicyPropagator,
    RemoteContext,
    extract,
    remote_context,
    traceresponse_header,
    with_policy,
)

TRACE, PARENT = "0123456789abcdef0123456789abcdef", "fedcba9876543210"
VALID = f"00-{TRACE}-{PARENT}-01"
TRACER = TracerProvider(sampler=ParentBased(ALWAYS_ON), shutdown_on_exit=False).get_tracer("test")
UNSAMPLED = TracerProvider(sampler=ParentBased(ALWAYS_OFF), shutdown_on_exit=False).get_tracer("test")
Pairs = list[tuple[str, str]]


def outgoing(*inbound: tuple[str, str], policy: str = "full", tracer: Tracer = TRACER) -> dict[str, str]:
    """The headers of a call that is made for a request with these headers."""
    remote = extract([(name.encode("latin-1"), value.encode("latin-1")) for name, value in inbound])
    base = Context() if remote is None else remote_context(remote)
    span = tracer.start_span("call", base)
    headers = httpx.Headers()
    PolicyPropagator().inject(headers, with_policy(set_span_in_context(span, base), policy, remote))
    assert len(headers.get_list("traceparent")) == (0 if policy == "none" else 1)
    return dict(headers)


def state(*lines: str, name: str = "tracestate") -> str | None:
    """The tracestate that goes on when these lines come with a valid traceparent (which is unsampled, as good)."""
    sent = outgoing(("traceparent", VALID[:-2] + "00"), *[(name, line) for line in lines])
    assert sent["traceparent"].split("-")[1] == TRACE, "the tracestate must never cost the trace"
    return sent.get("tracestate")


def continues(*values: str, name: str = "traceparent") -> bool:
    sent = outgoing(*[(name, value) for value in values])["traceparent"]
    version, trace, parent, flags = sent.split("-")
    assert (version, len(trace), len(parent), len(flags)) == ("00", 32, 16, 2)
    assert int(trace, 16) and int(parent, 16) and parent != PARENT
    return trace == TRACE


def test_without_headers_a_trace_begins() -> None:
    assert not continues()
    assert "tracestate" not in outgoing()


def test_a_traceparent_is_continued_under_a_new_parent() -> None:
    assert continues(VALID)


def test_two_traceparents_begin_a_new_trace() -> None:
    assert not continues(VALID, VALID)
    assert not continues(VALID, f"00-{'a' * 32}-{PARENT}-01")


@pytest.mark.parametrize("name", ["trace-parent", "trace.parent", "traceparents", "xtraceparent"])
def test_other_header_names_are_not_it(name: str) -> None:
    assert not continues(VALID, name=name)


@pytest.mark.parametrize("name", ["TraceParent", "TrAcEpArEnT", "TRACEPARENT"])
def test_the_header_name_has_no_case(name: str) -> None:
    assert continues(VALID, name=name)


@pytest.mark.parametrize("rest", [".", "-", "-more", "-01", " 1"])
def test_version_00_ends_with_the_flags(rest: str) -> None:
    assert not continues(VALID + rest)


def test_a_later_version_is_read_as_far_as_it_is_known() -> None:
    later = "cc" + VALID[2:]
    assert continues(later)
    assert continues(later + "-what-comes-later")
    assert continues(later + "-")
    assert not continues(later + ".what-comes-later")
    assert not continues(later + "0")
    assert not continues(later[:-1])


def test_version_ff_is_forbidden() -> None:
    assert not continues("ff" + VALID[2:])
    assert not continues("ff" + VALID[2:] + "-x")


@pytest.mark.parametrize("version", [".0", "0.", "0x", "CC", "000", "0000", "0", "", " 00"[:2]])
def test_a_version_is_two_lower_case_hex_digits(version: str) -> None:
    assert not continues(version + VALID[2:])


@pytest.mark.parametrize(
    "trace", ["0" * 32, "." + TRACE[1:], TRACE[:-1] + ".", TRACE.upper(), TRACE + "1", "1" + TRACE, TRACE[:-1]]
)
def test_a_trace_id_is_32_lower_case_hex_digits_not_all_zero(trace: str) -> None:
    sent = outgoing(("traceparent", f"00-{trace}-{PARENT}-01"))["traceparent"].split("-")[1]
    assert sent not in (trace, TRACE, "0" * 32) and sent != trace[:32]


@pytest.mark.parametrize(
    "parent", ["0" * 16, "." + PARENT[1:], PARENT[:-1] + ".", PARENT.upper(), PARENT + "1", PARENT[:-1]]
)
def test_a_parent_id_is_16_lower_case_hex_digits_not_all_zero(parent: str) -> None:
    assert not continues(f"00-{TRACE}-{parent}-01")


@pytest.mark.parametrize("flags", [".0", "0.", "0A", "001", "1", "", "+1"])
def test_flags_are_two_lower_case_hex_digits(flags: str) -> None:
    assert not continues(f"00-{TRACE}-{PARENT}-{flags}")


@pytest.mark.parametrize("value", [" " + VALID, "\t" + VALID, VALID + " ", VALID + "\t", "\t " + VALID + " \t"])
def test_spaces_and_tabs_around_it_do_not_matter(value: str) -> None:
    assert continues(value)


def test_a_tracestate_alone_is_dropped() -> None:
    assert "tracestate" not in outgoing(("tracestate", "foo=1,bar=2"))
    assert "tracestate" not in outgoing(("traceparent", "nonsense"), ("tracestate", "foo=1"))
    assert "tracestate" not in outgoing(("traceparent", VALID), ("traceparent", VALID), ("tracestate", "foo=1"))


def test_a_tracestate_is_carried_on() -> None:
    assert state("foo=1,bar=2") == "foo=1,bar=2"


@pytest.mark.parametrize("name", ["trace-state", "trace.state"])
def test_other_names_are_no_tracestate(name: str) -> None:
    assert state("foo=1", name=name) is None


@pytest.mark.parametrize("name", ["TraceState", "TrAcEsTaTe", "TRACESTATE"])
def test_the_name_of_tracestate_has_no_case(name: str) -> None:
    assert state("foo=1", name=name) == "foo=1"


def test_empty_tracestates_are_legal_and_not_sent_on() -> None:
    assert state("") is None
    assert state("", "foo=1") == state("foo=1", "") == state("foo=1,,", " , ") == "foo=1"


def test_several_lines_are_joined_in_order() -> None:
    assert state("foo=1,bar=2", "rojo=1,congo=2", "baz=3") == "foo=1,bar=2,rojo=1,congo=2,baz=3"


def test_a_key_twice_is_kept_once() -> None:
    assert state("foo=1,foo=1") == state("foo=1", "foo=1") == "foo=1"
    assert state("foo=1,bar=3,foo=2") == "foo=1,bar=3"


def test_every_character_of_the_grammar_is_allowed() -> None:
    key = "abcdefghijklmnopqrstuvwxyz0123456789_-*/"
    value = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) not in ",=")
    for name in (key, key + "@a-z0-9_-*/", "0" + key):
        assert state(f"{name}={value}") == f"{name}={value}"


def test_spaces_and_tabs_around_members_do_not_matter() -> None:
    for line in ("foo=1 \t , \t bar=2, \t baz=3", "foo=1\t \t,\t \tbar=2,\t \tbaz=3", "\t foo=1,bar=2,baz=3 \t"):
        assert state(line) == "foo=1,bar=2,baz=3"
    assert state("foo= 1") == "foo= 1", "a value keeps its leading spaces"


@pytest.mark.parametrize(
    "line",
    ["foo =1", "FOO=1", "foo.bar=1", "@foo=1,bar=2", "_a=1", "foo", "=1", "foo=bar=baz", "foo=,bar=3", "foo=\x7f"],
)
def test_a_malformed_member_drops_the_tracestate(line: str) -> None:
    assert state(line) is None
    assert state("good=1", line) is None


@pytest.mark.parametrize("line", ["foo@=1,bar=2", "foo@@bar=1,bar=2", "foo@bar@baz=1,bar=2"])
def test_at_signs_are_allowed_after_the_first_character(line: str) -> None:
    assert state(line) == line


def test_32_members_are_carried_33_are_not() -> None:
    members = [f"bar{number:02}={number:02}" for number in range(1, 34)]
    lines = [",".join(members[at : at + 10]) for at in range(0, 32, 10)]
    assert state(*lines[:3], ",".join(members[30:32])) == ",".join(members[:32])
    assert state(*lines[:3], ",".join(members[30:33])) is None


@pytest.mark.parametrize("key", ["z" * 256, "t" * 241 + "@" + "v" * 14, "t" * 242 + "@v", "t@" + "v" * 15])
def test_keys_may_have_256_characters(key: str) -> None:
    assert state("foo=1", f"{key}=1") == f"foo=1,{key}=1"


def test_longer_keys_values_and_states_are_dropped() -> None:
    assert state("foo=1", "z" * 257 + "=1") is None
    assert state("foo=" + "v" * 256) == "foo=" + "v" * 256
    assert state("foo=" + "v" * 257) is None
    assert state(*[f"k{number}=" + "v" * 256 for number in range(20)]) is None


@pytest.mark.parametrize("inbound", [[("traceparent", VALID)], [], [("traceparent", f"00-{'0' * 32}-{PARENT}-01")]])
def test_every_call_has_its_own_parent(inbound: Pairs) -> None:
    sent = [outgoing(*inbound)["traceparent"].split("-") for _ in range(3)]
    assert len({parent for _, _, parent, _ in sent}) == 3
    assert ({trace for _, trace, _, _ in sent} == {TRACE}) == (inbound == [("traceparent", VALID)])


def test_the_random_flag_is_passed_on_and_not_invented() -> None:
    def flags(value: str, tracer: Tracer) -> int:
        return int(outgoing(("traceparent", f"00-{TRACE}-{PARENT}-{value}"), tracer=tracer)["traceparent"][-2:], 16)

    assert [flags(value, TRACER) for value in ("00", "01", "02", "03")] == [0, 1, 2, 3]
    assert flags("ff", TRACER) == 3, "flags that nobody knows yet are not passed on"
    assert int(outgoing()["traceparent"][-2:], 16) == 3, "our own trace ids are random, and say so"


def test_what_is_not_sampled_is_propagated_all_the_same() -> None:
    sent = outgoing(("traceparent", VALID[:-2] + "00"), ("tracestate", "foo=1"), tracer=UNSAMPLED)
    assert sent["traceparent"].startswith(f"00-{TRACE}-") and sent["traceparent"].endswith("-00")
    assert PARENT not in sent["traceparent"] and sent["tracestate"] == "foo=1"
    assert outgoing(tracer=UNSAMPLED)["traceparent"].endswith("-02")


INBOUND = (("traceparent", VALID), ("tracestate", "foo=1"), ("baggage", "user=a"), ("baggage", "tier=b;p=1"))


def test_policies_say_what_a_provider_is_told() -> None:
    assert outgoing(*INBOUND, policy="none") == {}
    assert set(outgoing(*INBOUND, policy="traceparent")) == {"traceparent"}
    full = outgoing(*INBOUND, policy="full")
    assert (full["tracestate"], full["baggage"]) == ("foo=1", "user=a,tier=b;p=1")
    assert PARENT not in str(full)


def test_without_a_policy_nothing_is_said() -> None:
    carrier: dict[str, str] = {}
    PolicyPropagator().inject(carrier, set_span_in_context(TRACER.start_span("a"), Context()))
    assert carrier == {}


def test_an_unknown_policy_is_an_error() -> None:
    with pytest.raises(ValueError):
        with_policy(Context(), "everything")


def test_headers_that_are_there_already_are_replaced_or_removed() -> None:
    span = set_span_in_context(TRACER.start_span("a"), Context())
    for policy in Propagate:
        headers = httpx.Headers([("TraceParent", "x"), ("traceparent", "y"), ("tracestate", "z"), ("baggage", "b")])
        PolicyPropagator().inject(headers, with_policy(span, policy))
        assert len(headers.get_list("traceparent")) == (0 if policy is Propagate.NONE else 1)
        assert "tracestate" not in headers and "baggage" not in headers


def test_a_callers_span_is_never_passed_on_as_our_own() -> None:
    remote = extract([(b"traceparent", VALID.encode())])
    assert remote is not None
    carrier: dict[str, str] = {}
    PolicyPropagator().inject(carrier, with_policy(remote_context(remote), "full", remote))
    PolicyPropagator().inject(carrier, with_policy(Context(), "full"))
    assert "traceparent" not in carrier


def test_baggage_comes_also_alone_and_within_its_limits() -> None:
    assert extract([(b"baggage", b"a=1")]) == RemoteContext(None, "a=1")
    assert extract([(b"baggage", b"")]) is None
    assert extract([(b"baggage", b"a=" + b"x" * 9000)]) is None
    assert extract([(b"baggage", b"a=1\r\nx-evil: 1")]) is None
    assert get_current_span(remote_context(RemoteContext(None, "a=1"))).get_span_context().is_valid is False


def test_the_propagator_reads_as_well() -> None:
    context = PolicyPropagator().extract({"traceparent": VALID, "tracestate": "a@b@c=1"})
    found = get_current_span(context).get_span_context()
    assert found.is_remote and f"{found.trace_id:032x}" == TRACE and found.trace_state.to_header() == "a@b@c=1"
    assert PolicyPropagator().extract(dict[str, str]()) == Context()
    assert PolicyPropagator().fields == {"traceparent", "tracestate", "baggage"}


def test_a_state_keeps_its_keys_when_a_sampler_changes_it() -> None:
    first = LevelTwoState([("a@b@c", "1"), ("b", "2")])
    assert first.update("b", "3").to_header() == "b=3,a@b@c=1"
    assert first.add("c", "4").to_header() == "c=4,a@b@c=1,b=2"
    assert first.add("b", "9") is first and first.update("B", "9") is first
    assert first.delete("b").to_header() == "a@b@c=1"
    full = LevelTwoState([(f"k{number}", "1") for number in range(32)])
    assert full.update("new", "1") is full and full.update("k3", "2").to_header().startswith("k3=2,k0=1")


def test_traceresponse_says_who_served() -> None:
    context = SpanContext(int(TRACE, 16), int(PARENT, 16), False)
    assert traceresponse_header(context) == f"00-{TRACE}-{PARENT}-00".encode()
    with pytest.raises(ValueError):
        traceresponse_header(NonRecordingSpan(SpanContext(0, 0, False)).get_span_context())


headers = st.lists(
    st.tuples(
        st.sampled_from([b"traceparent", b"TraceState", b"tracestate", b"baggage", b"x"]), st.binary(max_size=80)
    ),
    max_size=5,
)


@given(headers)
def test_reading_never_fails_and_writing_never_sends_what_is_no_header(
    given_headers: list[tuple[bytes, bytes]],
) -> None:
    remote = extract(given_headers)
    if remote is not None:
        span = TRACER.start_span("a", remote_context(remote))
        carrier: dict[str, str] = {}
        PolicyPropagator().inject(carrier, with_policy(set_span_in_context(span, Context()), "full", remote))
        assert all(value.isascii() and "\n" not in value and "\r" not in value for value in carrier.values())

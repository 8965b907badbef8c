"""The rules of W3C Trace Context, levels 1 and 2, as an upstream sees them through a running Gate (policy `full`).

Source: https://www.w3.org/TR/trace-context-2/
"""

from collections.abc import Iterator

import pytest

from tests.e2e.telemetry.test_propagation import PARENT, SENT, TRACE, raw, with_policy
from tests.e2e.telemetry.world import environment
from tests.harness.gate import GateProcess
from tests.harness.upstream import Upstream

Headers = list[tuple[str, str]]
World = tuple[GateProcess, Upstream]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with Upstream() as upstream, GateProcess(with_policy(upstream, "full"), environment()) as gate:
        yield gate, upstream


def seen(world: World, *headers: tuple[str, str]) -> tuple[str, list[str]]:
    """The `traceparent` that went upstream, and the members of its `tracestate`."""
    gate, upstream = world
    assert raw(gate, *headers).startswith(b"HTTP/1.1 200")
    call = upstream.calls[-1]
    (parent,) = call.values("traceparent")
    version, trace_id, parent_id, flags = parent.split("-")
    assert (version, len(trace_id), len(parent_id), len(flags)) == ("00", 32, 16, 2)
    assert parent_id not in (PARENT, "0" * 16)
    assert trace_id != "0" * 32
    return parent, [member for line in call.values("tracestate") for member in line.split(",")]


def continued(world: World, *headers: tuple[str, str]) -> bool:
    return seen(world, *headers)[0].startswith(f"00-{TRACE}-")


def test_without_context_a_trace_begins(world: World) -> None:
    first, state = seen(world)
    assert state == []
    assert first.split("-")[1] != seen(world)[0].split("-")[1]
    assert seen(world, ("tracestate", "a=1"))[1] == []  # a state without a parent is nobody's


@pytest.mark.parametrize("name", ["traceparent", "TraceParent", "TrAcEpArEnT", "TRACEPARENT"])
def test_names_in_any_case(world: World, name: str) -> None:
    assert continued(world, (name, SENT))
    assert seen(world, ("traceparent", SENT), ("TraceState", "a=1"))[1] == ["a=1"]


@pytest.mark.parametrize("name", ["trace-parent", "trace.parent", "trace_parent"])
def test_other_names_are_other_headers(world: World, name: str) -> None:
    assert not continued(world, (name, SENT))


@pytest.mark.parametrize(
    "value",
    [
        f" {SENT}",
        f"\t{SENT}",
        f"{SENT} ",
        f"{SENT}\t",
        f"\t {SENT} \t",
        f"cc-{TRACE}-{PARENT}-01",
        f"cc-{TRACE}-{PARENT}-01-what-the-future-will-be-like",
        f"cc-{TRACE}-{PARENT}-01-",
        f"00-{TRACE}-{PARENT}-00",
    ],
)
def test_what_keeps_the_trace(world: World, value: str) -> None:
    assert continued(world, ("traceparent", value))


@pytest.mark.parametrize(
    "value",
    [
        "",
        f"00-{TRACE}-{PARENT}-01.",
        f"00-{TRACE}-{PARENT}-01-",
        f"00-{TRACE}-{PARENT}-01-what-the-future-will-be-like",
        f"cc-{TRACE}-{PARENT}-01.what-the-future-will-not-be-like",
        f"ff-{TRACE}-{PARENT}-01",
        f".0-{TRACE}-{PARENT}-01",
        f"0.-{TRACE}-{PARENT}-01",
        f"000-{TRACE}-{PARENT}-01",
        f"0-{TRACE}-{PARENT}-01",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{TRACE[:-1]}.-{PARENT}-01",
        f"00-{TRACE[:-1]}-{PARENT}-01",
        f"00-{TRACE}0-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{PARENT[:-1]}.-01",
        f"00-{TRACE}-{PARENT[:-1]}-01",
        f"00-{TRACE}-{PARENT}0-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-{PARENT}-.0",
        f"00-{TRACE}-{PARENT}-0.",
        f"00-{TRACE}-{PARENT}-1",
        f"00-{TRACE}-{PARENT}-001",
        f"{SENT},{SENT}",
    ],
)
def test_what_starts_anew(world: World, value: str) -> None:
    parent, state = seen(world, ("traceparent", value), ("tracestate", "a=1"))
    assert TRACE not in parent
    assert state == []


def test_two_parents_start_anew(world: World) -> None:
    assert not continued(world, ("traceparent", SENT), ("traceparent", SENT))
    assert not continued(world, ("traceparent", SENT), ("traceparent", f"00-{TRACE}-{PARENT[::-1]}-01"))


@pytest.mark.parametrize(
    ("flags", "passed_on"),
    # Bit 0 is "sampled", bit 1 "random" of level 2; what later levels may mean is not passed on. Nothing collects here.
    [("00", "00"), ("01", "01"), ("02", "02"), ("03", "03"), ("ff", "03"), ("f8", "00")],
)
def test_flags(world: World, flags: str, passed_on: str) -> None:
    parent, _ = seen(world, ("traceparent", f"00-{TRACE}-{PARENT}-{flags}"))
    assert parent.rpartition("-")[2] == passed_on


def test_a_trace_of_gates_own_has_a_random_id_and_says_so(world: World) -> None:
    assert int(seen(world)[0].rpartition("-")[2], 16) & 2


MEMBERS_32 = [f"bar{index:02}={index:02}" for index in range(1, 33)]
KEPT: list[tuple[list[str], list[str]]] = [
    (["foo=1"], ["foo=1"]),
    (["foo=1,bar=2"], ["foo=1", "bar=2"]),
    (["foo=1", "bar=2"], ["foo=1", "bar=2"]),
    (["foo=1", "bar=2", "rojo=1", "congo=2", "baz=3"], ["foo=1", "bar=2", "rojo=1", "congo=2", "baz=3"]),
    (["foo=1", ""], ["foo=1"]),
    (["", "foo=1"], ["foo=1"]),
    ([""], []),
    (["foo=1,"], ["foo=1"]),
    (["foo=1,,bar=2"], ["foo=1", "bar=2"]),
    (["foo=1 \t , \t bar=2, \t baz=3"], ["foo=1", "bar=2", "baz=3"]),
    (["foo=1\t \t,\t \tbar=2,\t \tbaz=3"], ["foo=1", "bar=2", "baz=3"]),
    ([" foo=1"], ["foo=1"]),
    (["\tfoo=1"], ["foo=1"]),
    (["foo=1 "], ["foo=1"]),
    (["foo=1\t"], ["foo=1"]),
    (["\t foo=1 \t"], ["foo=1"]),
    (["foo=1,foo=1"], ["foo=1"]),
    (["foo=1,foo=2"], ["foo=1"]),
    (["foo=1", "foo=2"], ["foo=1"]),
    ([",".join(MEMBERS_32)], MEMBERS_32),
    (["z" * 256 + "=1"], ["z" * 256 + "=1"]),
    (["t" * 241 + "@" + "v" * 14 + "=1"], ["t" * 241 + "@" + "v" * 14 + "=1"]),
    (["foo@=1,bar=2"], ["foo@=1", "bar=2"]),
    (["foo@@bar=1"], ["foo@@bar=1"]),
    (["f@oo@bar=1"], ["f@oo@bar=1"]),
    (["0foo=1,bar_-*/baz=2"], ["0foo=1", "bar_-*/baz=2"]),
    (["foo= 1 2"], ["foo= 1 2"]),
    (["foo=" + "v" * 256], ["foo=" + "v" * 256]),
]


@pytest.mark.parametrize(("lines", "members"), KEPT)
def test_a_state_that_is_carried_on(world: World, lines: list[str], members: list[str]) -> None:
    parent, state = seen(world, ("traceparent", SENT), *(("tracestate", line) for line in lines))
    assert TRACE in parent
    assert state == members


@pytest.mark.parametrize(
    "line",
    [
        ",".join([*MEMBERS_32, "one=more"]),
        "foo",
        "foo =1",
        "FOO=1",
        "foo.bar=1",
        "@foo=1,bar=2",
        "foo=bar=baz",
        "foo=,bar=3",
        "=1",
        "foo=1,.bar=2",
        "z" * 257 + "=1",
        "foo=" + "v" * 257,
        "foo=\N{LATIN SMALL LETTER E WITH ACUTE}",
    ],
)
def test_a_state_that_is_dropped_while_the_trace_goes_on(world: World, line: str) -> None:
    parent, state = seen(world, ("traceparent", SENT), ("tracestate", line))
    assert TRACE in parent
    assert state == []

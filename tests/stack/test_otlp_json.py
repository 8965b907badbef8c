"""OTLP JSON into spans and trees."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.stack.otlp_json import as_trace, parse_lines, parse_spans


def span(number: int, parent: int | None, start: int, **more: Any) -> dict[str, Any]:
    made = {"traceId": "AB" * 16, "spanId": f"{number:016x}", "name": f"s{number}"}
    made |= {"startTimeUnixNano": str(start), "endTimeUnixNano": str(start + 9)}
    return made | ({} if parent is None else {"parentSpanId": f"{parent:016x}"}) | more


def document(*spans: dict[str, Any]) -> dict[str, Any]:
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "gate"}}]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": {"name": "lib"}, "spans": list(spans)}]}]}


def test_reads_every_member() -> None:
    attributes: list[dict[str, Any]] = [
        {"key": "text", "value": {"stringValue": "x"}},
        {"key": "number", "value": {"intValue": "42"}},
        {"key": "share", "value": {"doubleValue": 0.5}},
        {"key": "yes", "value": {"boolValue": True}},
        {"key": "list", "value": {"arrayValue": {"values": [{"stringValue": "a"}, {"intValue": 1}]}}},
        {"key": "map", "value": {"kvlistValue": {"values": [{"key": "k", "value": {"stringValue": "v"}}]}}},
        {"key": "none", "value": {}},
    ]
    link = {"traceId": "CD" * 16, "spanId": "EF" * 8}
    raw = span(
        1,
        2,
        5,
        kind=3,
        status={"code": 2, "message": "bad"},
        attributes=attributes,
        events=[{"name": "e", "timeUnixNano": "7", "attributes": attributes[:1]}],
        links=[link],
        traceState="a=b",
    )
    (read,) = parse_spans(document(raw))
    assert (read.trace_id, read.span_id, read.parent_id) == ("ab" * 16, f"{1:016x}", f"{2:016x}")
    assert (read.name, read.kind, read.status, read.status_message) == ("s1", "CLIENT", "ERROR", "bad")
    assert (read.start_ns, read.end_ns, read.trace_state, read.scope) == (5, 14, "a=b", "lib")
    assert read.attributes == {
        "text": "x",
        "number": 42,
        "share": 0.5,
        "yes": True,
        "list": ["a", 1],
        "map": {"k": "v"},
        "none": None,
    }
    assert read["number"] == 42 and read.resource == {"service.name": "gate"}
    assert (read.events[0].name, read.events[0].time_ns, read.events[0].attributes) == ("e", 7, {"text": "x"})
    assert (read.links[0].trace_id, read.links[0].span_id) == ("cd" * 16, "ef" * 8)


def test_names_of_kinds_and_statuses_are_read_too() -> None:
    (read,) = parse_spans(document(span(1, None, 0, kind="SPAN_KIND_SERVER", status={"code": "STATUS_CODE_OK"})))
    assert (read.kind, read.status, read.parent_id) == ("SERVER", "OK", None)


def test_a_tree_follows_parents_and_start_times() -> None:
    spans = [span(4, 1, 30), span(3, 2, 21), span(2, 1, 20), span(1, 99, 10), span(2, 1, 20)]
    trace = as_trace(parse_spans(document(*spans)))
    assert [one.name for one in trace.spans] == ["s1", "s2", "s3", "s4"]
    assert trace.outline(lambda one: one.name) == "s1\n  s2\n    s3\n  s4"
    assert trace.root.name == "s1" and [one.name for one in trace.children(trace.root)] == ["s2", "s4"]
    assert trace.one("s3") is trace.named("s3")[0]
    with pytest.raises(ValueError):
        trace.one("s9")


def test_a_line_that_is_being_written_is_left_out() -> None:
    whole = json.dumps(document(span(1, None, 0))) + "\n"
    assert len(list(parse_lines([whole, whole, whole[:-9]]))) == 2

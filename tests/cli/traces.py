"""One small trace in every form in which a store may give it, and stores that give it."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TRACE = "0af7651916cd43dd8448eb211c80319c"
DECISION = "gd-0-0123456789abcdef0123"
SERVER, ROUTE, FAILED, SERVED, CLIENT = (digit * 16 for digit in "abcde")
START = 1_795_248_000_000_000_000
NAMES = {1: "INTERNAL", 2: "SERVER", 3: "CLIENT"}


def _value(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case list():
            return {"arrayValue": {"values": [_value(one) for one in value]}}
        case _:
            return {"stringValue": value}


def attributes(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": _value(value)} for name, value in values.items()]


def span(
    span_id: str,
    parent: str | None,
    name: str,
    kind: int,
    begins: int,
    ends: int,
    said: Mapping[str, Any],
    code: int = 0,
) -> dict[str, Any]:
    """A span of OTLP JSON; times in milliseconds after START."""
    return {
        "traceId": TRACE,
        "spanId": span_id,
        **({"parentSpanId": parent} if parent else {}),
        "name": name,
        "kind": kind,
        "startTimeUnixNano": str(START + begins * 1_000_000),
        "endTimeUnixNano": str(START + ends * 1_000_000),
        "attributes": attributes(said),
        **({"status": {"code": code, "message": "the upstream answered 429"}} if code else {}),
    }


def gate_spans(attempts: int = 2) -> list[dict[str, Any]]:
    """A request that was served by the second route, in another lane."""
    route = {
        "gate.decision.id": DECISION,
        "gate.request.model": "claude-test\x1b[2J",
        "gate.client.profile": "claude",
        "gate.intent.name": "working",
        "gate.intent.resolved_by": "pattern_mapping",
        "gate.chosen.lane": "home/mid",
        "gate.plan.first_lane": "home/mid",
        "gate.serving.lane": "cheap/fast",
        "gate.serving.route": "second/model-two",
        "gate.serving.relation": "downgrade",
        "gate.downgrade.reason": "rate_limited",
        "gate.executed.order": ["first/model-one", "second/model-two"],
        "gate.executed.attempts": attempts,
        "gate.outcome": "served",
        "gate.cost.usd": 0.0012,
        "gate.cost.confidence": "partial",
        "gate.time.duration": 0.09,
        "gate.time.overhead": 0.003,
    }
    failed = {
        "gate.attempt.route": "first/model-one",
        "gate.attempt.lane": "home/mid",
        "gate.attempt.relation": "primary",
        "http.response.status_code": 429,
        "error.type": "rate_limited",
        "gate.cost.confidence": "unknown",
    }
    served = {
        "gate.attempt.route": "second/model-two",
        "gate.attempt.lane": "cheap/fast",
        "gate.attempt.relation": "downgrade",
        "gate.downgrade.reason": "rate_limited",
        "http.response.status_code": 200,
        "gen_ai.usage.output_tokens": 25,
    }
    return [
        span(SERVER, CLIENT, "POST /v1/messages", 2, 5, 100, {"http.response.status_code": 200}),
        span(ROUTE, SERVER, "route working", 1, 6, 99, route),
        span(FAILED, ROUTE, "chat model-one", 3, 10, 40, failed, code=2),
        span(SERVED, ROUTE, "chat model-two", 3, 40, 98, served),
    ]


def client_spans() -> list[dict[str, Any]]:
    """The caller's own span, whose parent was never sent."""
    return [span(CLIENT, "f" * 16, "task", 1, 0, 102, {})]


def otlp(**services: list[dict[str, Any]]) -> dict[str, Any]:
    """`TracesData`."""
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": attributes({"service.name": name})},
                "scopeSpans": [{"scope": {}, "spans": spans}],
            }
            for name, spans in services.items()
        ]
    }


def whole() -> dict[str, Any]:
    return otlp(gate=gate_spans(), agent=client_spans())


def as_protobuf_json(document: Mapping[str, Any]) -> Any:
    """As protobuf's own JSON mapping writes it, and with it Tempo: ids in base64, kinds and codes by name."""

    def changed(value: Any, key: str = "") -> Any:
        match value:
            case dict():
                return {name: changed(one, name) for name, one in value.items()}
            case list():
                return [changed(one) for one in value]
            case str() if key in ("traceId", "spanId", "parentSpanId"):
                return base64.b64encode(bytes.fromhex(value)).decode()
            case int() if key == "kind":
                return f"SPAN_KIND_{NAMES[value]}"
            case int() if key == "code":
                return "STATUS_CODE_ERROR"
            case _:
                return value

    return changed(document)


def jaeger_own() -> dict[str, Any]:
    """The trace as Jaeger's web page gets it; only what the commands read."""
    spans: list[dict[str, Any]] = []
    for one in gate_spans():
        tags = [{"key": pair["key"], "value": _plain(pair["value"])} for pair in one["attributes"]]
        tags.append({"key": "span.kind", "value": NAMES[one["kind"]].lower()})
        if "status" in one:
            tags += [{"key": "otel.status_code", "value": "ERROR"}, {"key": "error", "value": True}]
            tags.append({"key": "otel.status_description", "value": one["status"]["message"]})
        start = int(one["startTimeUnixNano"]) // 1_000
        spans.append(
            {
                "traceID": TRACE,
                "spanID": one["spanId"],
                "operationName": one["name"],
                "references": [{"refType": "CHILD_OF", "traceID": TRACE, "spanID": one["parentSpanId"]}],
                "startTime": start,
                "duration": int(one["endTimeUnixNano"]) // 1_000 - start,
                "tags": tags,
                "logs": [],
                "processID": "p1",
            }
        )
    return {"data": [{"traceID": TRACE, "spans": spans, "processes": {"p1": {"serviceName": "gate"}}}]}


def _plain(value: Mapping[str, Any]) -> Any:
    ((kind, content),) = value.items()
    if kind == "arrayValue":
        return json.dumps([_plain(one) for one in content["values"]])
    return int(content) if kind == "intValue" else content


@dataclass
class Store:
    """A server with fixed answers by path, without the query. asked: paths with query and the headers, in order."""

    url: str
    answers: dict[str, tuple[int, str, bytes]]
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list[tuple[str, dict[str, str]]])

    def gives(self, path: str, document: Any, status: int = 200) -> None:
        self.answers[path] = status, "application/json", json.dumps(document).encode()

    def redirects(self, path: str, to: str) -> None:
        self.answers[path] = 302, to, b""

    def page(self, path: str) -> None:
        """What Jaeger answers where it knows no such path: its web page."""
        self.answers[path] = 200, "text/html", b"<html></html>"


@contextmanager
def store() -> Iterator[Store]:
    """On a free port of loopback; 404 for everything that was not given."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            running.asked.append((self.path, dict(self.headers)))
            status, kind, body = running.answers.get(self.path.partition("?")[0], (404, "text/plain", b"not found"))
            self.send_response(status)
            self.send_header("location" if status == 302 else "content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running = Store(f"http://127.0.0.1:{server.server_port}", {})
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

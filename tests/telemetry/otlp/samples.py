"""Generated spans, what they should be as messages, and small collectors to send them to."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

import pytest
from hypothesis import strategies as st
from opentelemetry.attributes import BoundedAttributes
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.trace.v1 import trace_pb2
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util import BoundedList
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

METHOD = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
RESOURCE = Resource({"service.name": "gate", "process.pid": 7, "ratio": 0.5, "names": ("a", "ü")}, "https://schema/r")
SCOPES = (
    InstrumentationScope("gate", "0.1.0", "https://schema/s", {"a": True}),
    InstrumentationScope("opentelemetry.instrumentation.httpx"),
    None,
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
scalars = st.one_of(
    texts,
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-3, 5000),
    st.floats(allow_nan=False),
    st.binary(max_size=20),
    st.none(),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(tuple), st.dictionaries(texts.filter(bool), inner, max_size=3)
    ),
    max_leaves=8,
)
attributes = st.dictionaries(texts.filter(bool), values, max_size=8)
times = st.integers(1, 2**63 - 1)
states = st.sampled_from(
    [TraceState(), TraceState([("rojo", "00f067aa0ba902b7")]), TraceState([("a", "1"), ("b@c", "x y")])]
)
contexts = st.builds(
    SpanContext,
    st.integers(1, 2**128 - 1),
    st.integers(1, 2**64 - 1),
    st.booleans(),
    st.integers(0, 3).map(TraceFlags),
    states,
)


def bounded(limit: int | None) -> st.SearchStrategy[BoundedAttributes]:
    """As the SDK keeps them: some were dropped when there are more than the limit."""
    return attributes.map(lambda given: BoundedAttributes(limit, given))


def _list(limit: int, items: Sequence[Any]) -> Sequence[Any]:
    held: BoundedList[Any] = BoundedList(limit)
    for item in items:
        held.append(item)
    return held


spans = st.builds(
    ReadableSpan,
    name=texts,
    context=contexts,
    parent=st.none() | contexts,
    resource=st.just(RESOURCE),
    attributes=bounded(6),
    events=st.lists(st.builds(Event, texts, bounded(3), times), max_size=4).map(lambda items: _list(3, items)),
    links=st.lists(st.builds(Link, contexts, bounded(3)), max_size=3).map(lambda items: _list(2, items)),
    kind=st.sampled_from(SpanKind),
    status=st.sampled_from([Status(), Status(StatusCode.OK), Status(StatusCode.ERROR, "zu spät")]),
    start_time=times,
    end_time=times,
    instrumentation_scope=st.sampled_from(SCOPES),
)


def any_message(value: Any) -> AnyValue:
    """The message the specification wants for a value."""
    if value is None:
        return AnyValue()
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, str):
        return AnyValue(string_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    if isinstance(value, bytes):
        return AnyValue(bytes_value=value)
    if isinstance(value, Mapping):
        return AnyValue(kvlist_value=KeyValueList(values=pairs(cast("Mapping[str, Any]", value))))
    return AnyValue(array_value=ArrayValue(values=[any_message(item) for item in value]))


def pairs(given: Mapping[str, Any] | None) -> list[KeyValue]:
    return [KeyValue(key=key, value=any_message(value)) for key, value in (given or {}).items()]


def _flags(own: SpanContext, remote: SpanContext | None) -> int:
    return own.trace_flags | 0x100 | (0x200 if remote is not None and remote.is_remote else 0)


def span_message(span: ReadableSpan) -> trace_pb2.Span:
    """The message the specification wants for a span, made with the published classes."""
    context = span.get_span_context()
    assert context is not None
    return trace_pb2.Span(
        trace_id=context.trace_id.to_bytes(16, "big"),
        span_id=context.span_id.to_bytes(8, "big"),
        trace_state=context.trace_state.to_header(),
        parent_span_id=b"" if span.parent is None else span.parent.span_id.to_bytes(8, "big"),
        flags=_flags(context, span.parent),
        name=span.name,
        kind=trace_pb2.Span.SpanKind.Value(f"SPAN_KIND_{span.kind.name}"),
        start_time_unix_nano=span.start_time or 0,
        end_time_unix_nano=span.end_time or 0,
        attributes=pairs(span.attributes),
        dropped_attributes_count=span.dropped_attributes,
        events=[
            trace_pb2.Span.Event(
                time_unix_nano=event.timestamp,
                name=event.name,
                attributes=pairs(event.attributes),
                dropped_attributes_count=event.dropped_attributes,
            )
            for event in span.events
        ],
        dropped_events_count=span.dropped_events,
        links=[
            trace_pb2.Span.Link(
                trace_id=link.context.trace_id.to_bytes(16, "big"),
                span_id=link.context.span_id.to_bytes(8, "big"),
                trace_state=link.context.trace_state.to_header(),
                attributes=pairs(link.attributes),
                dropped_attributes_count=link.dropped_attributes,
                flags=_flags(link.context, link.context),
            )
            for link in span.links
        ],
        dropped_links_count=span.dropped_links,
        status=trace_pb2.Status(code=span.status.status_code.value, message=span.status.description),  # pyright: ignore
    )


def received_spans(body: bytes) -> list[trace_pb2.Span]:
    """All spans of a request, whoever recorded them."""
    request = ExportTraceServiceRequest.FromString(body)
    return [span for part in request.resource_spans for scope in part.scope_spans for span in scope.spans]


@dataclass
class Answer:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    wait_s: float = 0.0


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    body: bytes


class Collector:
    """An HTTP collector that answers as told, request by request; the last answer stays."""

    def __init__(self, *answers: Answer) -> None:
        self.received: list[Received] = []
        pending = list(answers) or [Answer()]
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.received.append(Received(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                answer = pending.pop(0) if len(pending) > 1 else pending[0]
                time.sleep(answer.wait_s)
                self.send_response(answer.status)
                for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def use_tls(self, context: ssl.SSLContext) -> None:
        """From the next connection on."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def __enter__(self) -> Collector:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def grpc_server(
    handle: Callable[[bytes, Any], bytes], credentials: Callable[[Any], Any] | None = None
) -> Generator[int]:
    """The port of a gRPC collector for traces, with the library's own server."""
    grpc: Any = pytest.importorskip("grpc")

    service, _, name = METHOD.strip("/").partition("/")
    methods = {name: grpc.unary_unary_rpc_method_handler(handle)}
    running = grpc.server(ThreadPoolExecutor(2), handlers=[grpc.method_handlers_generic_handler(service, methods)])
    if credentials is None:
        port = running.add_insecure_port("127.0.0.1:0")
    else:
        port = running.add_secure_port("127.0.0.1:0", credentials(grpc))
    running.start()
    try:
        yield port
    finally:
        running.stop(0).wait()


class BlackHole:
    """Takes connections and never says anything."""

    def __enter__(self) -> BlackHole:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._socket.getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


def closed_port() -> int:
    """A port that refuses connections: it was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def eventually(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True

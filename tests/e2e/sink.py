"""A small OTLP/HTTP receiver: counts and keeps the spans Gate sends, and all bytes that came (to look for secrets)."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span


class Sink:
    """Listens on a free loopback port; also a context manager. bodies: every request's bytes, decoded."""

    def __init__(self) -> None:
        self._bodies: list[tuple[str, bytes]] = []
        self._lock = threading.Lock()
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                sink.received(self.path, body)
                self.send_response(200)
                self.send_header("content-type", "application/x-protobuf")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def environment(self) -> dict[str, str]:
        """The variables that send Gate's spans here, none of them dropped for want of room."""
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.url,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_BSP_SCHEDULE_DELAY": "100",
            "OTEL_BSP_MAX_QUEUE_SIZE": "65536",
        }

    def received(self, path: str, body: bytes) -> None:
        """One request came."""
        with self._lock:
            self._bodies.append((path, body))

    def raw(self) -> bytes:
        """All that came, as it was written."""
        with self._lock:
            return b"\n".join(body for _, body in self._bodies)

    def bodies(self, path: str) -> list[bytes]:
        """The requests to a path that ends so, such as `/v1/metrics`."""
        with self._lock:
            return [body for where, body in self._bodies if where.endswith(path)]

    def spans(self) -> list[Span]:
        """All spans so far."""
        return [
            span
            for body in self.bodies("/v1/traces")
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def servers(self) -> list[Span]:
        """The spans of kind SERVER: one for each request Gate took."""
        return [span for span in self.spans() if span.kind == Span.SPAN_KIND_SERVER]


def eventually(holds: Callable[[], bool], timeout: float = 10) -> bool:
    """Whether it came true in time."""
    deadline = time.monotonic() + timeout
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True

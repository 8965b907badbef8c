"""Reads traces back from a real Jaeger over its HTTP query API.

Spans arrive late and in pieces, so every question is asked again until the answer has settled or the time is up.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import httpx

from tests.stack.otlp_json import Span, Trace, as_trace, parse_spans

POLL = 0.15  # seconds between two questions


class TraceMissing(AssertionError):
    """What was waited for did not come; says what was there instead."""


class Jaeger:
    """The query API at `url`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=url, timeout=10, trust_env=False)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def services(self) -> list[str]:
        """The services that sent spans."""
        return sorted(self._http.get("/api/services").raise_for_status().json()["data"] or [])

    def raw(self, trace_id: str) -> dict[str, Any]:
        """The trace as Jaeger's own JSON (the form its web page uses). Raises httpx.HTTPStatusError when unknown."""
        return self._http.get(f"/api/traces/{trace_id}").raise_for_status().json()["data"][0]

    def trace(self, trace_id: str, min_spans: int = 1, timeout: float = 20) -> Trace:
        """The trace once it has at least `min_spans` spans and two questions in a row gave the same number.

        Raises TraceMissing after `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        before = -1
        while True:
            spans = self._spans(trace_id)
            if len(spans) >= min_spans and len(spans) == before:
                return as_trace(spans)
            if time.monotonic() > deadline:
                found = as_trace(spans).outline() or "nothing"
                raise TraceMissing(f"{len(spans)} of {min_spans} spans of trace {trace_id} after {timeout} s:\n{found}")
            before = len(spans)
            time.sleep(POLL)

    def find(
        self,
        service: str,
        tags: Mapping[str, str] | None = None,
        operation: str | None = None,
        min_traces: int = 1,
        min_spans: int = 1,
        timeout: float = 20,
    ) -> list[Trace]:
        """Traces of a service that have a span with all `tags`, oldest first, once there are `min_traces` of them.

        Raises TraceMissing after `timeout` seconds.
        """
        query = {"service": service, "limit": "1500", "lookback": "2h"}
        if tags:
            query["tags"] = json.dumps(dict(tags))
        if operation:
            query["operation"] = operation
        deadline = time.monotonic() + timeout
        while True:
            found: list[Any] = self._http.get("/api/traces", params=query).raise_for_status().json()["data"] or []
            if len(found) >= min_traces:
                traces = [self.trace(str(one["traceID"]), min_spans, timeout) for one in found]
                return sorted(traces, key=lambda trace: trace.spans[0].start_ns)
            if time.monotonic() > deadline:
                raise TraceMissing(f"{len(found)} of {min_traces} traces of {service} with {tags} after {timeout} s")
            time.sleep(POLL)

    def _spans(self, trace_id: str) -> list[Span]:
        answer = self._http.get(f"/api/v3/traces/{trace_id}")
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return []
        return list(parse_spans(answer.raise_for_status().json()["result"]))

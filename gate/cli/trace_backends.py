"""Where traces are: a Jaeger or a Tempo, asked over HTTP for one trace, for the trace of a decision, or for the newest.

What a store wants besides (a tenant, a credential) goes into GATE_JAEGER_HEADERS or GATE_TEMPO_HEADERS.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import urlencode

from gate.cli.client import Answer, Away, extra_headers, fetch
from gate.cli.main import Failed
from gate.cli.trace_model import Span, Trace, from_jaeger, from_otlp, trace_of

DECISION = "gate.decision.id"
AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Window:
    """When to look, in seconds since 1970."""

    start_s: float
    end_s: float


class Store(Protocol):
    """name: what it is, for messages. url: where."""

    @property
    def name(self) -> str: ...

    @property
    def url(self) -> str: ...

    def trace(self, trace_id: str) -> Trace | None:
        """What has arrived of a trace; None when nothing has. Raises Failed."""
        ...

    def find(self, decision_id: str, service: str, window: Window) -> str | None:
        """The id of the trace that has this decision. Raises Failed."""
        ...

    def recent(self, service: str, window: Window, most: int) -> list[Span]:
        """The spans of the newest traces of a service that have decisions. Raises Failed."""
        ...


@dataclass(frozen=True, slots=True)
class Jaeger:
    """The query service, version 1 or 2."""

    url: str
    name: str = "Jaeger"

    def trace(self, trace_id: str) -> Trace | None:
        answer = _get(self, f"/api/v3/traces/{trace_id}")
        if answer is not None:
            return _read(self, answer, trace_id, _jaeger_v3)
        # An older one has no v3, or has it elsewhere; and 404 is also what v3 says when it has no such trace.
        answer = _get(self, f"/api/traces/{trace_id}")
        return None if answer is None else _read(self, answer, trace_id, from_jaeger)

    def find(self, decision_id: str, service: str, window: Window) -> str | None:
        query = {
            "service": service,
            "tags": json.dumps({DECISION: decision_id}),
            "start": int(window.start_s * 1e6),
            "end": int(window.end_s * 1e6),
            "limit": 1,
        }
        answer = _get(self, f"/api/traces?{urlencode(query)}")
        found: list[Any] = [] if answer is None else _json(self, answer).get("data") or []
        return str(found[0]["traceID"]) if found else None

    def recent(self, service: str, window: Window, most: int) -> list[Span]:
        query = {
            "query.service_name": service,
            "query.start_time_min": _rfc3339(window.start_s),
            "query.start_time_max": _rfc3339(window.end_s),
            "query.num_traces": most,
        }
        answer = _get(self, f"/api/v3/traces?{urlencode(query)}")
        if answer is not None:
            return _spans(self, answer, _jaeger_v3)
        old = {
            "service": service,
            "start": int(window.start_s * 1e6),
            "end": int(window.end_s * 1e6),
            "limit": most,
        }
        answer = _get(self, f"/api/traces?{urlencode(old)}")
        return [] if answer is None else _spans(self, answer, from_jaeger)


@dataclass(frozen=True, slots=True)
class Tempo:
    """The query frontend, or a Tempo of one process."""

    url: str
    name: str = "Tempo"

    def trace(self, trace_id: str) -> Trace | None:
        answer = _get(self, f"/api/v2/traces/{trace_id}")
        if answer is not None:
            found = _read(self, answer, trace_id, _tempo_v2)
            if found is not None:
                return found
        # An older one has no v2; and one that has it may answer with an empty trace.
        answer = _get(self, f"/api/traces/{trace_id}")
        return None if answer is None else _read(self, answer, trace_id, from_otlp)

    def find(self, decision_id: str, service: str, window: Window) -> str | None:
        query = {
            "q": f'{{ span.{DECISION} = "{decision_id}" }}',
            "start": int(window.start_s),
            "end": int(window.end_s) + 1,
            "limit": 1,
        }
        answer = _get(self, f"/api/search?{urlencode(query)}")
        found: list[Any] = [] if answer is None else _json(self, answer).get("traces") or []
        # Tempo leaves leading zeros out.
        return str(found[0]["traceID"]).zfill(32) if found else None

    def recent(self, service: str, window: Window, most: int) -> list[Span]:
        query = {
            "q": f'{{ resource.service.name = {json.dumps(service)} && span.{DECISION} =~ "gd-.*" }}',
            "start": int(window.start_s),
            "end": int(window.end_s) + 1,
            "limit": most,
        }
        answer = _get(self, f"/api/search?{urlencode(query)}")
        found: list[Any] = [] if answer is None else _json(self, answer).get("traces") or []
        ids = [str(one["traceID"]).zfill(32) for one in found]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return [span for trace in pool.map(self.trace, ids) if trace is not None for span in trace.spans]


def _get(store: Store, path: str) -> Answer | None:
    """None for what is not there: 404, or a web page where JSON was asked for."""
    try:
        answer = fetch(store.url.rstrip("/") + path, secret=extra_headers(store.name))
    except Away as error:
        raise Away(f"no {store.name} answers at {store.url}: {error}") from None
    if answer.status == 404 or (answer.status == 200 and answer.kind == "text/html"):
        return None
    if answer.status in (401, 403):
        variable = f"GATE_{store.name.upper()}_HEADERS"
        raise Failed(f"{store.name} at {store.url} wants a credential ({answer.status}): put it into {variable}")
    if answer.status != 200:
        said = answer.body[:200].decode(errors="replace").strip()
        raise Failed(f"{store.name} at {store.url} answered {answer.status}: {said}")
    return answer


def _json(store: Store, answer: Answer) -> dict[str, Any]:
    try:
        return dict(answer.json())
    except (ValueError, TypeError):
        raise Failed(f"what answers at {store.url} is no {store.name}") from None


def _read(
    store: Store, answer: Answer, trace_id: str, reader: Callable[[Mapping[str, Any]], Iterator[Span]]
) -> Trace | None:
    document = _json(store, answer)
    try:
        return trace_of(trace_id, reader(document))
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise Failed(f"the trace that {store.name} at {store.url} gave cannot be read ({error!r})") from None


def _spans(store: Store, answer: Answer, reader: Callable[[Mapping[str, Any]], Iterator[Span]]) -> list[Span]:
    document = _json(store, answer)
    try:
        return list(reader(document))
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise Failed(f"what {store.name} at {store.url} found cannot be read ({error!r})") from None


def _rfc3339(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def _jaeger_v3(document: Mapping[str, Any]) -> Iterator[Span]:
    return from_otlp(document["result"])


def _tempo_v2(document: Mapping[str, Any]) -> Iterator[Span]:
    return from_otlp(document.get("trace") or {})

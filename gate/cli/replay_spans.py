"""Decisions to replay out of a Jaeger or a Tempo."""

import time

from gate.cli.main import Failed
from gate.cli.preview import Source
from gate.cli.span_recordings import recordings_of
from gate.cli.trace_backends import Jaeger, Tempo, Window

APPROXIMATE = (
    "approximate: rebuilt from spans, which have the request's features and the verdicts, but no averages of latency "
    "and errors, and no more than the most telling routes; which conditions of rules were looked at is not known"
)
LATE_S = 60
"""A clock that is ahead must not hide the newest."""


def from_spans(kind: str, url: str, last: int, hours: float, service: str) -> Source:
    """Raises Failed."""
    store = Jaeger(url) if kind == "jaeger" else Tempo(url)
    now = time.time()
    spans = store.recent(service, Window(now - hours * 3600, now + LATE_S), last)
    found, left_out = recordings_of(spans)
    if not found and not left_out:
        raise Failed(
            f"{store.name} at {url} has no decision of service {service} within {hours:g} h: look further back with "
            "--since, or name the service with --service"
        )
    notes = [APPROXIMATE]
    if left_out:
        were = "1 decision was left out: its" if left_out == 1 else f"{left_out} decisions were left out: their"
        notes.append(f"{were} spans do not say enough (an older Gate?)")
    return Source(f"{store.name} at {url}", tuple(found[:last]), approximate=True, notes=tuple(notes))

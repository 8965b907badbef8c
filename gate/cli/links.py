"""Addresses inside Grafana and Jaeger that show one thing: built here, opened by whoever reads them.

The forms, from the programs' own pages:
- a dashboard, its variables and time range: `/d/UID?var-NAME=VALUE&from=...&to=...`,
  https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/create-dashboard-url-variables/ and
  https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/manage-dashboard-links/
- Explore: `/explore?schemaVersion=1&panes={...}`, "Generate Explore URLs from external tools" in
  https://grafana.com/docs/grafana/latest/visualizations/explore/get-started-with-explore/
- Jaeger's pages: `/trace/ID` and `/search?service=...&tags=...`, components TracePage/url and SearchTracePage/url of
  https://github.com/jaegertracing/jaeger-ui
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from gate.cli.main import Failed

_RELATIVE = re.compile(r"now(?:-(\d+)([smhdw]))?")
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


@dataclass(frozen=True, slots=True)
class Link:
    """title: what one sees there."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Range:
    """A time range as Grafana writes it: `now`, `now-6h`, or milliseconds since 1970."""

    start: str = "now-1h"
    end: str = "now"

    def seconds(self, now: float) -> tuple[float, float]:
        """Both ends in seconds since 1970. Raises Failed for what is no time."""
        return moment(self.start, now), moment(self.end, now)


def moment(text: str, now: float) -> float:
    """Seconds since 1970. Raises Failed."""
    if text.isdigit():
        return int(text) / 1_000
    match = _RELATIVE.fullmatch(text)
    if match is None:
        raise Failed(f"{text} is no time: write now, now-30m (s, m, h, d, w) or milliseconds since 1970")
    return now - (int(match[1]) * _UNITS[match[2]] if match[1] else 0)


@dataclass(frozen=True, slots=True)
class Grafana:
    """prometheus, tempo: uids of the data sources."""

    url: str
    prometheus: str
    tempo: str

    def dashboard(self, title: str, uid: str, span: Range, variables: Mapping[str, str] | None = None) -> Link:
        chosen = {f"var-{name}": value for name, value in (variables or {}).items()}
        query = _query({**chosen, "from": span.start, "to": span.end})
        return Link(f"{title} (dashboard {uid})", f"{self.url.rstrip('/')}/d/{uid}?{query}")

    def traceql(self, title: str, query: str, span: Range) -> Link:
        """query: TraceQL, or a trace id."""
        asked = {"refId": "A", "datasource": {"type": "tempo", "uid": self.tempo}, "queryType": "traceql"}
        return self._explore(title, self.tempo, {**asked, "query": query, "limit": 20, "tableType": "traces"}, span)

    def promql(self, title: str, query: str, span: Range) -> Link:
        asked = {"refId": "A", "datasource": {"type": "prometheus", "uid": self.prometheus}, "expr": query}
        return self._explore(title, self.prometheus, {**asked, "range": True, "instant": True}, span)

    def _explore(self, title: str, source: str, query: Mapping[str, object], span: Range) -> Link:
        pane = {"datasource": source, "queries": [query], "range": {"from": span.start, "to": span.end}}
        panes = json.dumps({"gate": pane}, separators=(",", ":"))
        return Link(title, f"{self.url.rstrip('/')}/explore?{_query({'schemaVersion': 1, 'panes': panes})}")


@dataclass(frozen=True, slots=True)
class JaegerPages:
    """service: Gate's service.name in the traces."""

    url: str
    service: str = "gate"

    def trace(self, trace_id: str) -> Link:
        return Link("The trace (Jaeger)", f"{self.url.rstrip('/')}/trace/{quote(trace_id)}")

    def search(self, title: str, tags: Mapping[str, str], span: Range, now: float) -> Link:
        start, end = span.seconds(now)
        query = {
            "service": self.service,
            "tags": json.dumps(dict(tags), separators=(",", ":")),
            "start": int(start * 1e6),
            "end": int(end * 1e6),
            "lookback": "custom",
            "limit": 20,
        }
        return Link(title, f"{self.url.rstrip('/')}/search?{_query(query)}")


def _query(values: Mapping[str, object]) -> str:
    """With blanks as %20, which every reader takes."""
    return urlencode(values, quote_via=quote, safe="")

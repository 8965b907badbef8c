"""`gate diff --from jaeger` and `--from tempo`: stores that answer in their shapes, filled with Gate's own spans."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from gate.cli.main import run
from gate.cli.trace_model import Span
from tests.cli import traces
from tests.cli.stored import KEYS, compiled, configuration, recorded, written
from tests.cli.test_span_recordings import HEALTHS, spans_of
from tests.cli.traces import Store

SNAPSHOT = compiled(configuration())
MADE = (recorded(0, SNAPSHOT), recorded(1, SNAPSHOT, {"first/one": HEALTHS["open"]}), recorded(2, SNAPSHOT))
IDS = ["a" * 32, "0" + "b" * 31, "c" * 32]


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**KEYS, "COLUMNS": "250"}.items():
        monkeypatch.setenv(name, value)
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GATE_JAEGER_HEADERS", "GATE_TEMPO_HEADERS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def store() -> Iterator[Store]:
    with traces.store() as running:
        yield running


@pytest.fixture
def new(tmp_path: Path) -> Path:
    cheaper = configuration()
    cheaper["routes"][1]["price"] = {"input": 1, "output": 5}
    return written(tmp_path / "new.yaml", cheaper)


def otlp(trace_id: str, spans: Sequence[Span]) -> dict[str, Any]:
    """`TracesData` of one trace; ids are sixteen hexadecimal digits as OTLP has them."""
    names = {name: f"{number + 1:016x}" for number, name in enumerate(span.span_id for span in spans)}
    kinds = {"internal": 1, "server": 2, "client": 3}

    def told(span: Span) -> dict[str, Any]:
        return {
            "traceId": trace_id,
            "spanId": trace_id[:8] + names[span.span_id][8:],
            "parentSpanId": "" if span.parent_id is None else trace_id[:8] + names[span.parent_id][8:],
            "name": span.name,
            "kind": kinds[span.kind],
            "startTimeUnixNano": str(span.start_ns),
            "endTimeUnixNano": str(span.end_ns),
            "attributes": traces.attributes(_lists(span.attributes)),
            "events": [
                {"name": event.name, "attributes": traces.attributes(_lists(event.attributes))} for event in span.events
            ],
        }

    return traces.otlp(gate=[])["resourceSpans"][0] | {
        "scopeSpans": [{"scope": {}, "spans": [told(one) for one in spans]}]
    }


def _lists(said: Any) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in said.items()}


def filled(store: Store) -> None:
    parts = [otlp(trace_id, spans_of(one)) for trace_id, one in zip(IDS, MADE, strict=True)]
    store.gives("/api/v3/traces", {"result": {"resourceSpans": parts}})
    store.gives("/api/search", {"traces": [{"traceID": trace_id.lstrip("0")} for trace_id in IDS]})
    for trace_id, part in zip(IDS, parts, strict=True):
        found = traces.as_protobuf_json({"resourceSpans": [part]})
        store.gives(f"/api/v2/traces/{trace_id}", {"trace": found, "metrics": {}})


@pytest.mark.parametrize("kind", ["jaeger", "tempo"])
def test_what_would_change(kind: str, store: Store, new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filled(store)
    arguments = ["diff", "--config", str(new), "--from", kind, store.url]
    assert run([*arguments, "--json"], serve=lambda options: 0) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["decisions"], told["changed"], told["approximate"]) == (3, 3, True)
    assert told["kinds"] == {"route": 2, "relation": 1}
    # Two at 18 thousandths and one at 24; then 6 each.
    assert (told["cost_usd"]["before"], told["cost_usd"]["after"]) == (pytest.approx(0.06), pytest.approx(0.018))
    assert run(arguments, serve=lambda options: 0) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"decisions   3 from {kind.capitalize()} at {store.url}, 2026-11-21 08:00")
    assert any(line.startswith("note        approximate: rebuilt from spans") for line in lines)


@pytest.mark.parametrize("kind", ["jaeger", "tempo"])
def test_there_is_nothing(kind: str, store: Store, new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["diff", "--config", str(new), "--from", kind, store.url, "--service", "gate-two", "--since", "2"]
    assert run(arguments, serve=lambda options: 0) == 1
    assert "has no decision of service gate-two within 2 h: look further back" in capsys.readouterr().err


def test_decisions_of_an_older_gate_are_counted(store: Store, new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store.gives("/api/v3/traces", {"result": traces.whole()})
    assert run(["diff", "--config", str(new), "--from", "jaeger", store.url], serve=lambda options: 0) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"no decisions in Jaeger at {store.url}")
    assert "1 decision was left out: its spans do not say enough (an older Gate?)" in said

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from gate.cli.client import Away
from gate.cli.main import Failed
from gate.cli.trace_backends import Jaeger, Tempo, Window
from tests.cli import traces
from tests.cli.traces import DECISION, TRACE, Store
from tests.harness.ports import refusing_port

WINDOW = Window(1_000.0, 2_000.5)


@pytest.fixture
def store() -> Iterator[Store]:
    with traces.store() as running:
        yield running


def test_jaeger_is_asked_by_its_stable_api(store: Store) -> None:
    store.gives(f"/api/v3/traces/{TRACE}", {"result": traces.whole()})
    trace = Jaeger(store.url + "/").trace(TRACE)
    assert trace is not None
    assert len(trace.spans) == 5
    assert [path for path, _ in store.asked] == [f"/api/v3/traces/{TRACE}"]


def test_an_older_jaeger_answers_in_its_own_form(store: Store) -> None:
    store.page(f"/api/v3/traces/{TRACE}")
    store.gives(f"/api/traces/{TRACE}", traces.jaeger_own())
    trace = Jaeger(store.url).trace(TRACE)
    assert trace is not None
    assert len(trace.spans) == 4


@pytest.mark.parametrize("kind", [Jaeger, Tempo])
def test_a_trace_that_is_not_there(store: Store, kind: type[Jaeger] | type[Tempo]) -> None:
    assert kind(store.url).trace(TRACE) is None
    assert kind(store.url).find(DECISION, "gate", WINDOW) is None


def test_jaeger_finds_a_decision_by_its_tag(store: Store) -> None:
    store.gives("/api/traces", {"data": [{"traceID": TRACE, "spans": []}]})
    assert Jaeger(store.url).find(DECISION, "gate-two", WINDOW) == TRACE
    asked = parse_qs(urlsplit(store.asked[0][0]).query)
    assert asked == {
        "service": ["gate-two"],
        "tags": [f'{{"gate.decision.id": "{DECISION}"}}'],
        "start": ["1000000000"],
        "end": ["2000500000"],
        "limit": ["1"],
    }


def test_tempo_of_now(store: Store) -> None:
    answer = {"trace": traces.as_protobuf_json(traces.whole()), "metrics": {}}
    store.gives(f"/api/v2/traces/{TRACE}", answer)
    trace = Tempo(store.url).trace(TRACE)
    assert trace is not None
    assert {span.span_id for span in trace.spans} >= {traces.SERVER, traces.CLIENT}


def test_tempo_of_before(store: Store) -> None:
    batches = traces.as_protobuf_json(traces.whole())["resourceSpans"]
    store.gives(f"/api/traces/{TRACE}", {"batches": batches})
    trace = Tempo(store.url).trace(TRACE)
    assert trace is not None
    assert len(trace.spans) == 5


def test_tempo_finds_a_decision_by_traceql(store: Store) -> None:
    store.gives("/api/search", {"traces": [{"traceID": TRACE.lstrip("0")}], "metrics": {}})
    assert Tempo(store.url).find(DECISION, "gate", WINDOW) == TRACE
    asked = parse_qs(urlsplit(store.asked[0][0]).query)
    assert asked["q"] == [f'{{ span.gate.decision.id = "{DECISION}" }}']
    assert (asked["start"], asked["end"]) == (["1000"], ["2001"])


def test_jaeger_is_asked_for_the_newest_by_its_stable_api(store: Store) -> None:
    store.gives("/api/v3/traces", {"result": traces.whole()})
    spans = Jaeger(store.url).recent("gate", WINDOW, 50)
    assert len(spans) == 5
    asked = parse_qs(urlsplit(store.asked[0][0]).query)
    assert asked == {
        "query.service_name": ["gate"],
        "query.start_time_min": ["1970-01-01T00:16:40Z"],
        "query.start_time_max": ["1970-01-01T00:33:20.500000Z"],
        "query.num_traces": ["50"],
    }


def test_an_older_jaeger_is_asked_for_the_newest_in_its_own_form(store: Store) -> None:
    store.page("/api/v3/traces")
    store.gives("/api/traces", traces.jaeger_own())
    assert len(Jaeger(store.url).recent("gate", WINDOW, 50)) == 4
    asked = parse_qs(urlsplit(store.asked[1][0]).query)
    assert asked == {"service": ["gate"], "start": ["1000000000"], "end": ["2000500000"], "limit": ["50"]}


def test_tempo_is_asked_for_the_newest_by_traceql(store: Store) -> None:
    store.gives("/api/search", {"traces": [{"traceID": TRACE.lstrip("0")}, {"traceID": "1" * 32}], "metrics": {}})
    store.gives(f"/api/v2/traces/{TRACE}", {"trace": traces.as_protobuf_json(traces.whole()), "metrics": {}})
    # The other one is gone again.
    assert len(Tempo(store.url).recent("gate", WINDOW, 50)) == 5
    asked = parse_qs(urlsplit(store.asked[0][0]).query)
    assert asked["q"] == ['{ resource.service.name = "gate" && span.gate.decision.id =~ "gd-.*" }']
    assert (asked["start"], asked["end"], asked["limit"]) == (["1000"], ["2001"], ["50"])


@pytest.mark.parametrize("kind", [Jaeger, Tempo])
def test_there_is_nothing_new(store: Store, kind: type[Jaeger] | type[Tempo]) -> None:
    assert kind(store.url).recent("gate", WINDOW, 50) == []


def test_what_was_found_and_is_no_trace(store: Store) -> None:
    store.gives("/api/v3/traces", {"result": {"resourceSpans": [{"scopeSpans": [{"spans": [{}]}]}]}})
    with pytest.raises(Failed, match="found cannot be read"):
        Jaeger(store.url).recent("gate", WINDOW, 50)


def test_headers_go_along(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATE_TEMPO_HEADERS", "x-scope-orgid=team, authorization=Bearer abc=")
    Tempo(store.url).find(DECISION, "gate", WINDOW)
    sent = {name.lower(): value for name, value in store.asked[0][1].items()}
    assert sent["x-scope-orgid"] == "team"
    assert sent["authorization"] == "Bearer abc="
    monkeypatch.setenv("GATE_TEMPO_HEADERS", "nonsense")
    with pytest.raises(Failed, match="GATE_TEMPO_HEADERS is not written"):
        Tempo(store.url).trace(TRACE)


@pytest.mark.parametrize(
    ("status", "said"), [(401, "wants a credential"), (403, "GATE_JAEGER_HEADERS"), (500, "answered 500: ")]
)
def test_refusals_say_what_to_do(store: Store, status: int, said: str) -> None:
    store.gives(f"/api/v3/traces/{TRACE}", {}, status)
    with pytest.raises(Failed, match=said):
        Jaeger(store.url).trace(TRACE)


@pytest.mark.parametrize("document", [{"result": {"resourceSpans": [{"scopeSpans": [{"spans": [{}]}]}]}}, {}, [1]])
def test_what_is_no_trace_is_told(store: Store, document: object) -> None:
    store.gives(f"/api/v3/traces/{TRACE}", document)
    with pytest.raises(Failed, match=r"cannot be read|is no Jaeger"):
        Jaeger(store.url).trace(TRACE)


def test_nobody_there() -> None:
    with refusing_port() as port, pytest.raises(Away, match="no Tempo answers at http"):
        Tempo(f"http://127.0.0.1:{port}").trace(TRACE)


def test_no_address() -> None:
    with pytest.raises(Failed, match="is no address"):
        Jaeger("localhost:16686").trace(TRACE)

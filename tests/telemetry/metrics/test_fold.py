"""Dead workers' files become one, and no count is lost or doubled on the way."""

import threading
from pathlib import Path

from gate.telemetry.metrics.expose import collect
from gate.telemetry.metrics.fold import fold_dead
from gate.telemetry.metrics.instruments import Exemplar, Instruments
from gate.telemetry.metrics.store import MetricsStore
from gate.telemetry.registry import load

LABELS = ("auto", "lane", "route", "primary", "served")


def one_life(directory: Path, worker: int, generation: int, count: int = 1) -> None:
    store = MetricsStore(directory, worker, generation)
    instruments = Instruments(load(), store)
    exemplar = Exemplar(f"{generation + 1:032x}", f"{generation + 1:016x}", at=1000.0 + generation)
    instruments.counter("gate.requests").labels(*LABELS).inc(count, exemplar)
    instruments.histogram("gate.overhead").labels().observe(0.003, exemplar)
    instruments.gauge("gate.in_flight_requests").labels().inc(5)
    store.close()


def shown(directory: Path) -> dict[str, float]:
    return {
        sample.name + str(sorted(sample.labels.items())): sample.value
        for family in collect(directory)
        for sample in family.samples
        if not sample.name.startswith("gate_worker_started")
    }


def test_few_dead_files_are_left_alone(tmp_path: Path) -> None:
    for generation in range(4):
        one_life(tmp_path, 0, generation)
    assert fold_dead(tmp_path, load()) == 0
    assert len(list(tmp_path.iterdir())) == 4


def test_folding_changes_no_number_and_keeps_the_newest_exemplar(tmp_path: Path) -> None:
    for generation in range(6):
        one_life(tmp_path, generation % 2, generation, count=generation + 1)
    alive = Instruments(load(), MetricsStore(tmp_path, 0, 9))
    alive.counter("gate.requests").labels(*LABELS).inc(100)
    before = shown(tmp_path)
    assert fold_dead(tmp_path, load()) == 6
    assert shown(tmp_path) == before
    assert len(list(tmp_path.iterdir())) == 2
    requests = next(family for family in collect(tmp_path) if family.name == "gate_requests")
    (sample,) = requests.samples
    assert sample.value == 121
    assert sample.exemplar is not None
    assert sample.exemplar.labels["trace_id"] == f"{6:032x}"


def test_folding_again_folds_the_folded(tmp_path: Path) -> None:
    for generation in range(12):
        one_life(tmp_path, 0, generation)
        fold_dead(tmp_path, load(), keep=2)
    assert len(list(tmp_path.iterdir())) <= 3
    assert sum(value for name, value in shown(tmp_path).items() if name.startswith("gate_requests_total")) == 12


def test_a_scrape_during_folding_sees_every_count_once(tmp_path: Path) -> None:
    for generation in range(3):
        one_life(tmp_path, 0, generation)
    totals: list[float] = []
    stop = threading.Event()

    def scrape() -> None:
        while not stop.is_set():
            totals.append(sum(v for name, v in shown(tmp_path).items() if name.startswith("gate_requests_total")))

    thread = threading.Thread(target=scrape)
    thread.start()
    lives = 3
    try:
        for generation in range(3, 23):
            one_life(tmp_path, 0, generation)
            lives += 1
            fold_dead(tmp_path, load(), keep=1)
    finally:
        stop.set()
        thread.join()
    assert totals == sorted(totals)
    assert lives == 23
    assert sum(v for name, v in shown(tmp_path).items() if name.startswith("gate_requests_total")) == 23

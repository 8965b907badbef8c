"""Merging is a pure function of what was read."""

import math

from hypothesis import given
from hypothesis import strategies as st

from gate.telemetry.metrics.files import Series, StoredExemplar, WorkerFile
from gate.telemetry.metrics.merge import merge
from gate.telemetry.registry import load


def file(worker: int, *series: Series, alive: bool = True, generation: int = 0) -> WorkerFile:
    return WorkerFile(f"metrics-{worker}-{generation}.mm", worker, generation, alive, 0.0, series)


def counter(value: float, at: float | None = None) -> Series:
    exemplar = () if at is None else ((0, StoredExemplar(1.0, at, f"{int(at):032x}", "0" * 16)),)
    return Series("gate.errors", ("code",), (value,), exemplar)


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(0, 10**9)), min_size=1, max_size=8))
def test_counters_add_up_dead_or_alive(lives: list[tuple[int, bool, int]]) -> None:
    files = [file(worker, counter(count), alive=alive) for worker, alive, count in lives]
    (merged,) = merge(files, load())
    assert merged.points["code",].values == [sum(count for _, _, count in lives)]


def test_gauges_of_the_dead_do_not_count() -> None:
    gauge = Series("gate.in_flight_requests", (), (3.0, 0.0), ())
    (merged,) = merge([file(0, gauge), file(1, gauge, alive=False)], load())
    assert merged.points[()].values == [3.0]
    assert merge([file(1, gauge, alive=False)], load()) == []


def test_an_unset_gauge_is_absent() -> None:
    assert merge([file(0, Series("gate.in_flight_requests", (), (math.nan, 0.0), ()))], load()) == []


def test_the_latest_of_latest_gauges_wins() -> None:
    def headroom(value: float, at: float) -> Series:
        return Series("gate.quota.headroom", ("p", "g", "tokens"), (value, at), ())

    (merged,) = merge([file(0, headroom(0.1, 5)), file(1, headroom(0.9, 9)), file(2, headroom(0.5, 7))], load())
    assert merged.points["p", "g", "tokens"].values == [0.9]


def test_a_per_worker_gauge_gets_a_worker_label() -> None:
    started = Series("gate.worker.started", (), (1.0, 0.0), ())
    (merged,) = merge([file(0, started), file(1, started), file(1, started, generation=1)], load())
    assert merged.label_names == ("worker",)
    assert sorted(merged.points) == [("0",), ("1",)]


def test_the_newest_exemplar_wins() -> None:
    (merged,) = merge([file(0, counter(1, 5.0)), file(1, counter(1, 9.0)), file(2, counter(1, 7.0))], load())
    assert merged.points["code",].exemplars[0].at == 9.0


def test_what_the_registry_does_not_know_is_left_out() -> None:
    unknown, wrong = Series("gate.unknown", (), (1.0,), ()), Series("gate.errors", ("a", "b"), (1.0,), ())
    assert merge([file(0, unknown, wrong)], load()) == []

"""The store: places for numbers in a file that others read."""

import threading
from pathlib import Path

import pytest

from gate.telemetry.metrics import store as store_module
from gate.telemetry.metrics.files import read_all, read_file
from gate.telemetry.metrics.store import SEGMENT, MetricsStore


def test_cells_are_zero_and_apart(tmp_path: Path) -> None:
    store = MetricsStore(tmp_path, 3, 7)
    one, two = store.allocate("m", ("a",), 2, 1), store.allocate("m", ("b",), 1, 0)
    one.numbers[one.first] += 2.5
    one.numbers[one.first + 1] += 1
    two.numbers[two.first] = 9
    file = read_file(store.path)
    assert file is not None
    assert (file.worker, file.generation, file.alive) == (3, 7, True)
    assert [(series.labels, series.values) for series in file.series] == [(("a",), (2.5, 1.0)), (("b",), (9.0,))]


def test_the_file_is_private_and_named_by_worker_and_generation(tmp_path: Path) -> None:
    store = MetricsStore(tmp_path, 0, 2)
    assert store.path.name == "metrics-0-2.mm"
    assert store.path.stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["metrics-0-2.mm"]


def test_it_grows_by_segments_and_no_entry_crosses_one(tmp_path: Path) -> None:
    store = MetricsStore(tmp_path, 0, 0)
    for number in range(600):
        cells = store.allocate("some.histogram", (f"label-{number}",), 17, 16)
        cells.numbers[cells.first] = number
    assert store.path.stat().st_size > SEGMENT
    file = read_file(store.path)
    assert file is not None
    assert [series.values[0] for series in file.series] == list(range(600))


def test_an_entry_larger_than_a_segment_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="would need"):
        MetricsStore(tmp_path, 0, 0).allocate("m", (), SEGMENT, 0)


def test_at_the_size_limit_new_series_stay_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "MAX_BYTES", SEGMENT)
    store = MetricsStore(tmp_path, 0, 0)
    for number in range(3000):
        cells = store.allocate("some.counter", (f"label-{number}",), 20, 0)
        cells.numbers[cells.first] += 1
    assert store.path.stat().st_size == SEGMENT
    file = read_file(store.path)
    assert file is not None
    assert 0 < len(file.series) < 3000


def test_a_full_disk_does_not_fail_an_allocation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = MetricsStore(tmp_path, 0, 0)

    def full(file: int, start: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store_module, "_reserve", full)
    for number in range(3000):
        cells = store.allocate("some.counter", (f"label-{number}",), 20, 0)
        cells.numbers[cells.first] += 1


def test_a_directory_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        MetricsStore(tmp_path / "missing", 0, 0)


def test_closing_gives_up_the_lock_and_keeps_the_counts(tmp_path: Path) -> None:
    store = MetricsStore(tmp_path, 0, 0)
    cells = store.allocate("m", (), 1, 0)
    cells.numbers[cells.first] = 4
    store.close()
    store.close()
    (file,) = read_all(tmp_path)
    assert not file.alive
    assert file.series[0].values == (4.0,)


def test_allocating_from_threads_loses_nothing(tmp_path: Path) -> None:
    store = MetricsStore(tmp_path, 0, 0)

    def work(name: str) -> None:
        for number in range(200):
            store.allocate("m", (f"{name}-{number}",), 3, 1)

    threads = [threading.Thread(target=work, args=(str(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    file = read_file(store.path)
    assert file is not None
    assert len({series.labels for series in file.series}) == 800

"""Reading workers' files: damaged, vanishing, being written."""

import threading
from pathlib import Path

from gate.telemetry.metrics.files import read_all, read_file
from gate.telemetry.metrics.instruments import Exemplar, Instruments
from gate.telemetry.metrics.store import EXEMPLAR, HEADER, MAGIC, SEGMENT, MetricsStore
from gate.telemetry.registry import load


def test_no_directory_is_no_files(tmp_path: Path) -> None:
    assert read_all(tmp_path / "missing") == []
    assert read_all(tmp_path) == []


def test_foreign_and_damaged_files_are_skipped(tmp_path: Path) -> None:
    (tmp_path / "metrics-1-0.mm").write_bytes(b"")
    (tmp_path / "metrics-2-0.mm").write_bytes(b"x" * 100)
    (tmp_path / "metrics-3-0.mm").write_bytes(b"x" * SEGMENT)
    too_long = HEADER.pack(MAGIC, 4, 0, SEGMENT + 1, 0.0)
    (tmp_path / "metrics-4-0.mm").write_bytes(too_long + bytes(SEGMENT - len(too_long)))
    (tmp_path / "notes.txt").write_text("not ours")
    MetricsStore(tmp_path, 0, 0).allocate("m", (), 1, 0)
    assert [file.worker for file in read_all(tmp_path)] == [0]


def test_a_directory_in_place_of_a_file_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "metrics-1-0.mm").mkdir()
    assert read_file(tmp_path / "metrics-1-0.mm") is None


def test_an_exemplar_caught_half_written_is_absent(tmp_path: Path) -> None:
    store = MetricsStore(tmp_path, 0, 0)
    cells = store.allocate("m", (), 1, 1)
    EXEMPLAR.pack_into(cells.raw, cells.slot, 5, 1.0, 2.0, b"t" * 16, b"s" * 8, 4)
    file = read_file(store.path)
    assert file is not None
    assert file.series[0].exemplars == ()
    EXEMPLAR.pack_into(cells.raw, cells.slot, 5, 1.0, 2.0, b"t" * 16, b"s" * 8, 5)
    file = read_file(store.path)
    assert file is not None
    ((slot, exemplar),) = file.series[0].exemplars
    assert (slot, exemplar.value, exemplar.at, exemplar.trace_id) == (0, 1.0, 2.0, (b"t" * 16).hex())


def test_reading_while_writing_sees_numbers_that_only_grow(tmp_path: Path) -> None:
    instruments = Instruments(load(), MetricsStore(tmp_path, 0, 0))
    requests = instruments.counter("gate.requests")
    stop = threading.Event()
    made = 0

    def write() -> None:
        nonlocal made
        while not stop.is_set():
            exemplar = Exemplar(f"{made:032x}", f"{made:016x}")
            requests.labels("auto", "l", "r", "primary", f"outcome-{made % 500}").inc(1.0, exemplar)
            made += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        last = 0.0
        for _ in range(40):
            (file,) = read_all(tmp_path)
            mine = [series for series in file.series if series.metric == "gate.requests"]
            total = sum(series.values[0] for series in mine)
            assert total >= last
            last = total
            for series in mine:
                for _, exemplar in series.exemplars:
                    assert int(exemplar.trace_id, 16) == int(exemplar.span_id, 16)
    finally:
        stop.set()
        thread.join()
    (file,) = read_all(tmp_path)
    assert sum(series.values[0] for series in file.series if series.metric == "gate.requests") == made

"""The writer: quick for who hands over, patient with the disk, honest about what was not kept."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from gate.engine.snapshot import StoreSettings
from gate.store import sqlite, sqlite_file
from gate.store.sqlite import SqliteStore
from tests.store.recordings import START_NS, name, recorded


class Told:
    """What the store said of itself."""

    def __init__(self) -> None:
        self.results: Counter[str] = Counter()
        self.sizes: list[int] = []

    def stored(self, result: str, count: int) -> None:
        self.results[result] += count


@contextmanager
def running(settings: StoreSettings, told: Told, speaks: bool = True) -> Iterator[SqliteStore]:
    store = SqliteStore(
        settings, stored=told.stored, size=told.sizes.append, speaks=speaks, clock_ns=lambda: START_NS + 10**12
    )
    store.start()
    try:
        yield store
    finally:
        store.close(5)


def until(condition: Callable[[], bool], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "EVERY_S", 0.02)
    monkeypatch.setattr(sqlite, "RETRY_S", (0.05,))
    monkeypatch.setattr(sqlite, "TIDY_S", 0.05)
    monkeypatch.setattr(sqlite_file, "BUSY_S", 0.05)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "decisions.sqlite"


def test_what_is_put_is_found(path: Path) -> None:
    told = Told()
    with running(StoreSettings(path), told) as store:
        for number in range(450):  # several batches
            store.put(recorded(number))
        until(lambda: told.results["written"] == 450)
        assert store.find(name(449)) == recorded(449)
        assert store.find(name(999)) is None
    assert told.results == {"written": 450}
    assert told.sizes[-1] == 450


def test_closing_writes_what_is_queued(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "EVERY_S", 60.0)
    told = Told()
    with running(StoreSettings(path), told) as store:
        for number in range(300):
            store.put(recorded(number))
        assert store.close(5)
    assert told.results == {"written": 300}
    assert len(sqlite_file.latest(path, 1_000).recordings) == 300


def test_closing_does_not_wait_for_ever(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    told = Told()
    with running(StoreSettings(path), told) as store:
        store.put(recorded())
        until(lambda: told.results["written"] == 1)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("PRAGMA busy_timeout = 0")
            other.execute("BEGIN EXCLUSIVE")
            # A file that does not answer at all.
            store._file.execute("PRAGMA busy_timeout = 60000")  # type: ignore[union-attr]
            store.put(recorded(1))
            started = time.monotonic()
            assert not store.close(0.2)
            assert time.monotonic() - started < 2
            other.execute("ROLLBACK")
        assert "not kept: the file did not take them in time" in caplog.text


def test_a_full_queue_drops_and_counts(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "QUEUE", 10)
    told = Told()
    store = SqliteStore(StoreSettings(path), stored=told.stored, size=told.sizes.append)
    for number in range(25):
        store.put(recorded(number))
    store.start()
    assert store.close(5)
    assert told.results == {"written": 10, "dropped": 15}


def test_putting_costs_next_to_nothing(path: Path) -> None:
    """Less than 10 microseconds, measured generously: the queue is memory."""
    store = SqliteStore(StoreSettings(path), stored=Told().stored, size=lambda _: None)
    one = recorded()
    started = time.perf_counter()
    for _ in range(1_000):
        store.put(one)
    assert (time.perf_counter() - started) / 1_000 < 50e-6


def test_a_locked_file_loses_a_batch_and_comes_back(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "gate.store")
    told = Told()
    with running(StoreSettings(path), told) as store:
        store.put(recorded(0))
        until(lambda: told.results["written"] == 1)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            store.put(recorded(1))
            until(lambda: told.results["failed"] == 1)
            time.sleep(0.2)  # it tries again, and says no more
            other.execute("ROLLBACK")
        store.put(recorded(2))
        until(lambda: told.results["written"] == 2)
    warnings = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    assert warnings == [f"decisions are not kept on disk: {path}: database is locked"]
    assert f"decisions are kept in {path} again; 1 were not" in caplog.text
    assert {one.decision.id for one in sqlite_file.latest(path, 9).recordings} == {name(0), name(2)}


def test_a_broken_file_harms_nobody(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.write_bytes(b"this is no database, whatever its name says" * 100)
    told = Told()
    with running(StoreSettings(path), told) as store:
        store.put(recorded(0))
        until(lambda: "file is not a database" in caplog.text)
        assert store.find(name(0)) is None
        path.unlink()
        until(lambda: told.results["written"] == 1)


def test_a_full_disk(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    told = Told()
    with running(StoreSettings(path), told) as store:
        store.put(recorded(0))
        until(lambda: told.results["written"] == 1)
        # SQLite's own bound on pages gives the very error a full disk gives.
        store._file.execute("PRAGMA max_page_count = 1")  # type: ignore[union-attr]
        for number in range(1, 60):
            store.put(recorded(number))
        until(lambda: told.results["failed"] > 0)
        assert "database or disk is full" in caplog.text
        # The bound was the connection's: a new one has room again.
        until(lambda: told.results["failed"] + told.results["written"] == 60)
        store.put(recorded(100))
        until(lambda: store.find(name(100)) is not None)


def test_a_file_that_is_removed_is_made_anew(path: Path) -> None:
    told = Told()
    with running(StoreSettings(path), told) as store:
        store.put(recorded(0))
        until(lambda: told.results["written"] == 1)
        for leftover in path.parent.iterdir():
            leftover.unlink()
        store.put(recorded(1))
        until(lambda: told.results["written"] == 2)
        assert store.find(name(1)) is not None
        assert store.find(name(0)) is None


def test_where_gate_may_not_write_by_default_memory_will_do(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    told = Told()
    with running(StoreSettings(blocked / "gate" / "decisions.sqlite", by_default=True), told) as store:
        store.put(recorded(0))
        until(lambda: "kept in memory only" in caplog.text)
        time.sleep(0.2)
        store.put(recorded(1))
    assert len(caplog.records) == 1
    assert "Not a directory. Name a place with store.path (GATE_STORE_PATH)" in caplog.text
    assert told.results == {}


def test_without_a_home_memory_will_do(caplog: pytest.LogCaptureFixture) -> None:
    told = Told()
    with running(StoreSettings(None, by_default=True), told) as store:
        store.put(recorded(0))
    (record,) = caplog.records
    assert "memory only, the latest of each worker: there is no home directory. Name a place" in record.message


def test_only_one_worker_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with running(StoreSettings(blocked / "decisions.sqlite", by_default=True), Told(), speaks=False) as store:
        until(lambda: store._nowhere is not None)
    assert [record for record in caplog.records if record.levelno > logging.DEBUG] == []


def test_a_named_place_is_tried_again(tmp_path: Path) -> None:
    place = tmp_path / "later"
    place.write_text("not a directory yet")
    told = Told()
    with running(StoreSettings(place / "decisions.sqlite"), told) as store:
        store.put(recorded(0))
        time.sleep(0.2)
        place.unlink()
        until(lambda: told.results["written"] == 1)


def test_a_newer_file_is_named_and_left(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    sqlite_file.writable(path, (*sqlite_file.STEPS, "CREATE TABLE later (x)")).close()
    with running(StoreSettings(path), Told()) as store:
        store.put(recorded(0))
        until(lambda: "was written by a newer Gate" in caplog.text)
        assert store.find(name(0)) is None
    with closing(sqlite3.connect(path)) as file:
        assert sqlite_file.count(file) == 0


def test_memory_only(path: Path) -> None:
    told = Told()
    with running(StoreSettings(None), told) as store:
        store.put(recorded(0))
        assert store.find(name(0)) is None
        # Until a reload names a place.
        store.configure(StoreSettings(path))
        store.put(recorded(1))
        until(lambda: told.results["written"] == 1)
        store.configure(StoreSettings(None))
        store.put(recorded(2))
    assert [one.decision.id for one in sqlite_file.latest(path, 9).recordings] == [name(1)]


def test_what_is_beyond_the_bounds_goes(path: Path) -> None:
    told = Told()
    settings = StoreSettings(path, keep_decisions=1_000)
    with running(settings, told) as store:
        for number in range(100):
            store.put(recorded(number))
        until(lambda: told.results["written"] == 100)
        store.configure(replace(settings, keep_decisions=10))
        until(lambda: told.sizes[-1] == 10)
        # 1,000 seconds after the first one, by the clock given above.
        store.configure(replace(settings, keep_days=905 / 86_400))
        until(lambda: told.sizes[-1] == 5)
    assert [one.decision.id for one in sqlite_file.latest(path, 99).recordings] == [name(99 - at) for at in range(5)]


def test_two_writers_share_a_file(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sqlite_file, "BUSY_S", 5.0)
    told = Told()
    with running(StoreSettings(path), told) as one, running(StoreSettings(path), told) as other:
        for number in range(0, 400, 2):
            one.put(recorded(number))
            other.put(recorded(number + 1))
        until(lambda: sum(told.results.values()) == 400)
    assert told.results == {"written": 400}
    assert caplog.records == []
    assert len(sqlite_file.latest(path, 1_000).recordings) == 400

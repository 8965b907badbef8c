"""The file of decisions: whose it is, which schema it has, what is removed from it."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from gate.planner.recording import Encoder
from gate.store import sqlite_file
from gate.store.sqlite_file import STEPS, Bounds, NewerFile, find, insert, latest, row, tidy, writable
from tests.planner.worlds import OPEN
from tests.store.recordings import SECOND_NS, START_NS, name, recorded

EVERYTHING = Bounds(0, 1_000_000, 1 << 40)


def filled(path: Path, numbers: range) -> sqlite3.Connection:
    file = writable(path)
    made = [recorded(number) for number in numbers]
    insert(file, [row(one, Encoder().encode(one)) for one in made])
    return file


def kept(path: Path) -> list[str]:
    return [one.decision.id for one in latest(path, 1_000_000).recordings]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "decisions.sqlite"
    one = recorded(7, health={"anth/mid": OPEN})
    with closing(writable(path)) as file:
        insert(file, [row(one, Encoder().encode(one))])
        # Others may read while it is open.
        assert find(path, one.decision.id) == one
    assert find(path, one.decision.id) == one
    assert find(path, name(8)) is None
    assert latest(path, 10).recordings == (one,)


def test_it_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "state" / "decisions.sqlite"
    with closing(filled(path, range(3))):
        modes = {found.name: stat.S_IMODE(found.stat().st_mode) for found in path.parent.iterdir()}
    assert modes == {"decisions.sqlite": 0o600, "decisions.sqlite-wal": 0o600, "decisions.sqlite-shm": 0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o644)
    with closing(writable(path)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_newest_first(tmp_path: Path) -> None:
    path = tmp_path / "decisions.sqlite"
    filled(path, range(5)).close()
    assert [one.decision.id for one in latest(path, 2).recordings] == [name(4), name(3)]


def test_there_is_no_file(tmp_path: Path) -> None:
    assert find(tmp_path / "none", name(1)) is None
    with pytest.raises(FileNotFoundError):
        latest(tmp_path / "none", 1)
    assert list(tmp_path.iterdir()) == []


def test_a_newer_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "decisions.sqlite"
    with closing(filled(path, range(2))) as file:
        file.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    for use in (writable, lambda path: find(path, name(1)), lambda path: latest(path, 1)):
        with pytest.raises(NewerFile, match=r"written by a newer Gate \(schema 2, this one knows 1\): name another"):
            use(path)
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (2,)
        assert sqlite_file.count(file) == 2


def test_an_older_file_is_brought_up(tmp_path: Path) -> None:
    path = tmp_path / "decisions.sqlite"
    filled(path, range(2)).close()
    later = (*STEPS, "ALTER TABLE decisions ADD COLUMN gate TEXT; CREATE INDEX by_gate ON decisions (gate);")
    with closing(writable(path, later)) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (2,)
        assert file.execute("SELECT id, gate FROM decisions ORDER BY id").fetchall() == [
            (name(0), None),
            (name(1), None),
        ]


def test_a_step_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "decisions.sqlite"
    filled(path, range(2)).close()
    with pytest.raises(sqlite3.Error, match="no such table"):
        writable(path, (*STEPS, "ALTER TABLE decisions ADD COLUMN gate TEXT; ALTER TABLE nowhere ADD COLUMN gate TEXT"))
    with closing(writable(path)) as file:
        assert len(file.execute("SELECT * FROM decisions").fetchone()) == 4


def test_what_cannot_be_read_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "decisions.sqlite"
    with closing(filled(path, range(4))) as file:
        file.execute("UPDATE decisions SET body = x'00' WHERE id = ?", (name(2),))
        cut = file.execute("SELECT substr(body, 1, 40) FROM decisions WHERE id = ?", (name(1),)).fetchone()
        file.execute("UPDATE decisions SET body = ? WHERE id = ?", (*cut, name(1)))
    found = latest(path, 10)
    assert [one.decision.id for one in found.recordings] == [name(3), name(0)]
    assert found.unreadable == 2
    with pytest.raises(ValueError, match="no recording"):
        find(path, name(2))


def test_too_old_ones_are_removed(tmp_path: Path) -> None:
    path = tmp_path / "decisions.sqlite"
    with closing(filled(path, range(10))) as file:
        assert tidy(file, Bounds(START_NS + 4 * SECOND_NS, 100, 1 << 40)) == 4
        assert tidy(file, Bounds(START_NS + 4 * SECOND_NS, 100, 1 << 40)) == 0
    assert kept(path) == [name(number) for number in range(9, 3, -1)]


def test_the_oldest_of_too_many_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_file, "CHUNK", 3)
    path = tmp_path / "decisions.sqlite"
    with closing(filled(path, range(20))) as file:
        assert tidy(file, Bounds(0, 5, 1 << 40)) == 15
        assert tidy(file, Bounds(0, 5, 1 << 40)) == 0
    assert kept(path) == [name(number) for number in range(19, 14, -1)]


def test_a_file_that_is_too_large_shrinks(tmp_path: Path) -> None:
    path = tmp_path / "decisions.sqlite"
    with closing(filled(path, range(2_000))) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        before = path.stat().st_size
        wanted = before // 3
        assert tidy(file, EVERYTHING) == 0
        assert tidy(file, Bounds(0, 1_000_000, wanted)) > 1_000
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert path.stat().st_size <= wanted
        assert sqlite_file.count(file) > 200
    assert kept(path)[0] == name(1_999)

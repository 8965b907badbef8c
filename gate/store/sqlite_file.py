"""The file that decisions are kept in: opened, brought to this Gate's schema, written, tidied, read.

The file is its owner's alone (0600). Several workers, and several Gates, may write into one file: every decision's id
is its own, and what is kept is bounded by the strictest of them. A file of a newer Gate is never touched.
"""

import errno
import os
import sqlite3
import time
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from zstandard import ZstdCompressor, ZstdDecompressor, ZstdError

from gate.planner.recording import Recording, decoded

STEPS = (
    """
    CREATE TABLE decisions (
        id TEXT PRIMARY KEY,
        at_ns INTEGER NOT NULL,
        config TEXT NOT NULL,
        body BLOB NOT NULL
    );
    CREATE INDEX decisions_at ON decisions (at_ns);
    """,
)
"""Step n makes schema n out of schema n - 1; an empty file has schema 0 (`PRAGMA user_version`)."""

BUSY_S = 2.0
"""So long another writer is waited for."""
CHUNK = 500
"""So many decisions are removed at once, so that nobody waits long for the file."""
WAL_BYTES = 16 << 20
ROUNDS = 200
MOST_BYTES = 64 << 20
"""No recording is larger than that when it is unpacked."""

Row = tuple[str, int, str, bytes]


class NewerFile(Exception):
    """The file is of a schema that this Gate does not know."""

    def __init__(self, path: Path, schema: int) -> None:
        super().__init__(
            f"{path} was written by a newer Gate (schema {schema}, this one knows {len(STEPS)}): "
            "name another store.path"
        )


def writable(path: Path, steps: Sequence[str] = STEPS) -> sqlite3.Connection:
    """The file, made where it is missing, in this Gate's schema. Raises OSError, sqlite3.Error, NewerFile."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        # Made before SQLite does, which would ask the umask; its -wal and -shm files take their mode from it. Only
        # where there is none: closing a file takes away the locks SQLite holds on it elsewhere in this process.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        with suppress(OSError):
            path.chmod(0o600)
        if not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path)) from None
    connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        if not _schema(connection):
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")
        _migrate(connection, path, steps)
    except BaseException:
        connection.close()
        raise
    return connection


def readable(path: Path) -> sqlite3.Connection:
    """The file as it is, for reading only. Raises sqlite3.Error, NewerFile; FileNotFoundError where there is none."""
    if not path.exists():
        raise FileNotFoundError(path)
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", timeout=BUSY_S, isolation_level=None, uri=True)
    try:
        schema = _schema(connection)
        if schema > len(STEPS):
            raise NewerFile(path, schema)
    except BaseException:
        connection.close()
        raise
    return connection


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Two that make one file at the same time would meet here, and SQLite does not wait."""
    deadline = time.monotonic() + BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.02)


def _schema(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _migrate(connection: sqlite3.Connection, path: Path, steps: Sequence[str]) -> None:
    if _schema(connection) == len(steps):
        return
    with transaction(connection):
        # Once more, now that nobody else can be at it.
        schema = _schema(connection)
        if schema > len(steps):
            raise NewerFile(path, schema)
        for step in steps[schema:]:
            for statement in filter(None, map(str.strip, step.split(";"))):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(steps)}")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Generator[None]:
    """All or nothing; waits for another writer at the beginning only."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def row(recording: Recording, encoded: bytes) -> Row:
    decision = recording.decision
    return decision.id, decision.now_ns, decision.config_version, ZstdCompressor(level=1).compress(encoded)


def insert(connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
    with transaction(connection):
        connection.executemany("INSERT OR REPLACE INTO decisions VALUES (?, ?, ?, ?)", rows)


def count(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM decisions").fetchone()[0])


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is kept: decisions no older than, no more than, and a file no larger than about so many bytes."""

    oldest_ns: int
    decisions: int
    size: int


def tidy(connection: sqlite3.Connection, bounds: Bounds) -> int:
    """Remove what is beyond the bounds, the oldest first, and give room back. How many were removed."""
    removed = _remove(connection, "at_ns < ?", bounds.oldest_ns)
    beyond = connection.execute(
        "SELECT at_ns FROM decisions ORDER BY at_ns DESC LIMIT 1 OFFSET ?", (bounds.decisions,)
    ).fetchone()
    if beyond is not None:
        removed += _remove(connection, "at_ns <= ?", beyond[0])
    for _ in range(ROUNDS):
        if _used(connection) <= bounds.size:
            break
        newest = connection.execute(
            "SELECT max(at_ns) FROM (SELECT at_ns FROM decisions ORDER BY at_ns LIMIT ?)",
            (max(1, min(CHUNK, count(connection) // 10)),),
        ).fetchone()[0]
        if newest is None:
            break
        removed += _remove(connection, "at_ns <= ?", newest)
    if removed:
        # `execute` would take one step of it, which gives back one page.
        connection.executescript(f"PRAGMA incremental_vacuum({CHUNK * 8})")
    return removed


def _used(connection: sqlite3.Connection) -> int:
    size, pages, free = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_size", "page_count", "freelist_count")
    )
    return size * (pages - free)


def _remove(connection: sqlite3.Connection, condition: str, value: int) -> int:
    chosen = f"SELECT id FROM decisions WHERE {condition} LIMIT {CHUNK}"
    removed = 0
    for _ in range(ROUNDS):
        with transaction(connection):
            gone = connection.execute(f"DELETE FROM decisions WHERE id IN ({chosen})", (value,)).rowcount
        removed += gone
        if gone < CHUNK:
            break
    return removed


def find(path: Path, decision_id: str) -> Recording | None:
    """The recording of a decision; None where the file has none, or there is no file. Raises sqlite3.Error, NewerFile,
    and ValueError for one that cannot be read."""
    try:
        with closing(readable(path)) as connection:
            found = connection.execute("SELECT body FROM decisions WHERE id = ?", (decision_id,)).fetchone()
    except FileNotFoundError:
        return None
    return None if found is None else _recording(found[0])


@dataclass(frozen=True, slots=True)
class Found:
    """recordings: newest first. unreadable: how many were of another format or broken."""

    recordings: tuple[Recording, ...]
    unreadable: int


def latest(path: Path, most: int) -> Found:
    """The newest recordings. Raises as `find` does, and FileNotFoundError."""
    with closing(readable(path)) as connection:
        bodies = connection.execute("SELECT body FROM decisions ORDER BY at_ns DESC LIMIT ?", (most,)).fetchall()
    recordings: list[Recording] = []
    for (body,) in bodies:
        with suppress(ValueError):
            recordings.append(_recording(body))
    return Found(tuple(recordings), len(bodies) - len(recordings))


def _recording(body: bytes) -> Recording:
    """Raises ValueError."""
    try:
        return decoded(ZstdDecompressor().decompress(body, max_output_size=MOST_BYTES))
    except ZstdError as error:
        raise ValueError(f"no recording: {error}") from None

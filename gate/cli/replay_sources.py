"""Where recorded decisions come from: the store of a Gate on this machine, or the spans in a Jaeger or a Tempo."""

import argparse
import sqlite3
from pathlib import Path

from gate.cli.main import Failed
from gate.cli.preview import Source
from gate.config.store import VARIABLE
from gate.engine.snapshot import StoreSettings
from gate.store.sqlite_file import NewerFile, latest

KINDS = ("store", "jaeger", "tempo")


def add_source(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--from",
        dest="source",
        nargs=2,
        metavar=("KIND", "WHERE"),
        help="`store PATH` (default: the store of the configuration), `jaeger URL` or `tempo URL`; from spans the "
        "replay is approximate",
    )
    parser.add_argument("--last", type=int, default=1_000, metavar="N", help="the newest N decisions; default 1000")
    parser.add_argument("--since", type=float, default=24.0, metavar="H", help="hours of spans; default 24")
    parser.add_argument("--service", default="gate", help="Gate's service.name in the traces; default gate")


def recorded(options: argparse.Namespace, store: StoreSettings) -> Source:
    """The newest decisions. store: the one that is read where none is named. Raises Failed."""
    if options.last < 1:
        raise Failed("--last is a number of decisions, 1 or more")
    kind, where = options.source or ("store", "")
    if kind not in KINDS:
        raise Failed(f"--from is `store PATH`, `jaeger URL` or `tempo URL`, not {kind!r}")
    if kind == "store":
        return from_store(Path(where) if where else store_path(store), options.last)
    from gate.cli.replay_spans import from_spans

    return from_spans(kind, where, options.last, options.since, options.service)


def store_path(store: StoreSettings) -> Path:
    """Where a Gate with these settings keeps its decisions. Raises Failed when it keeps none."""
    if store.path is None:
        raise Failed(
            "decisions are kept in memory only here (store.kind, or no home): name a file with --from store PATH"
        )
    return store.path


def from_store(path: Path, last: int) -> Source:
    """Raises Failed."""
    try:
        found = latest(path, last)
    except FileNotFoundError:
        raise Failed(
            f"there is no store at {path}: a Gate makes it when it serves (store.path, {VARIABLE}); name another with "
            "--from store PATH, or read spans with --from jaeger URL or --from tempo URL"
        ) from None
    except (sqlite3.Error, OSError) as error:
        raise Failed(f"{path} cannot be read: {error}") from None
    except NewerFile as error:
        raise Failed(str(error)) from None
    return Source(str(path), found.recordings, unreadable=found.unreadable)

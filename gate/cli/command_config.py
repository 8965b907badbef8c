"""`gate config`: put another configuration in force, with a look at what it changes and a way back."""

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gate.cli.main import Failed

if TYPE_CHECKING:
    from gate.engine.snapshot import Snapshot

NAME = "config"
HELP = "apply a configuration: check it, show what it changes, keep the old one, swap; list and take back"


def add(parser: argparse.ArgumentParser) -> None:
    below = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    apply = below.add_parser("apply", help="put a configuration in the place of the current one")
    apply.add_argument("new", type=Path, metavar="NEW", help="the configuration to apply")
    back = below.add_parser("rollback", help="put back what was there before")
    back.add_argument("number", type=int, nargs="?", default=1, metavar="N", help="of `gate config backups`; default 1")
    listing = below.add_parser("backups", help="what was there before, the newest first")
    for one in (apply, back, listing):
        one.add_argument("--config", type=Path, metavar="CURRENT", help="the file Gate is started with; GATE_CONFIG")
    for one in (apply, back):
        one.add_argument("--yes", action="store_true", help="do not ask")
        one.add_argument("--last", type=int, default=1_000, metavar="N", help="decisions to replay; default 1000")


def run(options: argparse.Namespace) -> int:
    from gate.config.apply import CannotApply, place_of

    try:
        place = place_of(_current(options))
        if options.action == "backups":
            return _list(place)
        return _apply(options, place, _chosen(options, place))
    except CannotApply as error:
        raise Failed(str(error)) from None


def _current(options: argparse.Namespace) -> Path:
    given = options.config or os.environ.get("GATE_CONFIG")
    if not given:
        raise Failed("name the file that Gate is started with: --config CURRENT (GATE_CONFIG)")
    return Path(given)


def _chosen(options: argparse.Namespace, place: Path) -> Path:
    """What is to be applied."""
    from gate.config.apply import backups

    if options.action == "apply":
        return Path(options.new)
    kept, number = backups(place), int(options.number)
    if not 1 <= number <= len(kept):
        there = f"there are {len(kept)}" if kept else "there is none"
        raise Failed(f"no backup {number} of {place}: {there} (`gate config backups`)")
    return kept[number - 1]


def _list(place: Path) -> int:
    from gate.config.apply import backups, made_at

    kept = backups(place)
    for number, backup in enumerate(kept, start=1):
        print(f"{number:>2}  {made_at(backup):%Y-%m-%d %H:%M:%S} UTC  {backup}")
    if not kept:
        print(f"no backup of {place}: `gate config apply` makes one each time")
    return 0


def _apply(options: argparse.Namespace, place: Path, chosen: Path) -> int:
    from gate.config.apply import KEPT, CannotApply, read, swap
    from gate.config.compile import compile_config
    from gate.config.load import load_text

    content = read(chosen)
    if content is None:
        raise Failed(f"there is no file {chosen}")
    before = read(place)
    if content == before:
        print(f"{place} is already that configuration: nothing to do")
        return 0
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise CannotApply(f"{chosen} cannot be read: not UTF-8") from None
    new = compile_config(load_text(text, str(chosen), os.environ), os.environ)
    print(f"{chosen}: valid, version {new.version}")
    _show(options, place, before, new)
    _confirm(options, place)
    backup = swap(place, content, before, datetime.now(UTC))
    print(f"{place} is now version {new.version}; a running Gate takes it within a second or two")
    if backup is not None:
        print(f"what was there is kept as {backup} (the last {KEPT} are); `gate config rollback` puts it back")
    return 0


def _show(options: argparse.Namespace, place: Path, before: bytes | None, new: "Snapshot") -> None:
    """What would change, if there are recorded decisions to tell by."""
    from gate.cli.preview import preview
    from gate.cli.preview_text import lines
    from gate.cli.replay_sources import from_store, store_path
    from gate.cli.text import emit, style_for
    from gate.config.compile import compile_config
    from gate.config.document import ConfigError
    from gate.config.load import load_text

    try:
        base = compile_config(load_text((before or b"").decode(), str(place), os.environ), os.environ)
    except (ConfigError, UnicodeDecodeError):
        print(f"{place} is not valid as it is; compared with what was decided")
        base = None
    try:
        source = from_store(store_path((base or new).store), options.last)
    except Failed as error:
        print(f"nothing to compare by: {error}")
        return
    emit(lines(preview(source, new, base), style_for(sys.stdout), examples=5))


def _confirm(options: argparse.Namespace, place: Path) -> None:
    if options.yes:
        return
    if not sys.stdin.isatty():
        raise Failed("nobody can be asked here: say --yes to apply it")
    if input(f"put it in the place of {place}? [y/N] ").strip().lower() not in ("y", "yes"):
        raise Failed("left as it is")

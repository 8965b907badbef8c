"""`gate top`: what goes on in a running Gate, again and again: rates from two readings of `/metrics`.

On a terminal the frame is drawn in place and the screen is given back at the end; elsewhere frames follow each other.
A Gate that goes away is waited for, one that was started again is read from zero.
"""

import argparse
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from gate.cli.client import Away, add_url
from gate.cli.text import Style, columns, emit, style_for, table, wrapped

if TYPE_CHECKING:
    from gate.cli.scrape import Change, Scrape

NAME = "top"
HELP = "show live what goes on in a running Gate"
BY = ("route", "provider", "client", "intent", "lane")
_ENTER, _LEAVE, _DRAW, _CLEAR_REST = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l", "\x1b[H", "\x1b[J"


def add(parser: argparse.ArgumentParser) -> None:
    add_url(parser)
    parser.add_argument("--by", choices=BY, default="provider", help="what a row is; default provider")
    parser.add_argument(
        "--interval", type=_interval, default=2.0, metavar="S", help="seconds between frames; default 2"
    )
    parser.add_argument("--once", action="store_true", help="one frame, over one interval, then end")


def _interval(text: str) -> float:
    value = float(text)
    if not 0.2 <= value <= 3_600:
        raise argparse.ArgumentTypeError("from 0.2 to 3600 seconds")
    return value


def run(options: argparse.Namespace) -> int:
    """Ends with 0 on Ctrl-C: that is how one leaves."""
    if options.once:
        before = _read(options)
        time.sleep(options.interval)
        emit(frame(_change(before, _read(options)), options, style_for(sys.stdout), columns(), None))
        return 0
    whole_screen = sys.stdout.isatty()
    signal.signal(signal.SIGTERM, _stop)
    try:
        if whole_screen:
            sys.stdout.write(_ENTER)
        _watch(options, whole_screen)
    except KeyboardInterrupt:
        return 0
    finally:
        if whole_screen:
            sys.stdout.write(_LEAVE)
            sys.stdout.flush()


def _stop(*_: Any) -> None:
    raise KeyboardInterrupt


def _watch(options: argparse.Namespace, whole_screen: bool) -> NoReturn:
    paint = style_for(sys.stdout)
    before: Scrape | None = None
    while True:
        try:
            now = _read(options)
            lines = list(
                _first(options, paint) if before is None else _shown(before, now, options, paint, whole_screen)
            )
            before = now
        except Away as error:
            away = wrapped(f"AWAY  {error}", columns())
            lines = [*_title(options, paint), "", *(paint("warn", line) for line in away), "trying again"]
        _draw(lines, whole_screen)
        time.sleep(options.interval)


def _draw(lines: list[str], whole_screen: bool) -> None:
    if not whole_screen:
        emit([*lines, ""])
        return
    height = shutil.get_terminal_size((80, 24)).lines
    # Every line clears what an older frame left behind it; nothing scrolls.
    sys.stdout.write(_DRAW + "\r\n".join(f"{line}\x1b[K" for line in lines[: height - 1]) + _CLEAR_REST)
    sys.stdout.flush()


def _read(options: argparse.Namespace) -> "Scrape":
    from gate.cli.scrape import scrape

    return scrape(options)


def _change(before: "Scrape", after: "Scrape") -> "Change":
    from gate.cli.scrape import Change

    return Change(before, after)


def _shown(
    before: "Scrape", now: "Scrape", options: argparse.Namespace, paint: Style, whole_screen: bool
) -> Iterator[str]:
    height = shutil.get_terminal_size((80, 24)).lines - 1 if whole_screen else None
    return frame(_change(before, now), options, paint, columns(), height)


def _title(options: argparse.Namespace, paint: Style, over: str = "") -> Iterator[str]:
    yield f"{paint('bold', 'gate top')} by {options.by}, {options.url}, {time.strftime('%H:%M:%S')}{over}"


def _first(options: argparse.Namespace, paint: Style) -> Iterator[str]:
    yield from _title(options, paint)
    yield ""
    yield f"rates in {options.interval:g} s"


def frame(change: "Change", options: argparse.Namespace, paint: Style, width: int, height: int | None) -> Iterator[str]:
    """One picture. height: lines there are, None = as many as it takes."""
    from gate.cli.top_views import VIEWS, overview

    yield from _title(options, paint, f", over {change.seconds:.1f} s")
    yield from _side_by_side([f"{name} {value}" for name, value in overview(change)], width)
    yield ""
    view = VIEWS[options.by]
    rows = view.rows(change)
    state = len(rows[0]) - 1 if rows[0][-1] == "STATE" else len(rows[0])
    header, *body = table(rows, width, right=range(1, state))
    yield paint("bold", header)
    room = len(body) if height is None else max(1, height - 8)
    yield from body[:room]
    if not body:
        yield f"no {options.by} has been used yet"
    if len(body) > room:
        yield f"... {len(body) - room} more rows"
    yield ""
    yield paint("dim", "- nothing happened   + and what is not known   Ctrl-C ends")


def _side_by_side(parts: list[str], width: int) -> Iterator[str]:
    line = ""
    for part in parts:
        if line and len(line) + 3 + len(part) > width:
            yield line
            line = ""
        line = f"{line}   {part}" if line else part
    yield line

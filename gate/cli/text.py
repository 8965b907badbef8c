"""How commands write: colours only where they can be seen and never as the only sign, units, tables that fit.

A colour is switched off by NO_COLOR (no-color.org), by TERM=dumb, and where the output is no terminal. What is not
known is the word `unknown`, never 0; `-` is what cannot be, such as a share of nothing. Names come from clients and
providers: what a terminal would obey is not printed.
"""

import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import TextIO

UNKNOWN = "unknown"
NOTHING = "-"
NARROWEST = 8
"""Characters of a column that are never cut away."""
_CODES = {"good": "32", "bad": "31;1", "warn": "33", "dim": "2", "bold": "1"}


class Style:
    """Paints text, or leaves it alone."""

    def __init__(self, colour: bool) -> None:
        self.colour = colour

    def __call__(self, kind: str, text: str) -> str:
        """kind: good, bad, warn, dim or bold."""
        return f"\x1b[{_CODES[kind]}m{text}\x1b[0m" if self.colour else text


def style_for(stream: TextIO) -> Style:
    return Style(stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb")


def columns() -> int:
    """Width to fit: that of the terminal or COLUMNS, 80 where there is neither."""
    return max(40, shutil.get_terminal_size((80, 24)).columns)


def printable(text: object) -> str:
    """One line without anything a terminal would take for a command."""
    said = str(text)
    return said if said.isprintable() else "".join(c if c.isprintable() else "?" for c in said)


def cut(text: str, width: int) -> str:
    """At most `width` characters; what is missing is shown."""
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"


def emit(lines: Iterable[str]) -> None:
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in lines))
    sys.stdout.flush()


def wrapped(text: str, width: int, indent: str = "", hang: str | None = None) -> list[str]:
    """Lines of at most `width` characters; `hang` stands before every line but the first."""
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent if hang is None else hang,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [indent.rstrip()]


def table(rows: Sequence[Sequence[str]], width: int, *, right: Iterable[int] = (), indent: str = "") -> list[str]:
    """Aligned columns; `right` are those that hold numbers. When they do not fit, the widest of the others are cut."""
    if not rows:
        return []
    numbers = set(right)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    words = [column for column in range(len(widths)) if column not in numbers]
    while words and len(indent) + sum(widths) + 2 * (len(widths) - 1) > width:
        widest = max(words, key=lambda column: widths[column])
        if widths[widest] <= NARROWEST:
            break
        widths[widest] -= 1
    lines: list[str] = []
    for row in rows:
        cells = [cut(cell, size) for cell, size in zip(row, widths, strict=True)]
        aligned = [
            cell.rjust(size) if column in numbers else cell.ljust(size)
            for column, (cell, size) in enumerate(zip(cells, widths, strict=True))
        ]
        lines.append((indent + "  ".join(aligned)).rstrip())
    return lines


def seconds(value: float | None) -> str:
    """A duration with its unit, three digits at most."""
    if value is None:
        return UNKNOWN
    if value < 0.001:
        return f"{value * 1e6:.0f} us"
    if value < 1:
        return f"{_digits(value * 1e3)} ms"
    if value < 120:
        return f"{_digits(value)} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 120:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"


def _digits(value: float) -> str:
    return f"{value:.3g}" if value < 1_000 else f"{value:.0f}"


def usd(value: float | None, per: str = "") -> str:
    """An amount; never rounded to nothing."""
    if value is None:
        return UNKNOWN
    if value == 0:
        return f"$0{per}"
    if value >= 100:
        return f"${value:,.0f}{per}"
    return f"${value:.2f}{per}" if value >= 1 else f"${value:.3g}{per}" if value >= 0.0001 else f"${value:.1e}{per}"


def count(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:,.0f}"


def share(part: float | None, whole: float | None) -> str:
    """A percentage; `-` of nothing."""
    if part is None or whole is None:
        return UNKNOWN
    if whole <= 0:
        return NOTHING
    percent = 100 * part / whole
    return f"{percent:.0f} %" if percent in (0, 100) or percent >= 10 else f"{percent:.1f} %"


def several(number: float, one: str, many: str | None = None) -> str:
    """`1 route`, `3 routes`."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def listed(parts: dict[str, float]) -> str:
    """`a 3, b 1`, the largest first."""
    ordered = sorted(parts.items(), key=lambda part: (-part[1], part[0]))
    return ", ".join(f"{name} {count(number)}" for name, number in ordered)

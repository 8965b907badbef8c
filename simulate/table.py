"""The table: one row per scenario and system, each figure as median and worst over the seeds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from simulate.measure import Result


@dataclass(frozen=True, slots=True)
class Column:
    """digits: behind the point. best: `max` where more is better, so that the worst is the least."""

    title: str
    value: Callable[[Result], float]
    digits: int = 0
    more_is_better: bool = False


COLUMNS = (
    Column("served %", lambda one: 100 * one.availability, 2, more_is_better=True),
    Column("p95 s", lambda one: one.p95_s, 2),
    Column("USD", lambda one: one.usd, 2),
    Column("cache loss USD", lambda one: one.cache_loss_usd, 2),
    Column("calls/request", lambda one: one.calls_per_request, 3),
    Column("downgrades", lambda one: one.downgrades),
    Column("wrong", lambda one: one.wrong),
    Column("late s", lambda one: one.late_s, 1),
    Column("switches", lambda one: one.switches),
    Column("moves", lambda one: one.moves),
    Column("changes", lambda one: one.changes),
    Column("excess", lambda one: one.excess),
)
HEAD = ("scenario", "system", *(column.title for column in COLUMNS))


def median(values: Sequence[float]) -> float:
    """The middle one; of two middle ones the lower, so that it is a value that occurred."""
    return sorted(values)[(len(values) - 1) // 2]


def cell(column: Column, results: Sequence[Result]) -> str:
    """`median` alone where the worst is the same, else `median / worst`."""
    values = [column.value(one) for one in results]
    worst = min(values) if column.more_is_better else max(values)
    shown = [f"{value:.{column.digits}f}" for value in (median(values), worst)]
    return shown[0] if shown[0] == shown[1] else " / ".join(shown)


def row(scenario: str, system: str, results: Sequence[Result]) -> tuple[str, ...]:
    return (scenario, system, *(cell(column, results) for column in COLUMNS))


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """For a terminal."""
    widths = [max(len(one[at]) for one in rows) for at in range(len(rows[0]))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(one, widths, strict=True)).rstrip() for one in rows
    )


def markdown(rows: Sequence[Sequence[str]]) -> str:
    head, *rest = rows
    lines = [head, ["---"] * 2 + ["---:"] * (len(head) - 2), *rest]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)

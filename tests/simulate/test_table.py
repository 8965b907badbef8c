"""The table."""

from dataclasses import replace

from simulate.measure import Result
from simulate.table import COLUMNS, HEAD, aligned, cell, markdown, median, row

BASE = Result(200, 200, (1.0, 2.0), 1.5, 0.25, 220, 0, 0, 0.0, 3, 2, 2, 0, 0)


def test_median_and_worst() -> None:
    served, p95 = COLUMNS[0], COLUMNS[1]
    results = [BASE, replace(BASE, served=190), replace(BASE, served=199, first_s=(4.0,))]
    assert cell(served, results) == "99.50 / 95.00", "the worst availability is the least"
    assert cell(p95, results) == "2.00 / 4.00"
    assert cell(p95, [BASE, BASE]) == "2.00"
    assert (median([3, 1, 2]), median([4, 1, 2, 3])) == (2, 2)


def test_rows_have_a_figure_for_every_title() -> None:
    made = row("calm", "Gate", [BASE])
    assert len(made) == len(HEAD) and made[:3] == ("calm", "Gate", "100.00")
    assert markdown([HEAD, made]).splitlines()[2].startswith("| calm | Gate | 100.00 | 2.00 | 1.50 | 0.25 | 1.100 |")
    assert [len(line) > 60 for line in aligned([HEAD, made]).splitlines()] == [True, True]

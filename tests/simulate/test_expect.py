"""The expectations fail when they should."""

from dataclasses import replace

from simulate.expect import LATE_S, findings
from simulate.measure import Result

BASE = Result(200, 200, (1.0, 2.0), 1.5, 0.25, 220, 0, 0, 0.0, 3, 2, 2, 0, 0)
WORSE = replace(BASE, served=190)
SEEDS = (1, 2, 3)


def test_all_well() -> None:
    assert findings("s", SEEDS, {"Gate": [BASE] * 3, "other": [BASE, WORSE, BASE]}) == []


def test_serving_less_than_a_baseline_is_found_in_the_middle_and_in_the_worst_seed() -> None:
    found = findings("s", SEEDS, {"Gate": [BASE, WORSE, WORSE], "other": [BASE] * 3})
    assert [text.split(" availability")[0] for text in found] == ["s: median", "s: worst"]
    assert "(less at seeds [2, 3])" in found[0]
    (only,) = findings("s", SEEDS, {"Gate": [BASE, BASE, WORSE], "other": [BASE] * 3})
    assert only.startswith("s: worst availability 95.00 %, other 100.00 %")


def test_one_request_of_a_run_is_chance() -> None:
    other = {"other": [BASE] * 3}
    assert findings("s", SEEDS, {"Gate": [replace(BASE, served=199)] * 3, **other}) == []
    assert len(findings("s", SEEDS, {"Gate": [replace(BASE, served=198)] * 3, **other})) == 2


def test_late_downgrades_and_excess_name_the_smallest_seed() -> None:
    soon = replace(BASE, wrong=4, late_s=LATE_S)
    late = replace(BASE, wrong=1, late_s=LATE_S + 0.25)
    flapped = replace(BASE, excess=2)
    found = findings("s", SEEDS, {"Gate": [soon, late, flapped], "other": [BASE] * 3})
    assert found == [
        "s: a downgrade at seed 2 while a route of home had been well for 120.2 s",
        "s: 2 moves more than state changes at seed 3",
    ]

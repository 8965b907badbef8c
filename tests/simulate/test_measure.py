"""The figures, on runs written out by hand."""

from dataclasses import dataclass

import pytest

from simulate.measure import Decision, Missed, measured, switched
from simulate.traffic import Turn


@dataclass
class Ended:
    turn: Turn
    tried: list[str]
    first: Decision | None
    first_s: float | None = 1.0
    served: bool = True
    below: bool = False
    missed: Missed | None = None
    mishaps: int = 0
    pico: int = 0
    lost: int = 0


def ended(at: float, route: str, *, session: int | None = None, probe: bool = False, **more: object) -> Ended:
    turn = Turn(0, at, "coding", session, 0, 1, 1)
    return Ended(turn, [route], Decision(at, route, probe), **more)  # pyright: ignore[reportArgumentType]


CHANGES = {"coding": [15.0, 35.0], "": [15.0, 35.0]}


def test_switches_are_counted_within_a_class() -> None:
    one = [ended(at, route, session=1) for at, route in ((1.0, "a"), (10.0, "a"), (20.0, "b"), (40.0, "a"))]
    two = [ended(at, route, session=2) for at, route in ((2.0, "b"), (11.0, "b"))]
    result = measured([*one, *two], CHANGES)
    assert (result.switches, result.moves, result.excess, result.changes) == (2, 2, 0, 2)


def test_more_switches_than_state_changes_in_the_life_of_a_class_are_excess() -> None:
    late = [ended(at, route, session=1) for at, route in ((20.0, "a"), (21.0, "b"), (22.0, "a"), (36.0, "a"))]
    assert measured(late, CHANGES).excess == 1, "two switches, and one change between 20 and 36"
    assert measured(late[:3], CHANGES).excess == 2, "two switches, and none between 20 and 22"


def test_a_trouble_that_a_class_is_born_into_is_one_of_its_changes() -> None:
    born = [ended(20.0, "a"), ended(21.0, "b")]
    assert measured(born, CHANGES).excess == 1
    born[0].first = Decision(20.0, "a", False, ill=1)
    assert measured(born, CHANGES).excess == 0


def test_a_call_that_failed_by_chance_is_a_change_for_its_class() -> None:
    unlucky = [ended(20.0, "a", session=1, mishaps=1), ended(21.0, "b", session=1)]
    others = [ended(20.0, "a", session=2), ended(21.0, "b", session=2)]
    assert measured(unlucky, CHANGES).excess == 0
    assert measured([*unlucky, *others], CHANGES).excess == 1


def test_a_change_at_the_moment_of_a_decision_counts() -> None:
    assert measured([ended(15.0, "a"), ended(16.0, "b")], CHANGES).excess == 0
    assert measured([ended(14.0, "a"), ended(15.0, "b")], CHANGES).excess == 0
    assert measured([ended(16.0, "a"), ended(17.0, "b")], CHANGES).excess == 1


def test_a_probe_is_a_switch_but_no_move() -> None:
    probed = [ended(1.0, "b"), ended(2.0, "a", probe=True), ended(3.0, "b")]
    result = measured(probed, CHANGES)
    assert (result.switches, result.moves, result.excess, result.strict) == (2, 0, 0, 2)
    settled = [*probed[:2], ended(3.0, "a")]
    assert measured(settled, CHANGES).moves == 1


def test_availability_and_calls_count_every_request() -> None:
    none = Ended(Turn(0, 1.0, "coding", None, 0, 1, 1), [], None, None, served=False)
    twice = Ended(Turn(0, 2.0, "coding", None, 0, 1, 1), ["a", "b"], Decision(2.0, "a", False))
    result = measured([none, twice, ended(3.0, "a", served=False)], CHANGES)
    assert (result.requests, result.served, result.calls) == (3, 1, 3)
    assert result.availability == pytest.approx(1 / 3) and result.calls_per_request == 1.0


def test_a_downgrade_is_wrong_when_home_would_have_served() -> None:
    result = measured(
        [
            ended(1.0, "low", below=True),
            ended(2.0, "low", below=True, missed=Missed(2.0, "a", 7.5)),
            ended(3.0, "low", below=True, missed=Missed(3.0, "a", 2.5)),
            ended(4.0, "low", below=True, missed=Missed(4.0, "a", 99.0), served=False),
        ],
        CHANGES,
    )
    assert (result.downgrades, result.wrong, result.late_s) == (3, 2, 7.5)


def test_the_95th_percentile_is_a_value_that_occurred() -> None:
    times = [float(number) for number in range(1, 101)]
    assert measured([ended(1.0, "a", first_s=time) for time in reversed(times)], CHANGES).p95_s == 95.0
    assert measured([ended(1.0, "a", first_s=4.0)], CHANGES).p95_s == 4.0
    assert measured([], CHANGES).p95_s == 0.0


def test_money_is_added_exactly() -> None:
    result = measured([ended(1.0, "a", pico=10**11, lost=10**10) for _ in range(10)], CHANGES)
    assert (result.usd, result.cache_loss_usd) == (1.0, 0.1)


def test_switched() -> None:
    assert switched([]) == 0
    assert switched([Decision(float(at), route, False) for at, route in enumerate("aabba")]) == 2

"""The order in which routes are tried, and what each of them is to the first choice.

The first choice is what a plan without any pressure would try first: among the intent's start lanes the one whose head
is cheapest (or is listed first), and that lane's head. Its lane is home. The order is: home; the start lanes of home's
cluster; the other start lanes; the degrade path as listed; the upgrade path as listed. Lanes of one step are ordered by
the score of their best route, routes of a lane by its strategy (`strategy`), ties by route id. Where a session was
served before may change which route is first in its lane, and which of home's cluster is home (`affinity`).

Relations are towards home, whether or not home itself can serve: `primary` is the first choice and nothing else; other
routes of home are `same_lane_fallback`; its cluster `substitution`; other start lanes `upgrade` or `downgrade` by their
cluster; the degrade path `downgrade`, the upgrade path `upgrade`. So pressure takes routes out of the sequence but
never reorders what stays. An intent none of whose start lanes fits has no home and begins on its other paths.
"""

from collections.abc import Iterable, Sequence

from gate.core.decision import Relation, Tier
from gate.core.intent import OrderBy
from gate.core.lane import Lane
from gate.planner.lanes import cluster_rank
from gate.planner.live import Choice, key_of
from gate.planner.strategy import arranged

Step = tuple[Choice, Relation]


class Row:
    """The routes of one lane, in the order its strategy would have them tried. worth: score and id by which the lane is
    compared with others: of its first, or where the strategy spreads requests, of its cheapest, so that home does not
    change with whose turn it is."""

    __slots__ = ("choices", "name", "seat", "worth")

    def __init__(self, choices: list[Choice], worth: tuple[float, str]) -> None:
        self.choices = choices
        self.worth = worth
        self.name = choices[0].lane
        self.seat = choices[0].live.seat

    def __repr__(self) -> str:
        return f"Row({self.choices})"


def by_lane(choices: Iterable[Choice], seed: int, now: float) -> dict[str, Row]:
    """Routes by lane, each lane in its strategy's order."""
    lanes: dict[str, list[Choice]] = {}
    for choice in choices:
        lanes.setdefault(choice.lane, []).append(choice)
    rows: dict[str, Row] = {}
    for name, lane in lanes.items():
        ordered = arranged(lane, seed, now)
        head = ordered[0]
        best = min(ordered, key=key_of) if head.live.spreads else head
        rows[name] = Row(ordered, best.key[1:])
    return rows


def unpressed(rows: dict[str, Row]) -> dict[str, Row]:
    """Without the routes that are under pressure; the others keep their order."""
    left: dict[str, Row] = {}
    for name, row in rows.items():
        usable = [choice for choice in row.choices if not choice.pressed]
        if len(usable) == len(row.choices):
            left[name] = row
        elif usable:
            left[name] = Row(usable, min(usable, key=key_of).key[1:])
    return left


def first_choice(rows: dict[str, Row], order_by: OrderBy) -> Choice | None:
    """The head of home: what would be tried first if nothing were pressed. None when no start lane fits."""
    starts = [row for row in rows.values() if row.seat.tier is Tier.START]
    listed = order_by is OrderBy.LISTED
    home = min(starts, key=lambda row: (row.seat.entry if listed else 0, *row.worth), default=None)
    return None if home is None else home.choices[0]


def sequence(rows: dict[str, Row], first: Choice | None, order_by: OrderBy) -> list[Step]:
    """All given routes in the order they are tried, with their relations."""
    listed = order_by is OrderBy.LISTED
    groups: list[tuple[tuple[int, int, float, str], Relation, Row]] = []
    for row in rows.values():
        seat = row.seat
        step, relation = step_of(row.name, seat.tier, seat.lane, first)
        entry = seat.entry if listed or seat.tier is not Tier.START else 0
        groups.append(((step, entry, *row.worth), relation, row))
    groups.sort(key=lambda group: group[0])
    return [
        (choice, Relation.PRIMARY if choice is first else relation)
        for _, relation, row in groups
        for choice in row.choices
    ]


SIBLING = 1
"""The step of lanes that are as good as home: home itself and its cluster's other start lanes are not beyond it."""


def step_of(name: str, tier: Tier, lane: Lane | None, first: Choice | None) -> tuple[int, Relation]:
    """The place of a lane in the sequence, and what its routes are to the first choice."""
    if tier is Tier.DEGRADE:
        return 3, Relation.DOWNGRADE
    if tier is Tier.UPGRADE or first is None:
        return 4, Relation.UPGRADE
    if name == first.lane:
        return 0, Relation.SAME_LANE_FALLBACK
    home = first.live.seat.lane
    # Lanes nobody put into a cluster cannot be called better or worse: the intent named them as equally good.
    if lane is None or home is None or lane.cluster is home.cluster:
        return SIBLING, Relation.SUBSTITUTION
    better = cluster_rank(lane.cluster) < cluster_rank(home.cluster)
    return 2, Relation.UPGRADE if better else Relation.DOWNGRADE


_KEPT_FIRST = (
    Relation.PRIMARY,
    Relation.SAME_LANE_FALLBACK,
    Relation.SUBSTITUTION,
    Relation.DOWNGRADE,
    Relation.UPGRADE,
)


def bounded(steps: Sequence[Step], most: int) -> list[Step]:
    """At most so many steps, in their order. Kept are the first one; then the first of each other relation, so that
    many routes of one lane do not push the way down out of the plan (if there is not room for all, an upgrade, which
    costs more, is left out before a downgrade); then the earliest others."""
    if len(steps) <= most:
        return list(steps)
    first_of: dict[Relation, int] = {}
    for at, (_, relation) in enumerate(steps):
        first_of.setdefault(relation, at)
    wanted = [0, *(first_of[relation] for relation in _KEPT_FIRST if relation in first_of), *range(most)]
    return [steps[at] for at in sorted(list(dict.fromkeys(wanted))[:most])]

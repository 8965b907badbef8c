"""The order in which routes are tried, and what each of them is to the first choice.

The first choice is what a plan without any pressure would try first: among the intent's start lanes the one whose head
is cheapest (or is listed first), and that lane's head. Its lane is home. The order is: home; the start lanes of home's
cluster; the other start lanes; the degrade path as listed; the upgrade path as listed. Lanes of one step are ordered by
their heads' score, routes of a lane by score (or by priority first, where the lane says so), ties by route id.

Relations are towards home, whether or not home itself can serve: `primary` is the first choice and nothing else; other
routes of home are `same_lane_fallback`; its cluster `substitution`; other start lanes `upgrade` or `downgrade` by their
cluster; the degrade path `downgrade`, the upgrade path `upgrade`. So pressure takes routes out of the sequence but
never reorders what stays. An intent none of whose start lanes fits has no home and begins on its other paths.
"""

from collections.abc import Iterable, Sequence

from gate.core.decision import Candidate, Relation, Tier
from gate.core.intent import OrderBy
from gate.core.lane import Lane
from gate.core.reason import Reason
from gate.planner.index import Live
from gate.planner.lanes import cluster_rank


class Choice:
    """A route that fits, as it stands now. pressed: why it cannot be used at the moment (pressure only)."""

    __slots__ = ("candidate", "id", "key", "lane", "live", "pressed")

    def __init__(self, live: Live, candidate: Candidate, score: float, pressed: tuple[Reason, ...]) -> None:
        self.live = live
        self.candidate = candidate
        self.id = live.id
        self.lane = candidate.lane
        self.pressed = pressed
        self.key = (live.rank, score, live.id)

    def __repr__(self) -> str:
        return f"Choice({self.id}, {self.key[1]})"


Step = tuple[Choice, Relation]


def by_lane(choices: Iterable[Choice]) -> dict[str, list[Choice]]:
    """Routes by lane, each lane in its own order, so that its first is its head."""
    lanes: dict[str, list[Choice]] = {}
    for choice in sorted(choices, key=_key):
        lanes.setdefault(choice.lane, []).append(choice)
    return lanes


def _key(choice: Choice) -> tuple[int, float, str]:
    return choice.key


def first_choice(lanes: dict[str, list[Choice]], order_by: OrderBy) -> Choice | None:
    """The head of home: what would be tried first if nothing were pressed. None when no start lane fits."""
    heads = [lane[0] for lane in lanes.values() if lane[0].live.seat.tier is Tier.START]
    listed = order_by is OrderBy.LISTED
    return min(heads, key=lambda head: (head.live.seat.entry if listed else 0, *head.key[1:]), default=None)


def sequence(lanes: dict[str, list[Choice]], first: Choice | None, order_by: OrderBy) -> list[Step]:
    """All given routes in the order they are tried, with their relations."""
    listed = order_by is OrderBy.LISTED
    groups: list[tuple[tuple[int, int, float, str], Relation, list[Choice]]] = []
    for name, lane in lanes.items():
        head = lane[0]
        seat = head.live.seat
        step, relation = _step(name, seat.tier, seat.lane, first)
        entry = seat.entry if listed or seat.tier is not Tier.START else 0
        groups.append(((step, entry, *head.key[1:]), relation, lane))
    groups.sort(key=lambda group: group[0])
    return [
        (choice, Relation.PRIMARY if choice is first else relation) for _, relation, lane in groups for choice in lane
    ]


def _step(name: str, tier: Tier, lane: Lane | None, first: Choice | None) -> tuple[int, Relation]:
    if tier is Tier.DEGRADE:
        return 3, Relation.DOWNGRADE
    if tier is Tier.UPGRADE or first is None:
        return 4, Relation.UPGRADE
    if name == first.lane:
        return 0, Relation.SAME_LANE_FALLBACK
    home = first.live.seat.lane
    # Lanes nobody put into a cluster cannot be called better or worse: the intent named them as equally good.
    if lane is None or home is None or lane.cluster is home.cluster:
        return 1, Relation.SUBSTITUTION
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
    wanted = [0, *(first_of[relation] for relation in _KEPT_FIRST if relation in first_of), *range(len(steps))]
    return [steps[at] for at in sorted(list(dict.fromkeys(wanted))[:most])]

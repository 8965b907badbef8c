"""Lanes on the paths of an intent."""

from gate.core.decision import Tier
from gate.core.intent import Intent
from gate.core.lane import Cluster, Lane
from gate.planner.lanes import cluster_rank, is_premium, places

LANES = {
    name: Lane(name, "f", cluster)
    for name, cluster in {
        "one": Cluster.BALANCED_WORKHORSE,
        "two": Cluster.BALANCED_WORKHORSE,
        "best": Cluster.ELITE_REASONING,
    }.items()
}


def test_a_cluster_stands_for_all_its_lanes() -> None:
    found = places(Intent("i", ("balanced-workhorse",), upgrade_to=("best",)), LANES)
    assert found == {"one": (Tier.START, 0), "two": (Tier.START, 0), "best": (Tier.UPGRADE, 0)}


def test_a_lane_stands_where_it_is_first_named() -> None:
    intent = Intent("i", ("two",), ("best", "balanced-workhorse"), ("elite-reasoning",))
    assert places(intent, LANES) == {"two": (Tier.START, 0), "best": (Tier.DEGRADE, 0), "one": (Tier.DEGRADE, 1)}


def test_a_lane_nobody_defined_keeps_its_place() -> None:
    assert places(Intent("i", ("ghost", "one")), LANES) == {"ghost": (Tier.START, 0), "one": (Tier.START, 1)}


def test_clusters_are_ranked_best_first_and_only_the_elite_is_premium() -> None:
    assert sorted(Cluster, key=cluster_rank) == list(Cluster)
    assert [name for name, lane in LANES.items() if is_premium(lane)] == ["best"]
    assert not is_premium(None)

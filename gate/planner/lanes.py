"""Lanes on the paths of an intent, and how clusters compare."""

from collections.abc import Mapping

from gate.core.decision import Tier
from gate.core.intent import Intent
from gate.core.lane import Cluster, Lane

_RANK = {cluster: rank for rank, cluster in enumerate(Cluster)}

Place = tuple[Tier, int]
"""Where a lane stands: the first of the intent's lists that holds it, and the position of the entry there."""


def cluster_rank(cluster: Cluster) -> int:
    """0 for the best cluster, more for lesser ones."""
    return _RANK[cluster]


def is_premium(lane: Lane | None) -> bool:
    """Whether serving this lane to someone who did not ask for premium is an escalation. An unknown lane is not."""
    return lane is not None and lane.cluster is Cluster.ELITE_REASONING


def places(intent: Intent, lanes: Mapping[str, Lane]) -> dict[str, Place]:
    """Every lane on a path of the intent, by name. An entry that is a cluster's name stands for all its lanes; a lane
    that several entries hold stands where the first one puts it (start before degrade before upgrade)."""
    members: dict[str, list[str]] = {}
    for lane in lanes.values():
        members.setdefault(lane.cluster.value, []).append(lane.name)
    found: dict[str, Place] = {}
    paths = ((Tier.START, intent.start), (Tier.DEGRADE, intent.degrade_to), (Tier.UPGRADE, intent.upgrade_to))
    for tier, entries in paths:
        for position, entry in enumerate(entries):
            for name in (entry,) if entry in lanes else members.get(entry, (entry,)):
                found.setdefault(name, (tier, position))
    return found

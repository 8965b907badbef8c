"""Lanes: classes of interchangeable quality, and the clusters they stand in."""

from dataclasses import dataclass
from enum import StrEnum


class Cluster(StrEnum):
    """Lanes of one cluster may stand in for each other (relation `substitution`). Best first."""

    ELITE_REASONING = "elite-reasoning"
    QUALITY_WORKHORSE = "quality-workhorse"
    BALANCED_WORKHORSE = "balanced-workhorse"
    FAST_WORKHORSE = "fast-workhorse"
    BUDGET_GENERAL = "budget-general"


class Strategy(StrEnum):
    """How the routes inside one lane are ordered. Whatever it is, a session's own route comes first while it can serve
    (stickiness), and what is under pressure comes last.

    price: the cheapest, then health (the default). priority: the lowest `priority`, then price. round_robin: the one
    that was started longest ago. weighted: by chance, in proportion to `weight`. least_used: fewest attempts in flight,
    then the one that was started longest ago. latency: of two taken by chance the quicker one (moving average).
    """

    PRICE = "price"
    PRIORITY = "priority"
    ROUND_ROBIN = "round_robin"
    WEIGHTED = "weighted"
    LEAST_USED = "least_used"
    LATENCY = "latency"


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane, named by its canonical model (`anthropic/sonnet-4.6`).

    degrade_to, upgrade_to: names of lanes, nearest first.
    tool_use: known to be good at agentic tool use; None = unknown.
    """

    name: str
    family: str
    cluster: Cluster
    degrade_to: tuple[str, ...] = ()
    upgrade_to: tuple[str, ...] = ()
    tool_use: bool | None = None
    strategy: Strategy = Strategy.PRICE

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
    """How the routes inside one lane are ordered. `price` (then health) is the default."""

    PRICE = "price"
    PRIORITY = "priority"


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

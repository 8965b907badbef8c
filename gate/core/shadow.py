"""What a candidate policy would have decided beside the one in force."""

from dataclasses import dataclass
from enum import StrEnum


class Agreement(StrEnum):
    """How far two plans of one request agree. same: one route and one lane. route: another route of the same lane.
    lane: another lane. none: one of the two has nothing to try and the other has."""

    SAME = "same"
    ROUTE = "route"
    LANE = "lane"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class ShadowPlan:
    """What the candidate policy would have tried first. route, lane: None when it would have tried nothing. config: the
    version of its configuration."""

    agreement: Agreement
    route: str | None
    lane: str | None
    config: str

"""What a client asked for, before any choice, and how its words were understood."""

from dataclasses import dataclass
from enum import StrEnum


class OrderBy(StrEnum):
    """What decides between capable lanes of an intent's start set: price first, or the order they are written in."""

    PRICE = "price"
    LISTED = "listed"


@dataclass(frozen=True, slots=True)
class Intent:
    """A named wish.

    start: lanes (`anthropic/sonnet-4.6`) and clusters (`balanced-workhorse`) that are good enough. degrade_to: where to
    go when none of these can serve, in order (relation `downgrade`). upgrade_to: better ones to use when nothing else
    can serve (relation `upgrade`; never hidden: it is a premium escalation). tool_use: only lanes known for tool use.
    """

    name: str
    start: tuple[str, ...]
    degrade_to: tuple[str, ...] = ()
    upgrade_to: tuple[str, ...] = ()
    order_by: OrderBy = OrderBy.PRICE
    tool_use: bool = False
    premium: bool = False


class ResolvedBy(StrEnum):
    """The step that found what a requested name means, in the order they are tried. A routing rule that fired comes
    before all: it says where the request goes, whatever the name means."""

    RULE = "rule"
    EXACT_MAPPING = "exact_mapping"
    INTENT_NAME = "intent_name"
    LANE = "lane"
    PROVIDER_PREFIX = "provider_prefix"
    PATTERN_MAPPING = "pattern_mapping"
    OWNING_PROVIDER = "owning_provider"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a requested model name means.

    requested: as sent (bounded by the caller). intent: the intent's name; for an explicit lane `lane:NAME`, for an
    explicit model `PROVIDER/MODEL`, for nothing found the requested name. mapping: the pattern that matched, if any.
    lane / provider / model: set for explicit targets: only routes of that lane, or of that provider and model, qualify.
    """

    requested: str
    by: ResolvedBy
    intent: str
    mapping: str | None = None
    lane: str | None = None
    provider: str | None = None
    model: str | None = None

    @property
    def explicit(self) -> bool:
        return self.lane is not None or self.provider is not None

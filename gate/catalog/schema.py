"""The shape of the catalog's data files, and the rule that nothing in them stands without a source.

Two kinds of file. `lanes.json` is Gate's own judgement: which models are of interchangeable quality. `<provider>.json`
holds facts: each is `{"value": ..., "source": page, "source_type": ..., "retrieved": date, "published": date or null}`,
and what was not found is `{"value": null}`. Unknown members, wrong types and values without a source are refused with
the path of the offender.
"""

import re
from decimal import Decimal
from typing import Generic, TypeVar

import msgspec

from gate.core.dialect import Dialect
from gate.core.lane import Cluster, Strategy
from gate.core.money import SourceType
from gate.core.route import Billing, RouteType

LANES_SCHEMA = "gate.catalog.lanes/1"
MODELS_SCHEMA = "gate.catalog.models/1"

CURRENCY = "USD"
UNIT = "per_million_tokens"

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

Value = TypeVar("Value", int, bool, Decimal, tuple[Dialect, ...])


class CatalogError(Exception):
    """The data files cannot be used. `findings`: every fault found, with its file and, where there is one, its path."""

    def __init__(self, findings: list[str]) -> None:
        super().__init__("; ".join(findings))
        self.findings = findings


class Fact(msgspec.Struct, Generic[Value], frozen=True, forbid_unknown_fields=True):
    """One value and where it was read. value None: not found, and then there is no source either.

    retrieved: ISO date of the reading. published: date on the page or of the copy that was read, None if it shows none.
    """

    value: Value | None
    source: str | None = None
    source_type: SourceType | None = None
    retrieved: str | None = None
    published: str | None = None

    def __post_init__(self) -> None:
        if self.value is None:
            if self.source is not None or self.retrieved is not None:
                raise ValueError("an unknown value (null) has no source")
            return
        if self.source is None or not self.source.startswith("https://"):
            raise ValueError("a value needs its source, an https address")
        if self.source_type is None:
            raise ValueError(f"a value needs its source_type: {', '.join(SourceType)}")
        if self.retrieved is None or not _DATE.fullmatch(self.retrieved):
            raise ValueError("a value needs the date it was retrieved on, as YYYY-MM-DD")
        if self.published is not None and not _DATE.fullmatch(self.published):
            raise ValueError("published is a date, as YYYY-MM-DD, or null")


class CapabilityFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the model can do at this provider."""

    tools: Fact[bool]
    images: Fact[bool]
    thinking: Fact[bool]
    streaming: Fact[bool]
    json_schema: Fact[bool]


class DialectFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Capabilities that differ in one dialect from those of the model; what is left out does not differ."""

    tools: Fact[bool] | None = None
    images: Fact[bool] | None = None
    thinking: Fact[bool] | None = None
    streaming: Fact[bool] | None = None
    json_schema: Fact[bool] | None = None


class Rates(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """USD per million tokens."""

    input: Fact[Decimal]
    output: Fact[Decimal]
    cache_read: Fact[Decimal]
    cache_write_5m: Fact[Decimal]
    cache_write_1h: Fact[Decimal]


class LongPrompt(Rates, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The rates of a request whose input is longer than `above` tokens: they hold for all of its tokens."""

    above: Fact[int]


class PriceEntry(Rates, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The list price.

    long_prompt: other rates for long requests. varies: what the price depends on that Gate does not see (the time of
    day, the vendor an aggregator picks); the rates are then the lowest published ones and costs by them are marked
    partial. valid_until: ISO date of the last day of a promotion. note: for the reader of the file.
    """

    currency: str
    unit: str
    long_prompt: LongPrompt | None = None
    varies: str | None = None
    valid_until: str | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        if self.currency != CURRENCY or self.unit != UNIT:
            raise ValueError(f"prices are in {CURRENCY} {UNIT}")
        if self.valid_until is not None and not _DATE.fullmatch(self.valid_until):
            raise ValueError("valid_until is a date, as YYYY-MM-DD")


class ModelEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One model at one provider. id: the name sent upstream. aliases: other names of the same model there."""

    id: str
    lane: str
    aliases: tuple[str, ...] = ()
    route_type: RouteType
    billing_mode: Billing
    context_window: Fact[int]
    max_output_tokens: Fact[int]
    capabilities: CapabilityFacts
    dialects: Fact[tuple[Dialect, ...]]
    dialect_capabilities: dict[Dialect, DialectFacts] = {}
    price: PriceEntry
    note: str | None = None


class ModelsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`<provider>.json`. owns_names: the provider is the vendor of these models, so that a bare model name means it."""

    schema: str
    provider: str
    owns_names: bool
    note: str | None = None
    models: tuple[ModelEntry, ...]

    def __post_init__(self) -> None:
        _expect_schema(self.schema, MODELS_SCHEMA)


class LaneEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One lane. degrade_to, upgrade_to: nearest first."""

    name: str
    family: str
    cluster: Cluster
    degrade_to: tuple[str, ...] = ()
    upgrade_to: tuple[str, ...] = ()
    tool_use: bool | None = None
    strategy: Strategy = Strategy.PRICE
    note: str | None = None


class LanesFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`lanes.json`."""

    schema: str
    note: str
    lanes: tuple[LaneEntry, ...]

    def __post_init__(self) -> None:
        _expect_schema(self.schema, LANES_SCHEMA)


def _expect_schema(found: str, wanted: str) -> None:
    if found != wanted:
        raise ValueError(f"schema is {found!r}; this version of Gate reads {wanted!r}")


def read_lanes(name: str, content: bytes) -> LanesFile:
    """Raises CatalogError."""
    try:
        return msgspec.json.decode(content, type=LanesFile)
    except msgspec.DecodeError as error:
        raise CatalogError([f"{name}: {error}"]) from error


def read_models(name: str, content: bytes) -> ModelsFile:
    """Raises CatalogError."""
    try:
        return msgspec.json.decode(content, type=ModelsFile)
    except msgspec.DecodeError as error:
        raise CatalogError([f"{name}: {error}"]) from error

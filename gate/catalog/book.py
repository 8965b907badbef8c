"""The catalog as a value: checked once, then only looked things up in.

`load_book` takes the files' bytes (reading them is the configuration's business) and either returns a book in which
every reference leads somewhere or raises `CatalogError` with all that is wrong.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from graphlib import CycleError, TopologicalSorter
from types import MappingProxyType

from gate.catalog.pricing import VariablePriceSheet
from gate.catalog.schema import (
    CatalogError,
    DialectFacts,
    Fact,
    LaneEntry,
    ModelEntry,
    ModelsFile,
    PriceEntry,
    Rates,
    read_lanes,
    read_models,
)
from gate.core.dialect import Dialect
from gate.core.lane import Lane
from gate.core.money import PICO_PER_TOKEN_AT_ONE_USD_PER_MILLION, Price, PriceSheet, SourceType
from gate.core.route import Billing, Capabilities, Route, RouteType

LANES_FILE = "lanes.json"
CAPABILITIES = ("tools", "images", "thinking", "streaming", "json_schema")
RATES = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")


@dataclass(frozen=True, slots=True)
class CatalogModel:
    """One model at one provider; None = not known.

    dialect_capabilities: where the model can do less (or more) in one dialect than in the others. prices_valid_until:
    last day of a promotion, ISO date. read_on: the oldest date on which one of its prices was read.
    """

    provider: str
    id: str
    lane: str
    aliases: tuple[str, ...]
    type: RouteType
    billing: Billing
    dialects: frozenset[Dialect]
    context_window: int | None
    max_output_tokens: int | None
    capabilities: Capabilities
    prices: PriceSheet
    dialect_capabilities: Mapping[Dialect, Capabilities] = field(default_factory=dict[Dialect, Capabilities])
    prices_valid_until: str | None = None
    read_on: str | None = None


@dataclass(frozen=True, slots=True)
class CatalogBook:
    """All lanes and models. version: hash of the files. Build it with `load_book`."""

    version: str
    lanes: Mapping[str, Lane]
    by_provider: Mapping[str, tuple[CatalogModel, ...]]
    names: Mapping[tuple[str, str], CatalogModel]
    owned: Mapping[str, str]

    @property
    def providers(self) -> tuple[str, ...]:
        return tuple(self.by_provider)

    def models(self, provider: str) -> tuple[CatalogModel, ...]:
        """Its models in the file's order; none for a provider the catalog does not know."""
        return self.by_provider.get(provider, ())

    def find(self, provider: str, model_id: str) -> CatalogModel | None:
        """By id or alias, in any case of letters."""
        return self.names.get((provider, model_id.lower()))

    def lane(self, name: str) -> Lane | None:
        return self.lanes.get(name)

    def owner_of(self, model_name: str) -> str | None:
        """The provider whose own model this is, by id or alias; None for names that no vendor in the catalog claims."""
        return self.owned.get(model_name.lower())

    def owners(self) -> dict[str, str]:
        """Every claimed name, lower case, with its owner."""
        return dict(self.owned)

    def routes(self, kind: str, provider: str, dialects: frozenset[Dialect]) -> Iterable[Route]:
        """Routes over the models of `kind` at the configured provider of that name, in the dialects it is used in.

        A model that can do something else in one dialect gets a route of its own for it, `provider/model@dialect`, so
        that a rule can exclude the one and keep the other.
        """
        for model in self.models(kind):
            spoken = model.dialects & dialects
            apart = sorted(spoken & model.dialect_capabilities.keys())
            yield _route(model, provider, f"{provider}/{model.id}", spoken - set(apart), model.capabilities)
            for dialect in apart:
                route_id = f"{provider}/{model.id}@{dialect.value}"
                yield _route(model, provider, route_id, frozenset({dialect}), model.dialect_capabilities[dialect])


def _route(
    model: CatalogModel, provider: str, route_id: str, dialects: frozenset[Dialect], capabilities: Capabilities
) -> Route:
    return Route(
        id=route_id,
        provider=provider,
        model=model.id,
        lane=model.lane,
        dialects=dialects,
        type=model.type,
        billing=model.billing,
        quota_group=f"{provider}/default",
        context_window=model.context_window,
        max_output_tokens=model.max_output_tokens,
        capabilities=capabilities,
        prices=model.prices,
    )


def load_book(files: Mapping[str, bytes]) -> CatalogBook:
    """From file names (`lanes.json`, `<provider>.json`) and contents. Raises CatalogError with every finding."""
    if LANES_FILE not in files:
        raise CatalogError([f"{LANES_FILE} is missing"])
    findings: list[str] = []
    lanes = _lanes(read_lanes(LANES_FILE, files[LANES_FILE]).lanes, findings)
    by_provider: dict[str, tuple[CatalogModel, ...]] = {}
    names: dict[tuple[str, str], CatalogModel] = {}
    owned: dict[str, str] = {}
    for name in sorted(files):
        if name == LANES_FILE:
            continue
        try:
            content = read_models(name, files[name])
        except CatalogError as error:
            findings += error.findings
            continue
        by_provider[content.provider] = _models(name, content, lanes, names, owned, findings)
    if findings:
        raise CatalogError(findings)
    return CatalogBook(
        version=_version(files),
        lanes=MappingProxyType(lanes),
        by_provider=MappingProxyType(by_provider),
        names=MappingProxyType(names),
        owned=MappingProxyType(owned),
    )


def _version(files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(name.encode() + b"\0" + files[name] + b"\0")
    return digest.hexdigest()[:12]


def _lanes(entries: tuple[LaneEntry, ...], findings: list[str]) -> dict[str, Lane]:
    lanes: dict[str, Lane] = {}
    for entry in entries:
        if entry.name in lanes:
            findings.append(f"{LANES_FILE}: lane {entry.name} is there twice")
        lanes[entry.name] = Lane(
            name=entry.name,
            family=entry.family,
            cluster=entry.cluster,
            degrade_to=entry.degrade_to,
            upgrade_to=entry.upgrade_to,
            tool_use=entry.tool_use,
            strategy=entry.strategy,
        )
    for lane in lanes.values():
        for edge in (*lane.degrade_to, *lane.upgrade_to):
            if edge not in lanes:
                findings.append(f"{LANES_FILE}: lane {lane.name} leads to {edge}, which is not there")
    for direction in ("degrade_to", "upgrade_to"):
        edges: dict[str, tuple[str, ...]] = {name: getattr(lane, direction) for name, lane in lanes.items()}
        try:
            TopologicalSorter(edges).prepare()
        except CycleError as error:
            findings.append(f"{LANES_FILE}: {direction} goes round: {' -> '.join(reversed(error.args[1]))}")
    return lanes


def _models(
    name: str,
    content: ModelsFile,
    lanes: Mapping[str, Lane],
    names: dict[tuple[str, str], CatalogModel],
    owned: dict[str, str],
    findings: list[str],
) -> tuple[CatalogModel, ...]:
    provider = content.provider
    if name != f"{provider}.json":
        findings.append(f"{name}: says it is of provider {provider}; its file is {provider}.json")
    models: list[CatalogModel] = []
    for entry in content.models:
        if entry.lane not in lanes:
            findings.append(f"{name}: model {entry.id} is in lane {entry.lane}, which is not in {LANES_FILE}")
        model = _model(name, provider, entry, findings)
        models.append(model)
        for known_as in (entry.id, *entry.aliases):
            key = (provider, known_as.lower())
            if key in names:
                findings.append(f"{name}: the name {known_as} is there twice")
            names[key] = model
            if content.owns_names:
                other = owned.setdefault(known_as.lower(), provider)
                if other != provider:
                    findings.append(f"{name}: the name {known_as} is owned by {other} already")
    return tuple(models)


def _model(name: str, provider: str, entry: ModelEntry, findings: list[str]) -> CatalogModel:
    capabilities = Capabilities(**{key: getattr(entry.capabilities, key).value for key in CAPABILITIES})
    where = f"{name}: model {entry.id}"
    dialects = frozenset(entry.dialects.value or ())
    if not dialects:
        findings.append(f"{where} speaks no dialect")
    for dialect in entry.dialect_capabilities:
        if dialect not in dialects:
            findings.append(f"{where} has capabilities in {dialect}, which it does not speak")
    return CatalogModel(
        provider=provider,
        id=entry.id,
        lane=entry.lane,
        aliases=entry.aliases,
        type=entry.route_type,
        billing=entry.billing_mode,
        dialects=dialects,
        context_window=entry.context_window.value,
        max_output_tokens=entry.max_output_tokens.value,
        capabilities=capabilities,
        prices=_prices(where, entry.price, findings),
        dialect_capabilities={
            dialect: _merged(capabilities, facts) for dialect, facts in entry.dialect_capabilities.items()
        },
        prices_valid_until=entry.price.valid_until,
        read_on=min((fact.retrieved for fact in _facts(entry.price) if fact.retrieved), default=None),
    )


def _merged(base: Capabilities, facts: DialectFacts) -> Capabilities:
    own: dict[str, Fact[bool] | None] = {key: getattr(facts, key) for key in CAPABILITIES}
    return Capabilities(**{key: getattr(base, key) if fact is None else fact.value for key, fact in own.items()})


def _facts(rates: Rates) -> list[Fact[Decimal]]:
    return [getattr(rates, key) for key in RATES]


def _prices(where: str, entry: PriceEntry, findings: list[str]) -> PriceSheet:
    base = _rates(where, entry, findings)
    if entry.long_prompt is None and entry.varies is None:
        return PriceSheet(**base)
    return VariablePriceSheet(
        **base,
        long_above=entry.long_prompt.above.value if entry.long_prompt else None,
        long=PriceSheet(**_rates(where, entry.long_prompt, findings)) if entry.long_prompt else None,
        floor=entry.varies is not None,
    )


def _rates(where: str, rates: Rates, findings: list[str]) -> dict[str, Price | None]:
    return {key: _price(where, key, fact, findings) for key, fact in zip(RATES, _facts(rates), strict=True)}


def _price(where: str, key: str, fact: Fact[Decimal], findings: list[str]) -> Price | None:
    if fact.value is None:
        return None
    pico = fact.value * PICO_PER_TOKEN_AT_ONE_USD_PER_MILLION
    if pico < 0 or pico != pico.to_integral_value():
        findings.append(f"{where}: the {key} price {fact.value} is no whole number of pico-USD per token")
    return Price(int(pico), fact.source or "", fact.retrieved or "", fact.source_type or SourceType.MANUAL_REVIEW)

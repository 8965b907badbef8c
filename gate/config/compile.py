"""From a checked `Config` and the environment to the `Snapshot` the engine runs on. Reads no file but the catalog's."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from gate.admission.keys import KeyRing, hash_key
from gate.admission.trust import is_loopback
from gate.admission.turns import GuardSettings
from gate.config.catalog import shipped_book
from gate.config.clients import profiles_of
from gate.config.document import ConfigError
from gate.config.providers import Configured, configured_providers
from gate.config.routes import compiled_routes, own_id
from gate.config.routing_rules import compiled_routing
from gate.config.schema import Config, Key
from gate.config.simulate import SIMULATED, simulated_world
from gate.config.state import state_settings
from gate.config.store import store_settings
from gate.config.transformers import compiled_chains
from gate.core.intent import Intent
from gate.core.lane import Cluster, Lane
from gate.core.loss import DEFAULT_FIDELITY
from gate.engine.snapshot import (
    Limits,
    Snapshot,
    StreamSettings,
    Target,
    TelemetrySettings,
    Timeouts,
)
from gate.health.breaker import BreakerSettings
from gate.health.probing import ProbeSettings
from gate.planner.inputs import NameMapping, Policy, World
from gate.protocols.registry import translators

PUBLISHED_PREFIX = "claude-gate-"
"""Claude Code's discovery ignores ids that do not start with `claude` or `anthropic`."""


def compile_config(config: Config, env: Mapping[str, str]) -> Snapshot:
    """Raises ConfigError for references to nothing (a lane, a cluster, a provider, an intent that is not there)."""
    book = shipped_book()
    providers = configured_providers(config, env)
    lanes = {**book.lanes, **_own_lanes(config, book.lanes)}
    routes = compiled_routes(config, providers, book)
    intents = {name: Intent(name=name, **section.model_dump()) for name, section in config.intents.items()}
    version = _version(config, env)
    world = World(
        version=version,
        lanes=lanes,
        routes=routes,
        intents=intents,
        providers={name: provider.view for name, provider in providers.items()},
        exact={name.lower(): target for name, target in config.models.items() if "*" not in name},
        patterns=tuple(NameMapping(name.lower(), target) for name, target in config.models.items() if "*" in name),
        policy=_policy(config),
        model_owners=book.owners(),
        owned_names=tuple(
            NameMapping(pattern, name)
            for name, provider in providers.items()
            if provider.kind == name
            for pattern in provider.target.profile.names
        ),
        carries={dialect: translator.cannot for dialect, translator in translators().items()},
    )
    _check_references(config, world)
    client_keys = _ring(config.keys.clients, env.get("GATE_CLIENT_KEY"), "GATE_CLIENT_KEY")
    routing = compiled_routing(config.routing, world, client_keys.entries)
    world = replace(world, routing=routing.rules)
    simulated = _simulated(config, providers, world)
    targets = {name: provider.target for name, provider in providers.items()}
    if simulated is not None:
        targets[SIMULATED.profile.name] = SIMULATED
    limits = config.limits.model_dump()
    retry_wait_cap_s = limits.pop("retry_wait_cap_s")
    return Snapshot(
        version=version,
        world=world,
        simulated=simulated,
        routes={route.id: route for route in (*routes, *(simulated.routes if simulated is not None else ()))},
        targets=targets,
        timeouts=Timeouts(**config.timeouts.model_dump()),
        stream=StreamSettings(**config.stream.model_dump()),
        limits=Limits(**limits),
        breaker=BreakerSettings(**config.breaker.model_dump()),
        probes=ProbeSettings(**config.probes.model_dump()),
        guard=GuardSettings(**config.guard.model_dump()),
        telemetry=TelemetrySettings(**config.telemetry.model_dump(exclude={"propagate"})),
        client_keys=client_keys,
        admin_keys=_ring(config.keys.admin, env.get("GATE_ADMIN_KEY"), "GATE_ADMIN_KEY"),
        allow_anonymous=config.listen.allow_anonymous,
        path_prefix=config.listen.path_prefix,
        publish=_published(intents),
        retry_wait_cap_s=retry_wait_cap_s,
        profiles=profiles_of(config.clients),
        matching=routing.matching,
        store=store_settings(config.store, env),
        state=state_settings(config.state, env),
        transformers=compiled_chains(
            {name: section.transformers for name, section in config.providers.items()},
            [(own_id(section), section.provider, section.transformers) for section in config.routes],
        ),
    )


def _policy(config: Config) -> Policy:
    said = config.policy.model_dump(exclude={"fidelity"})
    return Policy(**said, fidelity={**DEFAULT_FIDELITY, **config.policy.fidelity})


def _own_lanes(config: Config, known: Mapping[str, Lane]) -> dict[str, Lane]:
    """The operator's lanes: whole ones, and what is said otherwise of those of the catalog. Raises ConfigError."""
    lanes: dict[str, Lane] = {}
    findings: list[str] = []
    for name, section in config.lanes.items():
        if name in known:
            unsaid = {"cluster"} if section.cluster is None else None
            lanes[name] = replace(known[name], **section.model_dump(exclude_unset=True, exclude=unsaid))
        elif section.cluster is None:
            findings.append(f"lanes.{name}: the catalog has no such lane: give its cluster")
        else:
            lanes[name] = Lane(name=name, **section.model_dump())
    if findings:
        raise ConfigError(findings)
    return lanes


def _published(intents: Mapping[str, Intent]) -> dict[str, str]:
    names = {f"{PUBLISHED_PREFIX}{name}": f"Gate: {name}" for name in intents}
    return {**names, **{name: f"Gate: {name}" for name in intents}}


def _simulated(config: Config, providers: Mapping[str, Configured], world: World) -> World | None:
    """Only when there is no key at all, and never where a stranger could take its answers for a model's."""
    has_key = any(provider.view.unusable is None for provider in providers.values())
    return None if has_key or not is_loopback(config.listen.host) else simulated_world(world)


def _ring(keys: Sequence[Key], variable: str | None, name: str) -> KeyRing:
    entries: dict[str, str] = {}
    findings: list[str] = []
    for key in keys:
        if (key.hash is None) == (key.key is None):
            findings.append(f"keys: {key.name}: give either hash or key")
        elif key.name in entries:
            findings.append(f"keys: {key.name} is there twice")
        try:
            entries[key.name] = key.hash or hash_key(key.key or "")
        except ValueError as error:
            findings.append(f"keys: {key.name}: {error}")
    if variable:
        try:
            entries[name] = hash_key(variable)
        except ValueError as error:
            findings.append(f"{name}: {error}")
    if findings:
        raise ConfigError(findings)
    return KeyRing(entries)


def _check_references(config: Config, world: World) -> None:
    """Every name that stands for something stands for something that is there."""
    findings: list[str] = []
    places = set(world.lanes) | {cluster.value for cluster in Cluster}
    for name, intent in world.intents.items():
        for place in (*intent.start, *intent.degrade_to, *intent.upgrade_to):
            if place not in places:
                findings.append(f"intents.{name}: there is no lane or cluster {place}")
    for name, lane in world.lanes.items():
        for edge in (*lane.degrade_to, *lane.upgrade_to):
            if edge not in world.lanes:
                findings.append(f"lanes.{name}: there is no lane {edge}")
    for index, route in enumerate(config.routes):
        if route.lane not in world.lanes:
            findings.append(f"routes.{index}: there is no lane {route.lane}: add it under lanes")
        if route.provider not in world.providers:
            findings.append(f"routes.{index}: there is no provider {route.provider}: add it under providers")
    for name, target in config.models.items():
        if not _is_target(target, world):
            findings.append(f"models.{name}: {target} is neither an intent, lane:NAME nor provider/model")
    findings += _unknown_in_objectives(config, world)
    if findings:
        raise ConfigError(findings)


def _unknown_in_objectives(config: Config, world: World) -> Iterator[str]:
    known = {"intents": {*world.intents, "explicit"}, "lanes": world.lanes, "providers": world.providers}
    names = [objective.name for objective in config.objectives]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"objectives: {name} is there twice"
    for objective in config.objectives:
        for selector, there in known.items():
            for name in getattr(objective, selector):
                if name not in there:
                    yield f"objectives: {objective.name}: there is no {selector.removesuffix('s')} {name}"


def _is_target(target: str, world: World) -> bool:
    if target.startswith("lane:"):
        return target[5:] in world.lanes
    return target in world.intents or target.split("/", 1)[0] in world.providers


def _version(config: Config, env: Mapping[str, str]) -> str:
    """Twelve hex digits of what the configuration means; keys count only by being there."""
    meaning = config.model_dump(mode="json")
    for name, provider in meaning["providers"].items():
        provider["key"] = bool(provider["key"])
        provider["headers"] = sorted(config.providers[name].headers)
    for keys in meaning["keys"].values():
        for key in keys:
            key["key"] = bool(key["key"])
    meaning["state"] |= {"url": bool(meaning["state"]["url"]), "key": bool(meaning["state"]["key"])}
    present = sorted(name for name in env if name.endswith("_API_KEY") and env[name])
    addresses = {name: env[name] for name in env if name.startswith("GATE_") and name.endswith("_BASE_URL")}
    text = json.dumps([meaning, present, addresses, shipped_book().version], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def own_addresses(snapshot: Snapshot, bound: Sequence[tuple[str, int]]) -> None:
    """Refuse a provider whose address is one of Gate's own: requests would go round. Raises ConfigError."""
    findings = [
        f"provider {name}: its address {target.base_url} is Gate itself: requests would go round for ever; "
        "ANTHROPIC_BASE_URL is for clients, Gate reads GATE_ANTHROPIC_BASE_URL"
        for name, target in snapshot.targets.items()
        if not target.simulated and any(_same(target, host, port) for host, port in bound)
    ]
    if findings:
        raise ConfigError(findings)


def _same(target: Target, host: str, port: int) -> bool:
    parts = urlsplit(target.base_url)
    asked = parts.port or (443 if parts.scheme == "https" else 80)
    if asked != port or parts.hostname is None:
        return False
    if parts.hostname == host:
        return True
    return is_loopback(parts.hostname) and (is_loopback(host) or host in ("0.0.0.0", "::"))

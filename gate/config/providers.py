"""Which providers there are: those of the configuration, and every known one, with a key in its variable or without."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from gate.config.document import ConfigError
from gate.config.schema import Config, Provider
from gate.core.profile import Propagate, ProviderProfile
from gate.core.reason import Reason, ReasonCode, reason
from gate.core.secret import Secret
from gate.engine.snapshot import PoolSettings, Target
from gate.planner.inputs import ProviderView
from gate.providers.discover import all_profiles

_PLACEHOLDERS = ("your-", "your_", "<", "changeme", "change-me", "replace", "xxx", "placeholder", "sk-xxx", "todo")


@dataclass(frozen=True, slots=True)
class Configured:
    """One provider, ready for the planner (view) and for the engine (target). kind: whose catalog models it serves."""

    kind: str
    target: Target
    view: ProviderView
    catalog: bool


def configured_providers(config: Config, env: Mapping[str, str]) -> dict[str, Configured]:
    """By name. A known provider without a key is there too, with the reason why it cannot be used: errors and
    `gate routes` say which key would help. Raises ConfigError."""
    profiles = {name: profile for name, profile in all_profiles().items() if profile.key_env is not None}
    sections = {**{name: Provider() for name in profiles}, **config.providers}
    found: dict[str, Configured] = {}
    findings: list[str] = []
    default = _propagate(config, env)
    for name, section in sections.items():
        try:
            found[name] = _configured(name, section, env, default)
        except ConfigError as error:
            findings += error.findings
    if findings:
        raise ConfigError(findings)
    return found


def _propagate(config: Config, env: Mapping[str, str]) -> Propagate | None:
    """What is said for all providers; None when nothing is, so that each profile's own default holds."""
    text = env.get("GATE_PROPAGATE")
    if not text:
        return config.telemetry.propagate
    try:
        return Propagate(text.lower())
    except ValueError:
        raise ConfigError([f"GATE_PROPAGATE is one of {', '.join(Propagate)}, not {text[:20]!r}"]) from None


def _configured(name: str, section: Provider, env: Mapping[str, str], default: Propagate | None) -> Configured:
    profiles = all_profiles()
    kind = section.kind or name
    profile = profiles.get(kind)
    if profile is None:
        known = ", ".join(sorted(profiles))
        raise ConfigError(
            [f"providers.{name}: {kind} is no known kind ({known}); for any other endpoint: kind: compatible"]
        )
    base_url = section.base_url or env.get(profile.base_url_env or "", "") or profile.base_url
    if not base_url:
        raise ConfigError([f"providers.{name}: needs a base_url"])
    endpoints = dict(profile.endpoints)
    if section.dialects is not None:
        missing = [dialect for dialect in section.dialects if dialect not in endpoints]
        if missing:
            raise ConfigError([f"providers.{name}: {kind} does not speak {', '.join(missing)}"])
        endpoints = {dialect: endpoints[dialect] for dialect in section.dialects}
    profile = replace(profile, name=name, endpoints=endpoints)
    key = section.key or (env.get(profile.key_env, "") if profile.key_env and kind == name else "")
    target = Target(
        profile=profile,
        base_url=bare(base_url),
        key=Secret(key) if key else None,
        propagate=section.propagate or default or profile.propagate,
        headers=tuple(section.headers.items()),
        ca_file=section.ca_file,
        pool=PoolSettings(**section.pool.model_dump()),
    )
    view = ProviderView(
        name=name,
        dialects=frozenset(endpoints),
        unusable=_unusable(section, profile, key),
        owns=profile.owns,
        counts_tokens=frozenset(dialect for dialect, end in endpoints.items() if end.count_tokens_path is not None),
        key_variable=profile.key_env,
    )
    return Configured(kind, target, view, section.catalog)


def _unusable(section: Provider, profile: ProviderProfile, key: str) -> Reason | None:
    if not section.enabled:
        return reason(ReasonCode.DISABLED)
    if profile.key_env is None and not key:
        return None  # a kind that needs no key of its own, e.g. a server on this machine
    variable = profile.key_env or f"providers.{profile.name}.key"
    if not key:
        return reason(ReasonCode.NO_CREDENTIAL, provider=profile.name, variable=variable)
    if key.lower().startswith(_PLACEHOLDERS):
        return reason(ReasonCode.PLACEHOLDER_KEY, provider=profile.name, variable=variable)
    return None


def bare(base_url: str) -> str:
    """A base address without final slashes and a final `/v1`, which endpoints' own paths carry."""
    return base_url.rstrip("/").removesuffix("/v1").rstrip("/")

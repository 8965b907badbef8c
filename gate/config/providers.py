"""Which providers there are: those of the configuration, and every known one, with a key in its variable or without."""

from collections.abc import Mapping
from dataclasses import dataclass

from gate.config.adapt import adapted
from gate.config.clouds import NO_ACCOUNT, placed
from gate.config.document import ConfigError
from gate.config.schema import Config, Provider
from gate.core.plugins import PluginError
from gate.core.profile import Propagate, ProviderProfile
from gate.core.reason import Reason, ReasonCode, reason
from gate.core.secret import Secret
from gate.engine.snapshot import PoolSettings, Target
from gate.planner.inputs import ProviderView
from gate.providers.discover import ProviderError, all_profiles

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
    sections = {
        **{name: Provider() for name, profile in _profiles().items() if _named(profile, env)},
        **config.providers,
    }
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


def _profiles() -> dict[str, ProviderProfile]:
    """Every known kind. Raises ConfigError for a package that brings a broken one."""
    try:
        return all_profiles()
    except (PluginError, ProviderError) as error:
        raise ConfigError([str(error)]) from None


def _named(profile: ProviderProfile, env: Mapping[str, str]) -> bool:
    """Whether a provider is there without a word in the configuration: one that has a key of its own, and a server that
    needs none once its address is given."""
    return profile.key_env is not None or bool(env.get(profile.base_url_env or ""))


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
    profiles = _profiles()
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
    try:
        profile = adapted(
            profile,
            name=name,
            dialects=section.dialects,
            paths=section.paths,
            auth=section.auth,
            vendor=section.vendor,
            quirks=section.quirks,
        )
    except LookupError as error:
        raise ConfigError([f"providers.{name}: {kind} does not speak {error}"]) from None
    key = section.key or (env.get(profile.key_env, "") if profile.key_env and kind == name else "")
    account = NO_ACCOUNT
    if section.enabled:
        profile, base_url, account = placed(name, profile, base_url, section, keyless=not key)
    endpoints = profile.endpoints
    target = Target(
        profile=profile,
        base_url=bare(base_url),
        key=Secret(key) if key else None,
        propagate=section.propagate or default or profile.propagate,
        headers=tuple(section.headers.items()),
        ca_file=section.ca_file,
        pool=PoolSettings(**section.pool.model_dump()),
        account=account,
    )
    view = ProviderView(
        name=name,
        dialects=frozenset(endpoints),
        unusable=_unusable(section, profile, key),
        owns=profile.owns,
        key_variable=profile.key_env,
        order=tuple(endpoints),
        cannot={dialect: end.quirks.cannot for dialect, end in endpoints.items() if end.quirks.cannot},
    )
    return Configured(kind, target, view, section.catalog)


def _unusable(section: Provider, profile: ProviderProfile, key: str) -> Reason | None:
    if not section.enabled:
        return reason(ReasonCode.DISABLED)
    if profile.key_env is None and not key and not profile.key_hint:
        return None  # a kind that needs no key of its own, e.g. a server on this machine, or a cloud with credentials
    variable = profile.key_env or f"providers.{profile.name}.key"
    if not key:
        return reason(ReasonCode.NO_CREDENTIAL, provider=profile.name, variable=variable)
    if key.lower().startswith(_PLACEHOLDERS):
        return reason(ReasonCode.PLACEHOLDER_KEY, provider=profile.name, variable=variable)
    return None


def bare(base_url: str) -> str:
    """A base address without final slashes and a final `/v1`, which endpoints' own paths carry."""
    return base_url.rstrip("/").removesuffix("/v1").rstrip("/")

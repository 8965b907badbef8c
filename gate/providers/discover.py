"""Finds the providers: every module of this package that has a `PROFILE`, and installed packages' entry points. There
is no list to edit."""

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

import gate.providers
from gate.core.plugins import PROVIDERS, Plugin, PluginError, plugins
from gate.core.profile import ProviderProfile
from gate.providers.spec import findings


class ProviderError(Exception):
    """A provider's file is not complete, or two of them claim one name."""


def all_profiles() -> dict[str, ProviderProfile]:
    """Every known provider by name, in the order of the names. Raises ProviderError, and PluginError for a package."""
    return dict(_all())


@cache
def _all() -> dict[str, ProviderProfile]:
    return with_plugins(shipped(), plugins(PROVIDERS))


def shipped() -> dict[str, ProviderProfile]:
    """Those of this package. Raises ProviderError."""
    return profiles_in(gate.providers)


def profiles_in(package: ModuleType) -> dict[str, ProviderProfile]:
    """The profiles of the modules of `package`. Raises ProviderError."""
    found: dict[str, ProviderProfile] = {}
    for module in iter_modules(package.__path__):
        profile = getattr(import_module(f"{package.__name__}.{module.name}"), "PROFILE", None)
        if not isinstance(profile, ProviderProfile):
            continue
        faults = findings(profile)
        if faults:
            raise ProviderError(f"providers/{module.name}.py: {'; '.join(faults)}")
        if profile.name in found:
            raise ProviderError(f"providers/{module.name}.py: there is a provider {profile.name} already")
        found[profile.name] = profile
    return dict(sorted(found.items()))


def with_plugins(known: dict[str, ProviderProfile], found: Iterable[Plugin]) -> dict[str, ProviderProfile]:
    """Those and the installed ones. Raises PluginError: no profile, an incomplete one, or a name that is taken."""
    merged = dict(known)
    owners = dict.fromkeys(known, "Gate itself")
    for plugin in found:
        profile = plugin.found
        if not isinstance(profile, ProviderProfile):
            raise PluginError(f"{plugin.origin}: is no ProviderProfile")
        faults = findings(profile)
        if faults:
            raise PluginError(f"{plugin.origin}: {'; '.join(faults)}")
        if profile.name in merged:
            raise PluginError(
                f"{plugin.origin}: the provider {profile.name} is there already, from {owners[profile.name]}"
            )
        merged[profile.name], owners[profile.name] = profile, plugin.origin
    return dict(sorted(merged.items()))

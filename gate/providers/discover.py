"""Finds the providers: every module of this package that has a `PROFILE`. There is no list to edit."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

import gate.providers
from gate.core.profile import ProviderProfile
from gate.providers.spec import findings


class ProviderError(Exception):
    """A provider's file is not complete, or two of them claim one name."""


def all_profiles() -> dict[str, ProviderProfile]:
    """Every known provider by name, in the order of the names. Raises ProviderError."""
    return dict(_shipped())


@cache
def _shipped() -> dict[str, ProviderProfile]:
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

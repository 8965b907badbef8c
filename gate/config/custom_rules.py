"""Routing rules that installed packages bring: objects with a `name` and `match(features)`, found by entry points of
the group `gate.rules`. A configuration names those it uses; being installed alone changes nothing."""

import re
from collections.abc import Iterable
from functools import cache
from typing import cast

from gate.core.plugins import RULES, Plugin, PluginError, plugins
from gate.engine.matching import CustomRule

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


@cache
def installed_rules() -> dict[str, CustomRule]:
    """Every installed rule by name. Raises PluginError."""
    return checked(plugins(RULES))


def checked(found: Iterable[Plugin]) -> dict[str, CustomRule]:
    """The rules among what was found. Raises PluginError: no rule, or a name that is taken."""
    rules: dict[str, CustomRule] = {}
    owners: dict[str, str] = {}
    for plugin in found:
        wrong = _fault(plugin.found)
        if wrong is not None:
            raise PluginError(f"{plugin.origin}: {wrong}")
        rule = cast("CustomRule", plugin.found)
        if rule.name in rules:
            raise PluginError(f"{plugin.origin}: the rule {rule.name} is there already, from {owners[rule.name]}")
        rules[rule.name], owners[rule.name] = rule, plugin.origin
    return rules


def _fault(found: object) -> str | None:
    """What is wrong with an object that is to be a rule; None when it is one."""
    if isinstance(found, type):
        return "is a class: name an object of it"
    try:
        name = getattr(found, "name", None)
        match = getattr(found, "match", None)
    except Exception as error:  # a property of the package's own
        return f"cannot be asked for its name: {type(error).__name__}: {error}"
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return "has no `name` of lower-case letters, digits, _ and -"
    return None if callable(match) else "has no `match(features)`"

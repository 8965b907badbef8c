"""Rules of installed packages: what they have to be, and how a broken one is refused."""

from typing import Any

import pytest

from gate.config.custom_rules import checked, installed_rules
from gate.core.plugins import Plugin, PluginError


class Rule:
    def __init__(self, name: Any = "tiers") -> None:
        self.name = name

    def match(self, features: object) -> str | None:
        return None


class Nameless:
    def match(self, features: object) -> str | None:
        return None


class Silent:
    name = "silent"


class Raising:
    @property
    def name(self) -> str:
        raise RuntimeError("not today")


def plugin(found: object, name: str = "tiers") -> Plugin:
    return Plugin(name, f"gate-acme 1.0 (entry point {name})", found)


def test_rules_by_name() -> None:
    one, other = Rule(), Rule("other-1")
    assert checked([plugin(one), plugin(other)]) == {"tiers": one, "other-1": other}
    assert checked([]) == {}
    assert installed_rules() == {}, "nothing is installed where the tests run"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Rule, "is a class: name an object of it"),
        (Nameless(), "has no `name` of lower-case letters, digits, _ and -"),
        (Rule("Tiers"), "has no `name` of lower-case letters, digits, _ and -"),
        (Rule(7), "has no `name` of lower-case letters, digits, _ and -"),
        (Silent(), "has no `match(features)`"),
        (Raising(), "cannot be asked for its name: RuntimeError: not today"),
    ],
)
def test_what_is_no_rule_is_refused_by_name(found: object, said: str) -> None:
    with pytest.raises(PluginError) as caught:
        checked([plugin(found)])
    assert str(caught.value) == f"gate-acme 1.0 (entry point tiers): {said}"


def test_two_of_one_name() -> None:
    with pytest.raises(PluginError) as caught:
        checked([plugin(Rule()), plugin(Rule(), "more")])
    assert "the rule tiers is there already, from gate-acme 1.0 (entry point tiers)" in str(caught.value)

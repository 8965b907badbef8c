"""The shipped transformers, and those of packages."""

from dataclasses import dataclass
from typing import ClassVar

import pytest

from gate.core.plugins import Plugin, PluginError
from gate.protocols.canonical.request import Request
from gate.protocols.transformers.discover import all_transformers, shipped, with_plugins
from gate.protocols.translation import Aim


@dataclass(frozen=True)
class Acme:
    name: ClassVar[str] = "acme"

    def request(self, request: Request, aim: Aim) -> Request:
        return request

    def answer(self) -> None:
        return None


@dataclass(frozen=True)
class Taken(Acme):
    name: ClassVar[str] = "maxtoken"


def test_two_are_shipped() -> None:
    assert set(shipped()) == {"maxtoken", "reasoning"}
    assert shipped().keys() <= all_transformers().keys()


def test_the_answer_is_the_callers_own() -> None:
    all_transformers().clear()
    assert all_transformers()


def test_a_package_adds_one() -> None:
    found = with_plugins(shipped(), [Plugin("acme", "gate-acme 1.0", Acme)])
    assert found["acme"] is Acme
    assert list(found) == sorted(found)


def test_names_do_not_clash() -> None:
    with pytest.raises(
        PluginError, match=r"gate-acme 1\.0: the transformer maxtoken is there already, from Gate itself"
    ):
        with_plugins(shipped(), [Plugin("acme", "gate-acme 1.0", Taken)])
    twice = [Plugin("acme", "gate-acme 1.0", Acme), Plugin("acme", "other 2.0", Acme)]
    with pytest.raises(PluginError, match=r"other 2\.0: the transformer acme is there already, from gate-acme 1\.0"):
        with_plugins({}, twice)


def test_what_is_no_transformer_is_refused_by_its_packages_name() -> None:
    with pytest.raises(PluginError, match=r"gate-acme 1\.0: is no dataclass"):
        with_plugins({}, [Plugin("acme", "gate-acme 1.0", Acme())])

"""The scenarios as fixtures, each run once, with everything still standing while it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack

import pytest

from tests.harness.missing import missing_part
from tests.scenario.rules import rule_files
from tests.scenario.run import RULES, Ran, standard
from tests.scenario.second import second
from tests.stack.backends import StackUnavailable

PROFILES = ("1.41", "genai-next")


@pytest.fixture(scope="session", params=PROFILES)
def profile(request: pytest.FixtureRequest) -> str:
    """A profile of the semantic conventions that dashboards are built for."""
    return str(request.param)


@pytest.fixture(scope="session")
def scenario(profile: str) -> Iterator[Ran]:
    """The standard scenario under a profile."""
    yield from _running(standard(rule_files(RULES), profile))


@pytest.fixture(scope="session")
def other() -> Iterator[Ran]:
    """The second scenario, run once for all profiles."""
    yield from _running(second(rule_files(RULES)))


def _running(scenario: AbstractContextManager[Ran]) -> Iterator[Ran]:
    with ExitStack() as stack:
        try:
            ran = stack.enter_context(scenario)
        except StackUnavailable as error:
            missing_part(str(error))
        yield ran

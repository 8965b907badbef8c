"""The scenarios as fixtures, each run once, with everything still standing while it is asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness.missing import missing_part
from tests.scenario.rules import rule_files
from tests.scenario.run import RULES, SCRAPE_S, Ran, standard
from tests.scenario.second import second
from tests.stack.backends import StackUnavailable
from tests.stack.stack import start_stack

PROFILES = ("1.41", "genai-next")


@pytest.fixture(scope="session", params=PROFILES)
def profile(request: pytest.FixtureRequest) -> str:
    """A profile of the semantic conventions that dashboards are built for."""
    return str(request.param)


@pytest.fixture(scope="session")
def scenario(profile: str) -> Iterator[Ran]:
    """The standard scenario under a profile, on a stack of its own: nothing else is in its Prometheus."""
    try:
        stack = start_stack(SCRAPE_S)
    except StackUnavailable as error:
        missing_part(str(error))
    with stack, standard(stack, rule_files(RULES), profile) as ran:
        yield ran


@pytest.fixture(scope="session")
def other() -> Iterator[Ran]:
    """The second scenario, run once for all profiles."""
    try:
        stack = start_stack(SCRAPE_S)
    except StackUnavailable as error:
        missing_part(str(error))
    with stack, second(stack, rule_files(RULES)) as ran:
        yield ran

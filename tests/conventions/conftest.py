"""One capture for each profile, shared by all tests of this directory."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from tests.conventions.capture import Captured, capture


@pytest.fixture(scope="session")
def captured() -> Callable[[str], Captured]:
    """What a Gate sent in a profile."""
    return cache(capture)

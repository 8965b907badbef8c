"""One capture for each profile, shared by all tests of this directory."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conventions.capture import Captured, capture


@pytest.fixture(scope="session")
def captured() -> Callable[[str], Captured]:
    """What a Gate sent in a profile. A capture that failed is not tried again by the next test."""
    known: dict[str, Captured | Exception] = {}

    def get(profile: str) -> Captured:
        if profile not in known:
            try:
                known[profile] = capture(profile)
            except Exception as error:
                known[profile] = error
        found = known[profile]
        if isinstance(found, Exception):
            raise found
        return found

    return get

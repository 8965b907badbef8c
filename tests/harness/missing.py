"""What to do when a real part is not there: skip with the reason, but never in CI, where it is a failure."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def in_ci() -> bool:
    """Whether this is a CI run (`CI=true`, as every common CI sets it)."""
    return os.environ.get("CI", "").lower() in ("1", "true", "yes")


def missing_part(reason: str) -> NoReturn:
    """Skips the test; fails it in CI."""
    if in_ci():
        pytest.fail(f"a real part is missing, and this is CI: {reason}", pytrace=False)
    pytest.skip(reason)

"""gate.protocols.openai_responses.usage: what is reported, and None for what is not."""

from __future__ import annotations

import pytest

from gate.core.usage import NOT_REPORTED, Usage
from gate.protocols.openai_responses.usage import read_usage
from tests.protocols.openai_responses.shapes import USAGE


def test_a_full_report() -> None:
    assert read_usage(USAGE) == Usage(input=200, output=25, cache_read=50, cache_write=20, reasoning=5)


def test_a_plain_report() -> None:
    plain = {name: value for name, value in USAGE.items() if isinstance(value, int)}
    assert read_usage(plain) == Usage(input=200, output=25)


@pytest.mark.parametrize("odd", [None, {}, [], "x", 5, dict.fromkeys(USAGE, "7"), dict.fromkeys(USAGE)])
def test_odd_reports_report_nothing(odd: object) -> None:
    assert read_usage(odd) == NOT_REPORTED

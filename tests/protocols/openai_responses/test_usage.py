"""gate.protocols.openai_responses.usage: what is reported, and None for what is not."""

from __future__ import annotations

import pytest

from gate.core.usage import NOT_REPORTED, Usage
from gate.protocols.openai_responses.usage import read_usage, write_usage
from tests.protocols.openai_responses.shapes import USAGE


def test_a_full_report() -> None:
    assert read_usage(USAGE) == Usage(input=200, output=25, cache_read=50, cache_write=20, reasoning=5)


def test_a_plain_report() -> None:
    plain = {name: value for name, value in USAGE.items() if isinstance(value, int)}
    assert read_usage(plain) == Usage(input=200, output=25)


@pytest.mark.parametrize("odd", [None, {}, [], "x", 5, dict.fromkeys(USAGE, "7"), dict.fromkeys(USAGE)])
def test_odd_reports_report_nothing(odd: object) -> None:
    assert read_usage(odd) == NOT_REPORTED


def test_what_is_written_is_read_again() -> None:
    counted = Usage(input=200, output=25, cache_read=50, cache_write=20, reasoning=5)
    assert read_usage(write_usage(counted)) == counted


def test_clients_get_numbers_whatever_was_reported() -> None:
    assert write_usage(Usage()) == {
        "input_tokens": 0,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 0,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 0,
    }

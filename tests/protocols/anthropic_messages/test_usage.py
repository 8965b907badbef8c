"""gate.protocols.anthropic_messages.usage: totals, splits, and nothing counted twice."""

from __future__ import annotations

from typing import Any

import pytest

from gate.core.usage import NOT_REPORTED, Usage
from gate.protocols.anthropic_messages.usage import UsageCount, read_usage, write_usage


def count(*reports: dict[str, Any] | None) -> Usage:
    made = UsageCount()
    for report in reports:
        made.report(report)
    return made.usage()


def test_input_is_the_sum_of_its_three_parts() -> None:
    usage = read_usage(
        {
            "input_tokens": 3,
            "cache_creation_input_tokens": 300,
            "cache_read_input_tokens": 50,
            "cache_creation": {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 200},
            "output_tokens": 550,
            "output_tokens_details": {"thinking_tokens": 400},
        }
    )
    assert usage == Usage(353, 550, 50, 300, 100, 200, 400)


def test_what_is_not_reported_is_unknown() -> None:
    assert read_usage({"input_tokens": 3, "output_tokens": 5}) == Usage(input=3, output=5)
    assert read_usage(None) == NOT_REPORTED
    assert read_usage({"cache_read_input_tokens": 5}) == Usage(cache_read=5)
    assert read_usage({"input_tokens": 3, "cache_read_input_tokens": 0}).cache_read == 0


START = {"input_tokens": 3, "cache_creation_input_tokens": 12304, "cache_read_input_tokens": 0, "output_tokens": 1}
TOTAL = Usage(input=12307, output=550, cache_read=0, cache_write=12304)


@pytest.mark.parametrize(
    "later",
    [
        [{"output_tokens": 550}],
        [{**START, "output_tokens": 550}],
        [{"output_tokens": 549}, {**START, "output_tokens": 550}],
        [{"input_tokens": 3, "output_tokens": 550}],
        [{"input_tokens": 0, "output_tokens": 550}],
        [{"input_tokens": None, "cache_read_input_tokens": None, "output_tokens": 550}],
        [None, {"output_tokens": 550}],
    ],
)
def test_message_delta_may_repeat_or_omit(later: list[dict[str, Any] | None]) -> None:
    assert count(START, *later) == TOTAL


def test_a_later_report_of_the_input_replaces_an_estimate() -> None:
    assert count(
        {"input_tokens": 170}, {"input_tokens": 120, "cache_read_input_tokens": 50, "output_tokens": 1}
    ) == Usage(input=170, output=1, cache_read=50)
    assert count({"input_tokens": 0, "output_tokens": 0}, {"input_tokens": 9, "output_tokens": 2}) == Usage(9, 2)
    assert count(
        {"input_tokens": 9, "cache_read_input_tokens": 8}, {"input_tokens": 17, "cache_read_input_tokens": 0}
    ) == Usage(input=17, cache_read=0)


@pytest.mark.parametrize("odd", ["5", 5, [], {"input_tokens": "5", "output_tokens": True, "cache_creation": 7}])
def test_odd_reports_report_nothing(odd: object) -> None:
    assert read_usage(odd) == NOT_REPORTED


def test_numbers_as_floats() -> None:
    assert read_usage({"input_tokens": 5.0, "output_tokens": 1.5}) == Usage(input=5)


def test_input_is_written_without_what_was_cached() -> None:
    usage = Usage(
        input=353, output=550, cache_read=50, cache_write=300, cache_write_5m=100, cache_write_1h=200, reasoning=400
    )
    written = write_usage(usage)
    assert written == {
        "input_tokens": 3,
        "cache_creation_input_tokens": 300,
        "cache_read_input_tokens": 50,
        "output_tokens": 550,
        "cache_creation": {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 200},
        "output_tokens_details": {"thinking_tokens": 400},
    }
    assert read_usage(written) == usage


def test_what_was_not_reported_is_written_as_nothing() -> None:
    assert write_usage(NOT_REPORTED) == {
        "input_tokens": 0,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": 0,
    }
    # A vendor that counts what was cached beside the rest leaves no number below zero.
    assert write_usage(Usage(input=5, cache_read=9))["input_tokens"] == 0

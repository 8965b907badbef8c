"""gate.protocols.openai_chat.usage: what is reported, and None for what is not."""

from __future__ import annotations

import pytest

from gate.core.usage import NOT_REPORTED, Usage
from gate.protocols.openai_chat.usage import read_usage, usage_of, write_usage
from tests.protocols.openai_chat.shapes import USAGE


def test_a_full_report() -> None:
    assert read_usage(USAGE) == Usage(input=200, output=25, cache_read=50, reasoning=5)


def test_a_plain_report() -> None:
    plain = {name: value for name, value in USAGE.items() if isinstance(value, int)}
    assert read_usage(plain) == Usage(input=200, output=25)


@pytest.mark.parametrize("odd", [None, {}, [], "x", 5, dict.fromkeys(USAGE, "7"), dict.fromkeys(USAGE)])
def test_odd_reports_report_nothing(odd: object) -> None:
    assert read_usage(odd) == NOT_REPORTED


def test_deepseeks_name_for_cached_tokens() -> None:
    assert read_usage({"prompt_tokens": 9, "prompt_cache_hit_tokens": 4}) == Usage(input=9, cache_read=4)
    assert read_usage({"prompt_tokens_details": {"cached_tokens": 3}, "prompt_cache_hit_tokens": 4}).cache_read == 3


def test_tokens_written_to_a_cache() -> None:
    assert read_usage({"prompt_tokens_details": {"cache_write_tokens": 6}}) == Usage(cache_write=6)


def test_reasoning_that_only_the_total_counts_is_output() -> None:
    """xAI's `completion_tokens` leave it out; everybody else's hold it."""
    apart = {"prompt_tokens": 10, "completion_tokens": 5, "completion_tokens_details": {"reasoning_tokens": 7}}
    assert read_usage({**apart, "total_tokens": 22}) == Usage(input=10, output=12, reasoning=7)
    assert read_usage({**apart, "total_tokens": 15}) == Usage(input=10, output=5, reasoning=7)
    assert read_usage(apart) == Usage(input=10, output=5, reasoning=7)


def test_mistrals_older_count_of_cached_tokens() -> None:
    assert read_usage({"prompt_tokens": 9, "num_cached_tokens": 4}).cache_read == 4


def test_groqs_own_member_where_the_usual_one_is_missing() -> None:
    told = {"prompt_tokens": 9, "completion_tokens": 4}
    assert usage_of({"usage": None, "x_groq": {"id": "r", "usage": told}}) == Usage(input=9, output=4)
    assert usage_of({"usage": told, "x_groq": {"usage": {"prompt_tokens": 1}}}).input == 9


def test_what_is_written_is_read_the_same() -> None:
    usage = Usage(input=9, output=4, cache_read=3, cache_write=2, reasoning=1)
    assert read_usage(write_usage(usage)) == usage
    assert write_usage(NOT_REPORTED) is None


def test_tokens_reported_as_read_and_as_written_are_counted_once() -> None:
    details = {"cached_tokens": 2161, "cache_write_tokens": 2161}
    found = read_usage({"prompt_tokens": 2168, "completion_tokens": 1, "prompt_tokens_details": details})
    assert (found.input, found.cache_read, found.cache_write) == (2168, 2161, None)

"""gate.protocols.openai_chat.usage: what is reported, and None for what is not."""

from __future__ import annotations

import pytest

from gate.core.usage import NOT_REPORTED, Usage
from gate.protocols.openai_chat.usage import read_usage
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

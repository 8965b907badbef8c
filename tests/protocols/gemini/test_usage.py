"""gate.protocols.gemini.usage: `usageMetadata`, both ways."""

from __future__ import annotations

from typing import Any

import pytest

from gate.core.usage import NOT_REPORTED, Usage
from gate.protocols.gemini.usage import read_usage, write_usage
from tests.protocols.gemini.shapes import COUNTS


@pytest.mark.parametrize(
    ("counts", "usage"),
    [
        (COUNTS, Usage(input=200, output=25, cache_read=50, reasoning=5)),
        ({"promptTokenCount": 9, "toolUsePromptTokenCount": 4, "candidatesTokenCount": 2}, Usage(input=13, output=2)),
        ({"toolUsePromptTokenCount": 4}, Usage(input=4)),
        ({"thoughtsTokenCount": 4}, Usage(output=4, reasoning=4)),
        ({"cachedContentTokenCount": 4}, Usage(cache_read=4)),
        ({"promptTokenCount": 0, "candidatesTokenCount": 0}, Usage(input=0, output=0)),
    ],
)
def test_counts_are_sums(counts: Any, usage: Usage) -> None:
    assert read_usage(counts) == usage


@pytest.mark.parametrize(
    ("total", "output"),
    [(9, 0), (12, 3), (7, 0), (12.0, 3), (None, None), ("12", None), (-1, None)],
)
def test_the_total_tells_of_an_output_that_was_left_out(total: Any, output: int | None) -> None:
    assert read_usage({"promptTokenCount": 9, "totalTokenCount": total}) == Usage(input=9, output=output)


def test_the_total_says_nothing_beside_counts_or_without_a_prompt() -> None:
    assert read_usage({"promptTokenCount": 9, "candidatesTokenCount": 1, "totalTokenCount": 99}).output == 1
    assert read_usage({"totalTokenCount": 99}) == NOT_REPORTED


@pytest.mark.parametrize(
    "value",
    [None, 3, "promptTokenCount", [COUNTS], {"promptTokenCount": True, "thoughtsTokenCount": 1.5}, {"usage": COUNTS}],
)
def test_what_reports_nothing(value: Any) -> None:
    assert read_usage(value) == NOT_REPORTED


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        (Usage(input=200, output=25, cache_read=50, reasoning=5), COUNTS),
        (
            Usage(input=3, output=0, cache_read=0, reasoning=0),
            {"promptTokenCount": 3, "candidatesTokenCount": 0, "totalTokenCount": 3},
        ),
        (Usage(input=3, cache_write=2), {"promptTokenCount": 3, "totalTokenCount": 3}),
        (Usage(output=4), {"candidatesTokenCount": 4, "totalTokenCount": 4}),
        (Usage(cache_read=4, reasoning=4), None),
        (NOT_REPORTED, None),
    ],
)
def test_what_a_client_is_told(usage: Usage, counts: Any) -> None:
    assert write_usage(usage) == counts


def test_more_reasoning_than_output_leaves_no_negative_count() -> None:
    made = write_usage(Usage(input=1, output=2, reasoning=5))
    assert made is not None
    assert made["candidatesTokenCount"] == 0

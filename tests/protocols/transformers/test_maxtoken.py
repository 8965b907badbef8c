"""How long answers may be."""

import pytest

from gate.core.dialect import Dialect
from gate.protocols.canonical.request import Effort, Reasoning, Request
from gate.protocols.transformers.maxtoken import MaxToken
from gate.protocols.translation import Aim

AIM = Aim("m", "acme")


def sent(transformer: MaxToken, asked: int | None, reasoning: Reasoning | None = None) -> Request:
    request = Request(Dialect.OPENAI_CHAT, "m", (), max_tokens=asked, reasoning=reasoning)
    return transformer.request(request, AIM)


def test_a_limit_caps_and_is_given_where_there_was_none() -> None:
    capped = MaxToken(limit=100)
    assert [sent(capped, asked).max_tokens for asked in (50, 100, 101, None)] == [50, 100, 100, 100]


def test_a_default_leaves_what_was_asked() -> None:
    default = MaxToken(default=64)
    assert [sent(default, asked).max_tokens for asked in (None, 500)] == [64, 500]
    both = MaxToken(limit=100, default=64)
    assert [sent(both, asked).max_tokens for asked in (None, 500)] == [64, 100]


def test_a_request_that_fits_is_the_same_object() -> None:
    request = Request(Dialect.OPENAI_CHAT, "m", (), max_tokens=50)
    assert MaxToken(limit=100).request(request, AIM) is request


def test_a_thinking_budget_shrinks_with_it() -> None:
    asked = Reasoning(on=True, budget=31_999, summary="auto")
    assert sent(MaxToken(limit=8192), 32_000, asked).reasoning == Reasoning(on=True, budget=4096, summary="auto")
    assert sent(MaxToken(limit=2000), 32_000, asked).reasoning == Reasoning(on=False)
    small = Reasoning(on=True, budget=1024)
    assert sent(MaxToken(limit=8192), 32_000, small).reasoning == small
    effort = Reasoning(effort=Effort.HIGH)
    assert sent(MaxToken(limit=10), 32_000, effort).reasoning == effort


def test_it_leaves_answers_alone() -> None:
    assert MaxToken(limit=1).answer() is None


def test_it_needs_one_of_them_and_both_in_order() -> None:
    with pytest.raises(ValueError, match="give limit, default or both"):
        MaxToken()
    with pytest.raises(ValueError, match="default is above limit"):
        MaxToken(limit=10, default=11)

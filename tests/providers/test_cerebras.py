"""Cerebras: chat only, with limits per day and per minute."""

from gate.core.dialect import Dialect
from gate.providers.cerebras import PROFILE


def test_chat_only() -> None:
    assert {dialect: PROFILE.base_url + end.path for dialect, end in PROFILE.endpoints.items()} == {
        Dialect.OPENAI_CHAT: "https://api.cerebras.ai/v1/chat/completions"
    }


def test_its_limits_name_their_window() -> None:
    assert PROFILE.rate_limits.requests_remaining == "x-ratelimit-remaining-requests-day"
    assert PROFILE.rate_limits.tokens_reset == "x-ratelimit-reset-tokens-minute"

"""Mistral AI: chat only."""

from gate.core.dialect import Dialect
from gate.core.profile import RateLimitHeaders
from gate.providers.mistral import PROFILE


def test_chat_only() -> None:
    assert {dialect: PROFILE.base_url + end.path for dialect, end in PROFILE.endpoints.items()} == {
        Dialect.OPENAI_CHAT: "https://api.mistral.ai/v1/chat/completions"
    }
    assert PROFILE.gen_ai_name == "mistral_ai"
    assert not PROFILE.owns


def test_no_limit_header_is_guessed() -> None:
    assert RateLimitHeaders() == PROFILE.rate_limits

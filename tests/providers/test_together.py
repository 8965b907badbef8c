"""Together AI: chat only."""

from gate.core.dialect import Dialect
from gate.core.profile import RateLimitHeaders
from gate.providers.together import PROFILE


def test_chat_only() -> None:
    assert {dialect: PROFILE.base_url + end.path for dialect, end in PROFILE.endpoints.items()} == {
        Dialect.OPENAI_CHAT: "https://api.together.ai/v1/chat/completions"
    }
    quirks = PROFILE.endpoints[Dialect.OPENAI_CHAT].quirks
    assert (quirks.max_tokens, quirks.thinking_field) == ("max_tokens", "reasoning")


def test_no_limit_header_is_guessed() -> None:
    assert RateLimitHeaders() == PROFILE.rate_limits

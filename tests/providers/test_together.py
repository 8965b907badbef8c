"""Together AI: chat only."""

from gate.core.dialect import Dialect
from gate.core.profile import ResetFormat
from gate.providers.together import PROFILE


def test_chat_only() -> None:
    assert {dialect: PROFILE.base_url + end.path for dialect, end in PROFILE.endpoints.items()} == {
        Dialect.OPENAI_CHAT: "https://api.together.ai/v1/chat/completions"
    }
    quirks = PROFILE.endpoints[Dialect.OPENAI_CHAT].quirks
    assert (quirks.max_tokens, quirks.thinking_field) == ("max_tokens", "reasoning")


def test_tokens_have_names_of_their_own() -> None:
    assert PROFILE.rate_limits.requests_remaining == "x-ratelimit-remaining"
    assert PROFILE.rate_limits.tokens_remaining == "x-tokenlimit-remaining"
    assert PROFILE.rate_limits.reset is ResetFormat.SECONDS

"""OpenAI as its SDK reaches it."""

from gate.core.dialect import Dialect
from gate.core.profile import AuthStyle
from gate.providers.openai import PROFILE


def test_chat_and_responses_with_a_bearer() -> None:
    assert {dialect: PROFILE.base_url + end.path for dialect, end in PROFILE.endpoints.items()} == {
        Dialect.OPENAI_CHAT: "https://api.openai.com/v1/chat/completions",
        Dialect.OPENAI_RESPONSES: "https://api.openai.com/v1/responses",
    }
    assert {end.auth for end in PROFILE.endpoints.values()} == {AuthStyle.BEARER}
    assert PROFILE.endpoints[Dialect.OPENAI_RESPONSES].count_tokens_path == "/v1/responses/input_tokens"


def test_it_owns_both_dialects() -> None:
    assert PROFILE.owns == set(PROFILE.endpoints)


def test_its_limits() -> None:
    assert PROFILE.rate_limits.requests_limit == "x-ratelimit-limit-requests"
    assert PROFILE.rate_limits.tokens_reset == "x-ratelimit-reset-tokens"

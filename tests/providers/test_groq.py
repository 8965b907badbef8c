"""Groq: chat and responses under /openai/v1."""

from gate.core.dialect import Dialect
from gate.providers.groq import PROFILE


def test_both_dialects_are_under_openai() -> None:
    assert {dialect: PROFILE.base_url + end.path for dialect, end in PROFILE.endpoints.items()} == {
        Dialect.OPENAI_CHAT: "https://api.groq.com/openai/v1/chat/completions",
        Dialect.OPENAI_RESPONSES: "https://api.groq.com/openai/v1/responses",
    }
    assert PROFILE.models_path == "/v1/models"
    assert not PROFILE.owns


def test_its_limits() -> None:
    assert PROFILE.rate_limits.requests_remaining == "x-ratelimit-remaining-requests"
    assert PROFILE.rate_limits.tokens_limit == "x-ratelimit-limit-tokens"

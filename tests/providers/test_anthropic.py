"""Anthropic as its SDK reaches it."""

from gate.core.dialect import Dialect
from gate.core.profile import AuthStyle
from gate.providers.anthropic import PROFILE


def test_messages_with_their_version_and_key_header() -> None:
    endpoint = PROFILE.endpoints[Dialect.ANTHROPIC_MESSAGES]
    assert PROFILE.base_url + endpoint.path == "https://api.anthropic.com/v1/messages"
    assert endpoint.count_tokens_path == "/v1/messages/count_tokens"
    assert endpoint.auth is AuthStyle.X_API_KEY
    assert [name for name, _ in endpoint.headers] == ["anthropic-version"]


def test_it_owns_its_dialect_and_speaks_no_other() -> None:
    assert PROFILE.owns == set(PROFILE.endpoints) == {Dialect.ANTHROPIC_MESSAGES}


def test_its_limits_have_names_of_their_own() -> None:
    assert PROFILE.rate_limits.tokens_remaining == "anthropic-ratelimit-tokens-remaining"
    assert PROFILE.rate_limits.requests_reset == "anthropic-ratelimit-requests-reset"

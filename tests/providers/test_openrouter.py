"""OpenRouter: an aggregator with three dialects and one kind of key."""

from gate.core.dialect import Dialect
from gate.core.profile import AuthStyle
from gate.core.route import RouteType
from gate.providers.openrouter import PROFILE


def test_three_dialects_and_a_bearer_in_each() -> None:
    assert {dialect: PROFILE.base_url + end.path for dialect, end in PROFILE.endpoints.items()} == {
        Dialect.OPENAI_CHAT: "https://openrouter.ai/api/v1/chat/completions",
        Dialect.OPENAI_RESPONSES: "https://openrouter.ai/api/v1/responses",
        Dialect.ANTHROPIC_MESSAGES: "https://openrouter.ai/api/v1/messages",
    }
    assert {end.auth for end in PROFILE.endpoints.values()} == {AuthStyle.BEARER}
    assert PROFILE.endpoints[Dialect.ANTHROPIC_MESSAGES].count_tokens_path is None


def test_it_is_nobodys_vendor() -> None:
    assert PROFILE.route_type is RouteType.AGGREGATOR
    assert not PROFILE.owns

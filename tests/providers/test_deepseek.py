"""DeepSeek: no /v1 on the OpenAI paths, messages under /anthropic."""

from gate.core.dialect import Dialect
from gate.core.profile import AuthStyle
from gate.providers.deepseek import PROFILE


def test_three_dialects_each_under_its_documented_address() -> None:
    assert {dialect: PROFILE.base_url + end.path for dialect, end in PROFILE.endpoints.items()} == {
        Dialect.OPENAI_CHAT: "https://api.deepseek.com/chat/completions",
        Dialect.OPENAI_RESPONSES: "https://api.deepseek.com/responses",
        Dialect.ANTHROPIC_MESSAGES: "https://api.deepseek.com/anthropic/v1/messages",
    }


def test_the_key_goes_where_each_dialect_wants_it() -> None:
    assert {dialect: end.auth for dialect, end in PROFILE.endpoints.items()} == {
        Dialect.OPENAI_CHAT: AuthStyle.BEARER,
        Dialect.OPENAI_RESPONSES: AuthStyle.BEARER,
        Dialect.ANTHROPIC_MESSAGES: AuthStyle.X_API_KEY,
    }
    assert not PROFILE.owns


def test_reasoning_goes_back_with_the_history() -> None:
    quirks = PROFILE.endpoints[Dialect.OPENAI_CHAT].quirks
    assert (quirks.thinking_field, quirks.thinking_input) == ("reasoning_content", True)

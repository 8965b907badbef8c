"""Fireworks AI: three dialects under /inference, one kind of key."""

from gate.core.dialect import Dialect
from gate.core.profile import AuthStyle
from gate.providers.fireworks import PROFILE


def test_three_dialects_and_a_bearer_in_each() -> None:
    assert {dialect: PROFILE.base_url + end.path for dialect, end in PROFILE.endpoints.items()} == {
        Dialect.OPENAI_CHAT: "https://api.fireworks.ai/inference/v1/chat/completions",
        Dialect.ANTHROPIC_MESSAGES: "https://api.fireworks.ai/inference/v1/messages",
        Dialect.OPENAI_RESPONSES: "https://api.fireworks.ai/inference/v1/responses",
    }
    assert {end.auth for end in PROFILE.endpoints.values()} == {AuthStyle.BEARER}
    assert not any(end.count_tokens_path for end in PROFILE.endpoints.values())

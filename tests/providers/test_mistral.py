"""Mistral AI: chat only."""

import re

from gate.core.dialect import Dialect
from gate.providers.mistral import PROFILE


def test_chat_only() -> None:
    assert {dialect: PROFILE.base_url + end.path for dialect, end in PROFILE.endpoints.items()} == {
        Dialect.OPENAI_CHAT: "https://api.mistral.ai/v1/chat/completions"
    }
    assert PROFILE.gen_ai_name == "mistral_ai"
    assert not PROFILE.owns


def test_limits_are_those_of_a_minute() -> None:
    assert PROFILE.rate_limits.requests_remaining == "x-ratelimit-remaining-req-minute"
    assert PROFILE.rate_limits.tokens_limit == "x-ratelimit-limit-tokens-minute"
    assert PROFILE.rate_limits.tokens_reset is None


def test_a_calls_id_is_nine_letters_and_digits() -> None:
    pattern = PROFILE.endpoints[Dialect.OPENAI_CHAT].quirks.tool_id
    assert pattern is not None
    assert re.fullmatch(pattern, "sxMPMqFGn")
    assert not re.fullmatch(pattern, "call_1234")


def test_it_is_spared_members_it_refuses() -> None:
    quirks = PROFILE.endpoints[Dialect.OPENAI_CHAT].quirks
    assert {"stream_options", "seed", "user"} <= quirks.drops
    assert quirks.max_tokens == "max_tokens"

"""OpenAI as its SDK reaches it."""

from fnmatch import fnmatchcase

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


def test_models_that_reason_are_told_from_those_that_do_not() -> None:
    patterns = PROFILE.endpoints[Dialect.OPENAI_CHAT].quirks.reasoning_models
    reasons = {name: any(fnmatchcase(name, pattern) for pattern in patterns) for name in MODELS}
    assert reasons == MODELS


MODELS = {
    "gpt-5": True,
    "gpt-5-2025-08-07": True,
    "gpt-5-mini": True,
    "gpt-5.5": True,
    "gpt-6.1-sol": True,
    "o3": True,
    "o4-mini": True,
    "gpt-5-chat-latest": False,
    "gpt-4.1": False,
    "gpt-4o": False,
}


def test_ids_of_calls_are_shorter_in_chat() -> None:
    assert PROFILE.endpoints[Dialect.OPENAI_CHAT].quirks.tool_id == r".{1,40}"
    assert PROFILE.endpoints[Dialect.OPENAI_RESPONSES].quirks.tool_id == r".{1,64}"

"""OpenAI, the vendor of the chat and responses dialects.

Paths and host: github.com/openai/openai-python 3.52.0, read 2026-11-21; the overview of the API that
developersdigest.tech/reference/api-compatibility/openai quotes says the same. Rate-limit headers as captured in
community.openai.com/t/how-to-get-rate-limit-reset-time-for-response-api/1268905, read 2026-11-21; their resets are
durations in words (`12ms`, `6m0s`), on chat and on responses alike.

The responses dialect stands first: it is the one in which OpenAI's newer models can do everything. Developer messages,
`max_completion_tokens` and at most four stop sequences: the SDK's types. Models that reason take no `temperature` and
`top_p` (developers.openai.com/api/docs/guides/reasoning, as the SDK's types refer to it). The id of a tool call is at
most 40 characters long in chat, 64 in responses (the API's own 400s, as in github.com/agno-agi/agno/issues/5382 and
github.com/AnswerDotAI/fastllm/issues/45; all read 2026-11-21).

From gpt-5.6 on, chat completions refuses function tools of a model that reasons; which models that concerns is in
the catalog, model by model.
"""

from gate.core.dialect import Dialect
from gate.core.profile import Endpoint, ProviderProfile, Quirks, RateLimitHeaders, ResetFormat

SDK = "https://github.com/openai/openai-python"
LIMITS = "https://community.openai.com/t/how-to-get-rate-limit-reset-time-for-response-api/1268905"
REASONING_MODELS = (
    "o1*",
    "o3*",
    "o4*",
    "gpt-5",
    "gpt-5-20*",
    "gpt-5-mini*",
    "gpt-5-nano*",
    "gpt-5-pro*",
    "gpt-5-codex*",
    "gpt-5.*",
    "gpt-6*",
)
"""Not `gpt-5-chat-latest`, which does not reason."""

PROFILE = ProviderProfile(
    name="openai",
    title="OpenAI",
    base_url="https://api.openai.com",
    endpoints={
        Dialect.OPENAI_RESPONSES: Endpoint(
            path="/v1/responses",
            count_tokens_path="/v1/responses/input_tokens",
            source=SDK,
            quirks=Quirks(schema="openai_strict", tool_id=r".{1,64}", reasoning_models=REASONING_MODELS),
        ),
        Dialect.OPENAI_CHAT: Endpoint(
            path="/v1/chat/completions",
            source=SDK,
            quirks=Quirks(
                system_role="developer",
                stop_most=4,
                schema="openai_strict",
                tool_id=r".{1,40}",
                reasoning_models=REASONING_MODELS,
            ),
        ),
    },
    gen_ai_name="openai",
    key_env="OPENAI_API_KEY",
    base_url_env="GATE_OPENAI_BASE_URL",
    models_path="/v1/models",
    owns=frozenset({Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES}),
    vendor="openai",
    rate_limits=RateLimitHeaders(
        requests_limit="x-ratelimit-limit-requests",
        requests_remaining="x-ratelimit-remaining-requests",
        requests_reset="x-ratelimit-reset-requests",
        tokens_limit="x-ratelimit-limit-tokens",
        tokens_remaining="x-ratelimit-remaining-tokens",
        tokens_reset="x-ratelimit-reset-tokens",
        reset=ResetFormat.DURATION,
    ),
    names=("gpt-*", "chatgpt-*", "codex-*", "o1*", "o3*", "o4*"),
    key_hint="https://platform.openai.com",
    sources=(f"{SDK} (3.52.0, read 2026-11-21)", f"{LIMITS} (read 2026-11-21)"),
)

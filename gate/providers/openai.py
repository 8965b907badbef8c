"""OpenAI, the vendor of the chat and responses dialects.

Paths and host: github.com/openai/openai-python 3.52.0, read 2026-11-21; the overview of the API that
developersdigest.tech/reference/api-compatibility/openai quotes says the same. Rate-limit headers as captured in
community.openai.com/t/how-to-get-rate-limit-reset-time-for-response-api/1268905, read 2026-11-21; their resets are
durations in words (`12ms`, `6m0s`), on chat and on responses alike.

From gpt-5.6 on, chat completions refuses function tools of a model that reasons; which models that concerns is in
the catalog, model by model.
"""

from gate.core.dialect import Dialect
from gate.core.profile import Endpoint, ProviderProfile, RateLimitHeaders

SDK = "https://github.com/openai/openai-python"
LIMITS = "https://community.openai.com/t/how-to-get-rate-limit-reset-time-for-response-api/1268905"

PROFILE = ProviderProfile(
    name="openai",
    title="OpenAI",
    base_url="https://api.openai.com",
    endpoints={
        Dialect.OPENAI_CHAT: Endpoint(path="/v1/chat/completions", source=SDK),
        Dialect.OPENAI_RESPONSES: Endpoint(
            path="/v1/responses", count_tokens_path="/v1/responses/input_tokens", source=SDK
        ),
    },
    gen_ai_name="openai",
    key_env="OPENAI_API_KEY",
    base_url_env="GATE_OPENAI_BASE_URL",
    models_path="/v1/models",
    owns=frozenset({Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES}),
    rate_limits=RateLimitHeaders(
        requests_limit="x-ratelimit-limit-requests",
        requests_remaining="x-ratelimit-remaining-requests",
        requests_reset="x-ratelimit-reset-requests",
        tokens_limit="x-ratelimit-limit-tokens",
        tokens_remaining="x-ratelimit-remaining-tokens",
        tokens_reset="x-ratelimit-reset-tokens",
    ),
    key_hint="https://platform.openai.com",
    sources=(f"{SDK} (3.52.0, read 2026-11-21)", f"{LIMITS} (read 2026-11-21)"),
)

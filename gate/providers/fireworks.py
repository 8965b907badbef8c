"""Fireworks AI: OpenAI chat and responses, and Anthropic messages, under `/inference/v1`.

docs.fireworks.ai, read 2026-11-21: guides/querying-text-models (chat, responses; the address), guides/response-api,
tools-sdks/anthropic-compatibility (messages, with a Bearer key; no counting endpoint is named). Names of models are
`accounts/fireworks/models/...`. Reasoning in chat comes in `reasoning_content` and is taken back there
(docs.getbifrost.ai/providers/supported-providers/fireworks, read 2026-11-21); efforts are low, medium and high, some
models' high and max (guides/reasoning as noted in github.com/anomalyco/models.dev of 2026-07-02).

Limits are of requests, of prompt and of generated tokens per minute, without resets (serverless/rate-limits and
guides/quotas_usage/rate-limits).
"""

from gate.core.dialect import Dialect
from gate.core.profile import Endpoint, ProviderProfile, Quirks, RateLimitHeaders

CHAT = "https://docs.fireworks.ai/guides/querying-text-models"
RESPONSES = "https://docs.fireworks.ai/guides/response-api"
MESSAGES = "https://docs.fireworks.ai/tools-sdks/anthropic-compatibility"
LIMITS = "https://docs.fireworks.ai/serverless/rate-limits"
HEADERS = "https://docs.fireworks.ai/guides/quotas_usage/rate-limits"
THINKING = "https://docs.getbifrost.ai/providers/supported-providers/fireworks"

PROFILE = ProviderProfile(
    name="fireworks",
    title="Fireworks AI",
    base_url="https://api.fireworks.ai/inference",
    endpoints={
        Dialect.OPENAI_CHAT: Endpoint(
            path="/v1/chat/completions",
            source=CHAT,
            quirks=Quirks(
                max_tokens="max_tokens",
                thinking_field="reasoning_content",
                thinking_input=True,
                efforts=("low", "medium", "high"),
            ),
        ),
        Dialect.ANTHROPIC_MESSAGES: Endpoint(
            path="/v1/messages", headers=(("anthropic-version", "2023-06-01"),), source=MESSAGES
        ),
        Dialect.OPENAI_RESPONSES: Endpoint(path="/v1/responses", source=RESPONSES),
    },
    gen_ai_name="fireworks",
    key_env="FIREWORKS_API_KEY",
    base_url_env="GATE_FIREWORKS_BASE_URL",
    models_path="/v1/models",
    rate_limits=RateLimitHeaders(
        requests_limit="x-ratelimit-limit-requests",
        requests_remaining="x-ratelimit-remaining-requests",
        input_tokens_limit="x-ratelimit-limit-tokens-prompt",
        input_tokens_remaining="x-ratelimit-remaining-tokens-prompt",
        output_tokens_limit="x-ratelimit-limit-tokens-generated",
        output_tokens_remaining="x-ratelimit-remaining-tokens-generated",
    ),
    key_hint="https://app.fireworks.ai/settings/users/api-keys",
    sources=tuple(f"{page} (read 2026-11-21)" for page in (CHAT, RESPONSES, MESSAGES, LIMITS, HEADERS, THINKING)),
)

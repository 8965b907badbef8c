"""Cerebras: OpenAI chat.

Host, path and Bearer key: github.com/Cerebras/cerebras-cloud-sdk-python of 2026-01-06, read 2026-11-21. Rate-limit
headers: Cerebras' page inference-docs.cerebras.ai/support/rate-limits as copied in
github.com/OpenAgentsInc/openagents (docs/cerebras/rate-limits.md), read 2026-11-21. They count requests per day and
tokens per minute; resets are seconds with a fraction (`33011.38`). A request is counted with its
`max_completion_tokens` before it runs. A context overflow is answered with a 400 or 413 without a body.

A model's reasoning comes in `reasoning` and is taken back there, efforts are low, medium and high, at most four stop
sequences are taken, and content is texts and images (the SDK's types).
"""

from gate.core.dialect import Dialect
from gate.core.loss import Use
from gate.core.profile import Endpoint, ProviderProfile, Quirks, RateLimitHeaders, ResetFormat

SDK = "https://github.com/Cerebras/cerebras-cloud-sdk-python"
LIMITS = "https://inference-docs.cerebras.ai/support/rate-limits"

PROFILE = ProviderProfile(
    name="cerebras",
    title="Cerebras",
    base_url="https://api.cerebras.ai",
    endpoints={
        Dialect.OPENAI_CHAT: Endpoint(
            path="/v1/chat/completions",
            source=SDK,
            quirks=Quirks(
                cannot=frozenset({Use.DOCUMENT_DATA, Use.DOCUMENT_URL, Use.DOCUMENT_FILE, Use.AUDIO}),
                thinking_field="reasoning",
                thinking_input=True,
                efforts=("low", "medium", "high"),
                stop_most=4,
            ),
        )
    },
    gen_ai_name="cerebras",
    key_env="CEREBRAS_API_KEY",
    base_url_env="GATE_CEREBRAS_BASE_URL",
    models_path="/v1/models",
    rate_limits=RateLimitHeaders(
        requests_limit="x-ratelimit-limit-requests-day",
        requests_remaining="x-ratelimit-remaining-requests-day",
        requests_reset="x-ratelimit-reset-requests-day",
        tokens_limit="x-ratelimit-limit-tokens-minute",
        tokens_remaining="x-ratelimit-remaining-tokens-minute",
        tokens_reset="x-ratelimit-reset-tokens-minute",
        reset=ResetFormat.SECONDS,
    ),
    key_hint="https://cloud.cerebras.ai",
    sources=(
        f"{SDK} (2026-01-06, read 2026-11-21)",
        f"{LIMITS} (as copied in github.com/OpenAgentsInc/openagents, read 2026-11-21)",
    ),
)

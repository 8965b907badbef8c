"""Together AI: OpenAI chat over open models.

docs.together.ai, read 2026-11-21: its OpenAI compatibility page as quoted by
developersdigest.tech/reference/api-compatibility/together (address, Bearer key, no messages and no responses dialect;
names of models are `vendor/model`), docs/inference/chat/reasoning (reasoning comes in `reasoning`; efforts are low,
medium and high, and some models switch by `reasoning.enabled` instead, which Gate does not send), docs/rate-limits
(limits are of a model and dynamic; `x-ratelimit-reset` is when to try again). The other rate-limit headers count per
second: the same page as kept by learn-ai.blindshot.kz/docs/together-ai/docs/rate-limits, read 2026-11-21. `max_tokens`,
and content of texts and images: types of github.com/togethercomputer/together-python of 2025-12-23, read 2026-11-21.
"""

from gate.core.dialect import Dialect
from gate.core.loss import Use
from gate.core.profile import Endpoint, ProviderProfile, Quirks, RateLimitHeaders, ResetFormat

COMPATIBILITY = "https://www.developersdigest.tech/reference/api-compatibility/together"
REASONING = "https://docs.together.ai/docs/inference/chat/reasoning"
LIMITS = "https://docs.together.ai/docs/rate-limits.md"
HEADERS = "https://learn-ai.blindshot.kz/docs/together-ai/docs/rate-limits/"
SDK = "https://github.com/togethercomputer/together-python"

PROFILE = ProviderProfile(
    name="together",
    title="Together AI",
    base_url="https://api.together.ai",
    endpoints={
        Dialect.OPENAI_CHAT: Endpoint(
            path="/v1/chat/completions",
            source=COMPATIBILITY,
            quirks=Quirks(
                cannot=frozenset({Use.DOCUMENT_DATA, Use.DOCUMENT_URL, Use.DOCUMENT_FILE, Use.AUDIO}),
                max_tokens="max_tokens",
                thinking_field="reasoning",
                efforts=("low", "medium", "high"),
            ),
        )
    },
    gen_ai_name="together",
    key_env="TOGETHER_API_KEY",
    base_url_env="GATE_TOGETHER_BASE_URL",
    models_path="/v1/models",
    rate_limits=RateLimitHeaders(
        requests_limit="x-ratelimit-limit",
        requests_remaining="x-ratelimit-remaining",
        requests_reset="x-ratelimit-reset",
        tokens_limit="x-tokenlimit-limit",
        tokens_remaining="x-tokenlimit-remaining",
        reset=ResetFormat.SECONDS,
    ),
    key_hint="https://api.together.xyz/settings/api-keys",
    sources=(
        *(f"{page} (read 2026-11-21)" for page in (COMPATIBILITY, REASONING, LIMITS, HEADERS)),
        f"{SDK} (2025-12-23, read 2026-11-21)",
    ),
)

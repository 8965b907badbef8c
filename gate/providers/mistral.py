"""Mistral AI: OpenAI chat.

Host and path: openapi.yaml of github.com/mistralai/platform-docs-public, of 2026-08-21, read 2026-11-21. Its pages
name no responses and no messages dialect (also developersdigest.tech/reference/api-compatibility/mistral, read
2026-11-21). Rate-limit headers count requests and tokens per minute and tell no resets; the documented
`X-RateLimit-Remaining` (resources/known-limitations in the same repository) is none of them
(github.com/mistralai/client-ts/issues/169, an answer of 2026-02, read 2026-11-21).

The same openapi.yaml allows no members but its own: `max_tokens`, efforts `high` and `none`, no `stream_options`
(usage is in the last chunk anyway). Reasoning comes as parts of the content (`type: thinking`), and is taken back
there. A tool call's id is nine letters and digits, anything else is a 400 (github.com/anomalyco/opencode/issues/1680,
read 2026-11-21).
"""

from gate.core.dialect import Dialect
from gate.core.loss import Use
from gate.core.profile import Endpoint, ProviderProfile, Quirks, RateLimitHeaders

DOCS = "https://github.com/mistralai/platform-docs-public/blob/222f4ba9114f84ce9f2d718b9a12fbac1e527f4b/openapi.yaml"
ISSUE = "https://github.com/anomalyco/opencode/issues/1680"
LIMITS = "https://github.com/mistralai/client-ts/issues/169"

UNKNOWN_THERE = frozenset(
    {
        "stream_options",
        "logprobs",
        "top_logprobs",
        "logit_bias",
        "seed",
        "user",
        "safety_identifier",
        "store",
        "service_tier",
        "verbosity",
        "modalities",
        "audio",
        "prompt_cache_retention",
        "web_search_options",
        "name",
    }
)
"""Members of OpenAI's chat, and of its messages (`name`), that are not in Mistral's. Its own `random_seed` is no member
of the dialect."""

PROFILE = ProviderProfile(
    name="mistral",
    title="Mistral AI",
    base_url="https://api.mistral.ai",
    endpoints={
        Dialect.OPENAI_CHAT: Endpoint(
            path="/v1/chat/completions",
            source=DOCS,
            quirks=Quirks(
                cannot=frozenset({Use.LOGPROBS}),
                drops=UNKNOWN_THERE,
                max_tokens="max_tokens",
                efforts=("none", "high"),
                tool_id=r"[A-Za-z0-9]{9}",
            ),
        )
    },
    gen_ai_name="mistral_ai",
    key_env="MISTRAL_API_KEY",
    base_url_env="GATE_MISTRAL_BASE_URL",
    models_path="/v1/models",
    rate_limits=RateLimitHeaders(
        requests_limit="x-ratelimit-limit-req-minute",
        requests_remaining="x-ratelimit-remaining-req-minute",
        tokens_limit="x-ratelimit-limit-tokens-minute",
        tokens_remaining="x-ratelimit-remaining-tokens-minute",
    ),
    names=("mistral-*", "ministral-*", "magistral-*", "codestral-*", "devstral-*", "pixtral-*", "open-mistral-*"),
    key_hint="https://console.mistral.ai",
    sources=(f"{DOCS} (2026-08-21, read 2026-11-21)", *(f"{page} (read 2026-11-21)" for page in (ISSUE, LIMITS))),
)

"""Groq: OpenAI chat and responses, under `/openai/v1`.

console.groq.com/docs/openai, read 2026-11-21: the OpenAI base address is https://api.groq.com/openai/v1, and the
Responses API is supported. Paths of chat and models also in github.com/groq/groq-python of 2026-08-18. No messages
dialect is documented. `logprobs`, `logit_bias`, `top_logprobs` and `messages[].name` are answered with a 400 and `n`
must be 1. A model's reasoning comes in `reasoning` and is taken back there, at most four stop sequences are taken, and
content is texts, images and Groq's own documents (types of github.com/groq/groq-python of 2026-08-18, read 2026-11-21).

Rate-limit headers: dev.to/vectle, which quotes Groq's page, read 2026-11-21. They count requests per day and tokens
per minute; resets are durations in words (`1s`, `6m0s`); `retry-after` comes with a 429 only.
"""

from gate.core.dialect import Dialect
from gate.core.loss import Use
from gate.core.profile import Endpoint, ProviderProfile, Quirks, RateLimitHeaders, ResetFormat

DOCS = "https://console.groq.com/docs/openai"
SDK = "https://github.com/groq/groq-python"
LIMITS = "https://dev.to/vectle/groq-429s-your-retry-loop-is-blind-read-the-headers-instead-l0j"

PROFILE = ProviderProfile(
    name="groq",
    title="Groq",
    base_url="https://api.groq.com/openai",
    endpoints={
        Dialect.OPENAI_CHAT: Endpoint(
            path="/v1/chat/completions",
            source=DOCS,
            quirks=Quirks(
                cannot=frozenset(
                    {
                        Use.DOCUMENT_DATA,
                        Use.DOCUMENT_URL,
                        Use.DOCUMENT_FILE,
                        Use.AUDIO,
                        Use.SEVERAL_CHOICES,
                        Use.LOGPROBS,
                    }
                ),
                drops=frozenset({"n", "logprobs", "top_logprobs", "logit_bias", "name"}),
                thinking_field="reasoning",
                thinking_input=True,
                stop_most=4,
            ),
        ),
        Dialect.OPENAI_RESPONSES: Endpoint(path="/v1/responses", source=DOCS),
    },
    gen_ai_name="groq",
    key_env="GROQ_API_KEY",
    base_url_env="GATE_GROQ_BASE_URL",
    models_path="/v1/models",
    rate_limits=RateLimitHeaders(
        requests_limit="x-ratelimit-limit-requests",
        requests_remaining="x-ratelimit-remaining-requests",
        requests_reset="x-ratelimit-reset-requests",
        tokens_limit="x-ratelimit-limit-tokens",
        tokens_remaining="x-ratelimit-remaining-tokens",
        tokens_reset="x-ratelimit-reset-tokens",
        reset=ResetFormat.DURATION,
    ),
    key_hint="https://console.groq.com/keys",
    sources=(
        f"{DOCS} (read 2026-11-21)",
        f"{SDK} (2026-08-18, read 2026-11-21)",
        f"{LIMITS} (read 2026-11-21)",
    ),
)

"""Anthropic, the vendor of the messages dialect.

Paths, host and the key's header: github.com/anthropics/anthropic-sdk-python 2.11.0, read 2026-11-21.
`anthropic-version` must be there; a client's own value passes, and 2023-06-01 is what clients of other vendors'
documentation send (the SDK itself says 2026-10-21 by now). Rate-limit headers:
docs.aws.amazon.com/claude-platform/latest/userguide/rate-limits.html, read 2026-11-21; their resets are RFC 3339
times (`2026-11-21T12:41:00Z`), the token counts are of input and output together, and input and output have headers
of their own beside them; all twelve in one recorded answer of 2025-08-21: the tests of tidyllm, as shown by
rdrr.io/cran/tidyllm, read 2026-11-21.

Anthropic also answers OpenAI chat at `/v1/chat/completions`, but calls that a layer to test with and not for
production (platform.claude.com/docs/en/cli-sdks-libraries/libraries/openai-sdk, read 2026-11-21: most unsupported
fields are silently ignored, prompt caching is not offered). It is left out so that no request lands there by price
alone.
"""

from gate.core.dialect import Dialect
from gate.core.profile import AuthStyle, Endpoint, ProviderProfile, RateLimitHeaders, ResetFormat

SDK = "https://github.com/anthropics/anthropic-sdk-python"
LIMITS = "https://docs.aws.amazon.com/claude-platform/latest/userguide/rate-limits.html"
RECORDED = "https://rdrr.io/cran/tidyllm/src/tests/testthat/claude/api.anthropic.com/v1/messages-e050b5-POST.R"

PROFILE = ProviderProfile(
    name="anthropic",
    title="Anthropic",
    base_url="https://api.anthropic.com",
    endpoints={
        Dialect.ANTHROPIC_MESSAGES: Endpoint(
            path="/v1/messages",
            auth=AuthStyle.X_API_KEY,
            headers=(("anthropic-version", "2023-06-01"),),
            count_tokens_path="/v1/messages/count_tokens",
            source=SDK,
        ),
    },
    gen_ai_name="anthropic",
    key_env="ANTHROPIC_API_KEY",
    base_url_env="GATE_ANTHROPIC_BASE_URL",
    models_path="/v1/models",
    owns=frozenset({Dialect.ANTHROPIC_MESSAGES}),
    vendor="anthropic",
    rate_limits=RateLimitHeaders(
        requests_limit="anthropic-ratelimit-requests-limit",
        requests_remaining="anthropic-ratelimit-requests-remaining",
        requests_reset="anthropic-ratelimit-requests-reset",
        tokens_limit="anthropic-ratelimit-tokens-limit",
        tokens_remaining="anthropic-ratelimit-tokens-remaining",
        tokens_reset="anthropic-ratelimit-tokens-reset",
        input_tokens_limit="anthropic-ratelimit-input-tokens-limit",
        input_tokens_remaining="anthropic-ratelimit-input-tokens-remaining",
        input_tokens_reset="anthropic-ratelimit-input-tokens-reset",
        output_tokens_limit="anthropic-ratelimit-output-tokens-limit",
        output_tokens_remaining="anthropic-ratelimit-output-tokens-remaining",
        output_tokens_reset="anthropic-ratelimit-output-tokens-reset",
        reset=ResetFormat.RFC3339,
    ),
    names=("claude-*",),
    key_hint="https://platform.claude.com",
    sources=(f"{SDK} (2.11.0, read 2026-11-21)", f"{LIMITS} (read 2026-11-21)", f"{RECORDED} (read 2026-11-21)"),
)

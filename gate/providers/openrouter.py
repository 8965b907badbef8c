"""OpenRouter, an aggregator: OpenAI chat, responses and Anthropic messages over the models of many vendors.

Host and the paths of all three dialects: the OpenAPI description in OpenRouter's own
github.com/OpenRouterTeam/typescript-sdk (.speakeasy/in.openapi.yaml) of 2026-08-22, read 2026-11-21. The key is a
Bearer in all of them; for messages its Claude Code guide says so too (quoted by
developersdigest.tech/setup/openrouter/claude-code, read 2026-11-21). There is no endpoint that counts tokens.
Streams may begin with `: OPENROUTER PROCESSING` comments. At most four stop sequences; reasoning comes in `reasoning`
and `reasoning_details` and is taken back there (the same description).

Rate-limit headers come with a 429 of its own (openrouter.ai/docs/api_reference/limits), their resets are milliseconds
since 1970 (github.com/Gitlawb/openclaude/issues/936). Its list of models is for everybody; what tells whether a key is
good is `/v1/key` (the page on limits). All read 2026-11-21.

Opaque tokens it hands on are the vendors' behind it, and which one that was may differ from request to request: they
are its own as far as Gate is concerned, so that none of them ever goes to a vendor directly.
"""

from gate.core.dialect import Dialect
from gate.core.profile import Endpoint, ProviderProfile, Quirks, RateLimitHeaders, ResetFormat
from gate.core.route import RouteType

SDK = "https://github.com/OpenRouterTeam/typescript-sdk"
CLAUDE_CODE = "https://www.developersdigest.tech/setup/openrouter/claude-code"
LIMITS = "https://openrouter.ai/docs/api_reference/limits"
RESET = "https://github.com/Gitlawb/openclaude/issues/936"

PROFILE = ProviderProfile(
    name="openrouter",
    title="OpenRouter",
    base_url="https://openrouter.ai/api",
    endpoints={
        Dialect.OPENAI_CHAT: Endpoint(
            path="/v1/chat/completions",
            source=SDK,
            quirks=Quirks(thinking_field="reasoning", thinking_input=True, stop_most=4),
        ),
        Dialect.OPENAI_RESPONSES: Endpoint(path="/v1/responses", source=SDK),
        Dialect.ANTHROPIC_MESSAGES: Endpoint(path="/v1/messages", source=SDK),
    },
    gen_ai_name="openrouter",
    key_env="OPENROUTER_API_KEY",
    base_url_env="GATE_OPENROUTER_BASE_URL",
    route_type=RouteType.AGGREGATOR,
    models_path="/v1/models",
    probe_path="/v1/key",
    rate_limits=RateLimitHeaders(
        requests_limit="x-ratelimit-limit",
        requests_remaining="x-ratelimit-remaining",
        requests_reset="x-ratelimit-reset",
        reset=ResetFormat.EPOCH_MS,
    ),
    key_hint="https://openrouter.ai",
    sources=(
        f"{SDK} (2026-08-22, read 2026-11-21)",
        *(f"{page} (read 2026-11-21)" for page in (CLAUDE_CODE, LIMITS, RESET)),
    ),
)

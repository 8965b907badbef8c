"""Azure OpenAI (Microsoft Foundry): OpenAI chat and responses at a resource of one's own.

The v1 API, learn.microsoft.com/en-us/azure/foundry/openai/api-version-lifecycle, read 2026-11-21: the base address is
https://RESOURCE.openai.azure.com/openai/v1 without an `api-version`, the model is the name of a deployment, the key
goes into the header `api-key`. The dated `api-version`s and the paths with a deployment in them
(`/openai/deployments/...`) are the generation before it; the last one declared stable there is of 2024-10-21 and has no
responses, so they are not offered here.

Reasoning that one resource encrypted cannot be read by another one, nor by OpenAI itself (`invalid_encrypted_content`:
github.com/BerriAI/litellm/pull/27703, github.com/openai/codex/issues/3573, read 2026-11-21), so the vendor of its
opaque tokens is the configured resource.

Rate-limit headers are OpenAI's in name, their resets are whole seconds, and a value that is not known is -1
(github.com/openai/openai-dotnet/issues/838 and .../openai-python/issues/937, answers of Azure, read 2026-11-21).

Microsoft Entra ID is not spoken: its tokens live for an hour and nothing here renews them.
"""

from gate.core.dialect import Dialect
from gate.core.profile import AuthStyle, Endpoint, ProviderProfile, RateLimitHeaders, ResetFormat

V1 = "https://learn.microsoft.com/en-us/azure/foundry/openai/api-version-lifecycle"
CROSSING = "https://github.com/BerriAI/litellm/pull/27703"
LIMITS = "https://github.com/openai/openai-dotnet/issues/838"

PROFILE = ProviderProfile(
    name="azure",
    title="Azure OpenAI",
    base_url="https://{resource}.openai.azure.com/openai",
    endpoints={
        Dialect.OPENAI_RESPONSES: Endpoint(path="/v1/responses", auth=AuthStyle.API_KEY, source=V1),
        Dialect.OPENAI_CHAT: Endpoint(path="/v1/chat/completions", auth=AuthStyle.API_KEY, source=V1),
    },
    gen_ai_name="azure.ai.openai",
    models_path="/v1/models",
    rate_limits=RateLimitHeaders(
        requests_limit="x-ratelimit-limit-requests",
        requests_remaining="x-ratelimit-remaining-requests",
        requests_reset="x-ratelimit-reset-requests",
        tokens_limit="x-ratelimit-limit-tokens",
        tokens_remaining="x-ratelimit-remaining-tokens",
        tokens_reset="x-ratelimit-reset-tokens",
        reset=ResetFormat.SECONDS,
    ),
    key_hint="https://portal.azure.com",
    sources=tuple(f"{page} (read 2026-11-21)" for page in (V1, CROSSING, LIMITS)),
)

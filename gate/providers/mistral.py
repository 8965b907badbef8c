"""Mistral AI: OpenAI chat.

Host and path: openapi.yaml of github.com/mistralai/platform-docs-public, of 2026-08-21, read 2026-11-21. Its pages
name no responses and no messages dialect (also developersdigest.tech/reference/api-compatibility/mistral, read
2026-11-21). One rate-limit header is documented, `X-RateLimit-Remaining` (resources/known-limitations in the same
repository), but not whether it counts requests or tokens, so none is set here.
"""

from gate.core.dialect import Dialect
from gate.core.profile import Endpoint, ProviderProfile

DOCS = "https://github.com/mistralai/platform-docs-public/blob/222f4ba9114f84ce9f2d718b9a12fbac1e527f4b/openapi.yaml"

PROFILE = ProviderProfile(
    name="mistral",
    title="Mistral AI",
    base_url="https://api.mistral.ai",
    endpoints={Dialect.OPENAI_CHAT: Endpoint(path="/v1/chat/completions", source=DOCS)},
    gen_ai_name="mistral_ai",
    key_env="MISTRAL_API_KEY",
    base_url_env="GATE_MISTRAL_BASE_URL",
    models_path="/v1/models",
    key_hint="https://console.mistral.ai",
    sources=(f"{DOCS} (2026-08-21, read 2026-11-21)",),
)

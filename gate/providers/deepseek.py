"""DeepSeek: OpenAI chat, responses, and Anthropic messages under a path of their own.

api-docs.deepseek.com, read 2026-11-21: guides/anthropic_api (base address https://api.deepseek.com/anthropic,
x-api-key fully supported, anthropic-version and anthropic-beta ignored), guides/responses_api (base address
https://api.deepseek.com; no `[DONE]` at the end of a stream; nothing is stored), quick_start/pricing (both models
speak all three). The OpenAI paths carry no `/v1`. Model names that start with `claude` are accepted and mapped by
DeepSeek itself; other unknown names are a 400. No counting endpoint and no rate-limit headers were found:
concurrency is what is limited.
"""

from gate.core.dialect import Dialect
from gate.core.profile import AuthStyle, Endpoint, ProviderProfile

DOCS = "https://api-docs.deepseek.com/quick_start/pricing"
MESSAGES = "https://api-docs.deepseek.com/guides/anthropic_api.md"
RESPONSES = "https://api-docs.deepseek.com/guides/responses_api.md"

PROFILE = ProviderProfile(
    name="deepseek",
    title="DeepSeek",
    base_url="https://api.deepseek.com",
    endpoints={
        Dialect.OPENAI_CHAT: Endpoint(path="/chat/completions", source=DOCS),
        Dialect.OPENAI_RESPONSES: Endpoint(path="/responses", source=RESPONSES),
        Dialect.ANTHROPIC_MESSAGES: Endpoint(
            path="/anthropic/v1/messages",
            auth=AuthStyle.X_API_KEY,
            headers=(("anthropic-version", "2023-06-01"),),
            source=MESSAGES,
        ),
    },
    gen_ai_name="deepseek",
    key_env="DEEPSEEK_API_KEY",
    base_url_env="GATE_DEEPSEEK_BASE_URL",
    models_path="/models",
    key_hint="https://platform.deepseek.com/api_keys",
    sources=tuple(f"{page} (read 2026-11-21)" for page in (DOCS, MESSAGES, RESPONSES)),
)

"""DeepSeek: OpenAI chat, responses, and Anthropic messages under a path of their own.

api-docs.deepseek.com, read 2026-11-21: guides/anthropic_api (base address https://api.deepseek.com/anthropic,
x-api-key fully supported, anthropic-version and anthropic-beta ignored), guides/responses_api (base address
https://api.deepseek.com; no `[DONE]` at the end of a stream; nothing is stored), quick_start/pricing (both models
speak all three). The OpenAI paths carry no `/v1`. Model names that start with `claude` are accepted and mapped by
DeepSeek itself; other unknown names are a 400. No counting endpoint and no rate-limit headers were found:
concurrency is what is limited.

In chat a model's reasoning comes in `reasoning_content` and must come back with every message that calls tools, or the
request is a 400; efforts are low, high and max, and `none` in the responses dialect; `temperature` and the penalties
mean nothing while it thinks (guides/thinking_mode, read 2026-11-21). `response_format` is text or json_object, and up
to 16 stop sequences are taken (api/create-chat-completion as described in docs.camel-ai.org/reference/
camel.configs.deepseek_config, read 2026-11-21).
"""

from gate.core.dialect import Dialect
from gate.core.loss import Use
from gate.core.profile import AuthStyle, Endpoint, ProviderProfile, Quirks

DOCS = "https://api-docs.deepseek.com/quick_start/pricing"
MESSAGES = "https://api-docs.deepseek.com/guides/anthropic_api.md"
RESPONSES = "https://api-docs.deepseek.com/guides/responses_api.md"
THINKING = "https://api-docs.deepseek.com/guides/thinking_mode.md"
PARAMETERS = "https://docs.camel-ai.org/reference/camel.configs.deepseek_config"

PROFILE = ProviderProfile(
    name="deepseek",
    title="DeepSeek",
    base_url="https://api.deepseek.com",
    endpoints={
        Dialect.OPENAI_CHAT: Endpoint(
            path="/chat/completions",
            source=DOCS,
            quirks=Quirks(
                cannot=frozenset({Use.JSON_SCHEMA}),
                max_tokens="max_tokens",
                thinking_field="reasoning_content",
                thinking_input=True,
                efforts=("low", "high", "max"),
                stop_most=16,
            ),
        ),
        Dialect.OPENAI_RESPONSES: Endpoint(
            path="/responses", source=RESPONSES, quirks=Quirks(efforts=("none", "low", "high", "max"))
        ),
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
    names=("deepseek-*",),
    key_hint="https://platform.deepseek.com/api_keys",
    sources=tuple(f"{page} (read 2026-11-21)" for page in (DOCS, MESSAGES, RESPONSES, THINKING, PARAMETERS)),
)

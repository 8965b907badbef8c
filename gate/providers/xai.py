"""xAI: OpenAI responses and chat. Its messages dialect is deprecated and left out.

docs.x.ai, read 2026-11-21: developers/model-capabilities/text/comparison (the responses dialect is the one that gets
everything, chat is called legacy; reasoning comes encrypted in responses, hardly at all in chat),
developers/rest-api-reference/inference/legacy (messages is fully deprecated), docs/guides/reasoning (models that
reason answer presence_penalty, frequency_penalty and stop with an error; `reasoning_content` in chat, where any is
given). Which efforts are taken is a matter of the model: low, medium and high by grok-4.3 and those since. No
rate-limit response headers and no endpoint for messages that counts tokens were found.
"""

from gate.core.dialect import Dialect
from gate.core.profile import Endpoint, ProviderProfile, Quirks

DIALECTS = "https://docs.x.ai/developers/model-capabilities/text/comparison.md"
LEGACY = "https://docs.x.ai/developers/rest-api-reference/inference/legacy"
REASONING = "https://docs.x.ai/docs/guides/reasoning"

PROFILE = ProviderProfile(
    name="xai",
    title="xAI",
    base_url="https://api.x.ai",
    endpoints={
        Dialect.OPENAI_RESPONSES: Endpoint(
            path="/v1/responses",
            source=DIALECTS,
            quirks=Quirks(efforts=("low", "medium", "high")),
        ),
        Dialect.OPENAI_CHAT: Endpoint(
            path="/v1/chat/completions",
            source=DIALECTS,
            quirks=Quirks(
                drops=frozenset({"presence_penalty", "frequency_penalty", "stop"}),
                thinking_field="reasoning_content",
                efforts=("low", "medium", "high"),
            ),
        ),
    },
    gen_ai_name="x_ai",
    key_env="XAI_API_KEY",
    base_url_env="GATE_XAI_BASE_URL",
    models_path="/v1/models",
    names=("grok-*",),
    key_hint="https://console.x.ai",
    sources=tuple(f"{page} (read 2026-11-21)" for page in (DIALECTS, LEGACY, REASONING)),
)

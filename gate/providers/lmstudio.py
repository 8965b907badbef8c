"""LM Studio, a model server of one's own: OpenAI chat and responses, and Anthropic messages.

lmstudio.ai/docs/developer, read 2026-11-21: openai-compat (port 1234; chat, responses), anthropic-compat (messages; no
counting endpoint is named; where it asks for a key it takes a Bearer as well as `x-api-key`), api-changelog (reasoning
in chat comes in `reasoning` for gpt-oss, and in `reasoning_content` for others, where its settings say so).
"""

from gate.core.dialect import Dialect
from gate.core.profile import Endpoint, Propagate, ProviderProfile, Quirks
from gate.core.route import RouteType

OPENAI = "https://lmstudio.ai/docs/developer/openai-compat"
ANTHROPIC = "https://lmstudio.ai/docs/developer/anthropic-compat"
CHANGES = "https://lmstudio.ai/docs/developer/api-changelog"

PROFILE = ProviderProfile(
    name="lmstudio",
    title="LM Studio",
    base_url="http://127.0.0.1:1234",
    endpoints={
        Dialect.OPENAI_CHAT: Endpoint(
            path="/v1/chat/completions",
            source=OPENAI,
            quirks=Quirks(max_tokens="max_tokens", thinking_field="reasoning_content"),
        ),
        Dialect.ANTHROPIC_MESSAGES: Endpoint(
            path="/v1/messages", headers=(("anthropic-version", "2023-06-01"),), source=ANTHROPIC
        ),
        Dialect.OPENAI_RESPONSES: Endpoint(path="/v1/responses", source=OPENAI),
    },
    gen_ai_name="lm_studio",
    base_url_env="GATE_LMSTUDIO_BASE_URL",
    route_type=RouteType.LOCAL,
    models_path="/v1/models",
    propagate=Propagate.TRACEPARENT,
    sources=tuple(f"{page} (read 2026-11-21)" for page in (OPENAI, ANTHROPIC, CHANGES)),
)

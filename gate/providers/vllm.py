"""vLLM, a model server of one's own: OpenAI chat and responses, and Anthropic messages with a counting endpoint.

docs.vllm.ai's OpenAI-compatible server page (port 8000; a key only when it was started with one, always a Bearer), and
in github.com/vllm-project/vllm vllm/entrypoints/openai/responses/api_router.py,
vllm/entrypoints/anthropic/api_router.py (messages and count_tokens) and docs/features/reasoning_outputs.md (reasoning
comes in `reasoning`, formerly `reasoning_content`), all read 2026-11-21.
"""

from gate.core.dialect import Dialect
from gate.core.profile import Endpoint, Propagate, ProviderProfile, Quirks
from gate.core.route import RouteType

SERVER = "https://docs.vllm.ai/en/v0.8.1/serving/openai_compatible_server.html"
RESPONSES = "https://github.com/vllm-project/vllm/blob/main/vllm/entrypoints/openai/responses/api_router.py"
MESSAGES = "https://github.com/vllm-project/vllm/blob/main/vllm/entrypoints/anthropic/api_router.py"
REASONING = "https://github.com/vllm-project/vllm/blob/main/docs/features/reasoning_outputs.md"

PROFILE = ProviderProfile(
    name="vllm",
    title="vLLM",
    base_url="http://127.0.0.1:8000",
    endpoints={
        Dialect.OPENAI_CHAT: Endpoint(
            path="/v1/chat/completions",
            source=SERVER,
            quirks=Quirks(max_tokens="max_tokens", thinking_field="reasoning"),
        ),
        Dialect.ANTHROPIC_MESSAGES: Endpoint(
            path="/v1/messages",
            headers=(("anthropic-version", "2023-06-01"),),
            count_tokens_path="/v1/messages/count_tokens",
            source=MESSAGES,
        ),
        Dialect.OPENAI_RESPONSES: Endpoint(path="/v1/responses", source=RESPONSES),
    },
    gen_ai_name="vllm",
    base_url_env="GATE_VLLM_BASE_URL",
    route_type=RouteType.LOCAL,
    models_path="/v1/models",
    propagate=Propagate.TRACEPARENT,
    sources=tuple(f"{page} (read 2026-11-21)" for page in (SERVER, RESPONSES, MESSAGES, REASONING)),
)

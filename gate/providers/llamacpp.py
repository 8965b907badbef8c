"""llama.cpp's server, a model server of one's own: OpenAI chat and responses, and Anthropic messages.

tools/server/README.md of github.com/ggml-org/llama.cpp, read 2026-11-21: tokens are counted in messages and responses;
reasoning in chat comes in `reasoning_content`, and is taken back where the model's template knows it; a key only when
it was started with one. The default port is 9931 in that README; it was 8080 earlier
(huggingface.co/blog/ggml-org/anthropic-messages-api-in-llamacpp, of January 2026), so older servers need a `base_url`.
"""

from gate.core.dialect import Dialect
from gate.core.profile import Endpoint, Propagate, ProviderProfile, Quirks
from gate.core.route import RouteType

SERVER = "https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md"
PORT = "https://huggingface.co/blog/ggml-org/anthropic-messages-api-in-llamacpp"

PROFILE = ProviderProfile(
    name="llamacpp",
    title="llama.cpp",
    base_url="http://127.0.0.1:9931",
    endpoints={
        Dialect.OPENAI_CHAT: Endpoint(
            path="/v1/chat/completions",
            source=SERVER,
            quirks=Quirks(max_tokens="max_tokens", thinking_field="reasoning_content", thinking_input=True),
        ),
        Dialect.ANTHROPIC_MESSAGES: Endpoint(
            path="/v1/messages",
            headers=(("anthropic-version", "2023-06-01"),),
            count_tokens_path="/v1/messages/count_tokens",
            source=SERVER,
        ),
        Dialect.OPENAI_RESPONSES: Endpoint(
            path="/v1/responses", count_tokens_path="/v1/responses/input_tokens", source=SERVER
        ),
    },
    gen_ai_name="llama_cpp",
    base_url_env="GATE_LLAMACPP_BASE_URL",
    route_type=RouteType.LOCAL,
    models_path="/v1/models",
    propagate=Propagate.TRACEPARENT,
    sources=tuple(f"{page} (read 2026-11-21)" for page in (SERVER, PORT)),
)

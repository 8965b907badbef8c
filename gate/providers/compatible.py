"""Any other endpoint, by configuration alone: `kind: compatible` with a `base_url` and the dialects it speaks.

The paths are the vendors' own under the given address: what vLLM, Ollama, llama.cpp and most gateways serve. Such an
endpoint is the operator's own more often than a stranger's, so it is sent Gate's trace context unless told
otherwise. Whether it can count tokens is not known.
"""

from gate.core.dialect import Dialect
from gate.core.profile import AuthStyle, Endpoint, Propagate, ProviderProfile
from gate.core.route import RouteType

PROFILE = ProviderProfile(
    name="compatible",
    title="Any compatible endpoint",
    base_url="",
    endpoints={
        Dialect.OPENAI_CHAT: Endpoint(path="/v1/chat/completions"),
        Dialect.OPENAI_RESPONSES: Endpoint(path="/v1/responses"),
        Dialect.ANTHROPIC_MESSAGES: Endpoint(
            path="/v1/messages", auth=AuthStyle.X_API_KEY, headers=(("anthropic-version", "2023-06-01"),)
        ),
    },
    gen_ai_name="compatible",
    route_type=RouteType.LOCAL,
    models_path="/v1/models",
    propagate=Propagate.TRACEPARENT,
)

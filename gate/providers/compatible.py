"""Any other endpoint, by configuration alone: `kind: compatible` with a `base_url` and the dialects it speaks.

The paths are the vendors' own under the given address, and can be said otherwise (`paths`), as can how the key is sent
(`auth`) and what differs in the dialect's spelling (`quirks`). Such an endpoint is the operator's own more often than
a stranger's, so it is sent Gate's trace context unless told otherwise. Whether it can count tokens is not known.
`max_tokens` is what every chat server understands.
"""

from gate.core.dialect import Dialect
from gate.core.profile import AuthStyle, Endpoint, Propagate, ProviderProfile, Quirks
from gate.core.route import RouteType

PROFILE = ProviderProfile(
    name="compatible",
    title="Any compatible endpoint",
    base_url="",
    endpoints={
        Dialect.OPENAI_CHAT: Endpoint(
            path="/v1/chat/completions",
            quirks=Quirks(max_tokens="max_tokens", thinking_field="reasoning_content"),
        ),
        Dialect.OPENAI_RESPONSES: Endpoint(path="/v1/responses"),
        Dialect.ANTHROPIC_MESSAGES: Endpoint(
            path="/v1/messages", auth=AuthStyle.X_API_KEY, headers=(("anthropic-version", "2023-06-01"),)
        ),
        Dialect.GEMINI: Endpoint(
            path="/v1beta/models/{model}:generateContent",
            stream_path="/v1beta/models/{model}:streamGenerateContent?alt=sse",
            auth=AuthStyle.X_GOOG_API_KEY,
        ),
    },
    gen_ai_name="compatible",
    route_type=RouteType.LOCAL,
    models_path="/v1/models",
    propagate=Propagate.TRACEPARENT,
)

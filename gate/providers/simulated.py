"""The built-in provider that calls no model: it answers when there is no key at all, so the first request works."""

from gate.core.dialect import Dialect
from gate.core.profile import AuthStyle, Endpoint, ProviderProfile
from gate.core.route import RouteType

PROFILE = ProviderProfile(
    name="simulated",
    title="Simulated (no model is called)",
    base_url="",
    endpoints={
        Dialect.ANTHROPIC_MESSAGES: Endpoint(
            path="/v1/messages", auth=AuthStyle.NONE, count_tokens_path="/v1/messages/count_tokens"
        ),
        Dialect.OPENAI_CHAT: Endpoint(path="/v1/chat/completions", auth=AuthStyle.NONE),
        Dialect.OPENAI_RESPONSES: Endpoint(path="/v1/responses", auth=AuthStyle.NONE),
        Dialect.GEMINI: Endpoint(
            path="/v1beta/models/{model}:generateContent",
            auth=AuthStyle.NONE,
            count_tokens_path="/v1beta/models/{model}:countTokens",
        ),
    },
    gen_ai_name="gate.simulated",
    route_type=RouteType.LOCAL,
)

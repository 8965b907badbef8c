"""Google AI Studio (the Gemini API), the vendor of the gemini dialect, which also answers OpenAI chat.

The chat layer is at `/v1beta/openai`, its key is a Bearer, and Google calls it beta:
ai.google.dev/gemini-api/docs/openai as quoted by developersdigest.tech/reference/api-compatibility/google, read
2026-11-21. No responses and no messages dialect is documented there. The native paths hold the model's name; `{model}`
stands for it. Streams and token counts have paths of their own, and the key is sent as `x-goog-api-key`
(github.com/googleapis/python-genai 3.4.0, read 2026-11-21). No rate-limit response headers were found.

The native dialect stands first: thought signatures, documents and Google's own tools are only there.

The address in GATE_GEMINI_BASE_URL is the host's: the version is part of the paths.
"""

from gate.core.dialect import Dialect
from gate.core.profile import AuthStyle, Endpoint, ProviderProfile

CHAT = "https://www.developersdigest.tech/reference/api-compatibility/google"
NATIVE = "https://github.com/googleapis/python-genai"

PROFILE = ProviderProfile(
    name="gemini",
    title="Google AI Studio",
    base_url="https://generativelanguage.googleapis.com",
    endpoints={
        Dialect.GEMINI: Endpoint(
            path="/v1beta/models/{model}:generateContent",
            stream_path="/v1beta/models/{model}:streamGenerateContent?alt=sse",
            count_tokens_path="/v1beta/models/{model}:countTokens",
            auth=AuthStyle.X_GOOG_API_KEY,
            source=NATIVE,
        ),
        Dialect.OPENAI_CHAT: Endpoint(path="/v1beta/openai/chat/completions", source=CHAT),
    },
    gen_ai_name="gcp.gemini",
    key_env="GEMINI_API_KEY",
    base_url_env="GATE_GEMINI_BASE_URL",
    models_path="/v1beta/openai/models",
    owns=frozenset({Dialect.GEMINI}),
    vendor="google",
    names=("gemini-*", "gemma-*"),
    key_hint="https://aistudio.google.com",
    sources=(f"{CHAT} (read 2026-11-21)", f"{NATIVE} (3.4.0, read 2026-11-21)"),
)

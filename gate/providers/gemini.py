"""Google AI Studio (the Gemini API), the vendor of the gemini dialect, which also answers OpenAI chat.

The chat layer is at `/v1beta/openai`, its key is a Bearer, and Google calls it beta:
ai.google.dev/gemini-api/docs/openai as quoted by developersdigest.tech/reference/api-compatibility/google, read
2026-11-21. No responses and no messages dialect is documented there. The native paths hold the model's name;
`{model}` stands for it, and a stream is asked for with `:streamGenerateContent?alt=sse` in the place of
`:generateContent` (base path and key header as used by github.com/nousresearch/hermes-agent,
agent/gemini_native_adapter.py, and artificial-intelligence-wiki.com's overview of the Google AI APIs, read
2026-11-21). No rate-limit response headers were found.

The address in GATE_GEMINI_BASE_URL is the host's: the version is part of the paths.
"""

from gate.core.dialect import Dialect
from gate.core.profile import AuthStyle, Endpoint, ProviderProfile

CHAT = "https://www.developersdigest.tech/reference/api-compatibility/google"
NATIVE = "https://raw.githubusercontent.com/nousresearch/hermes-agent/main/agent/gemini_native_adapter.py"

PROFILE = ProviderProfile(
    name="gemini",
    title="Google AI Studio",
    base_url="https://generativelanguage.googleapis.com",
    endpoints={
        Dialect.OPENAI_CHAT: Endpoint(path="/v1beta/openai/chat/completions", source=CHAT),
        Dialect.GEMINI: Endpoint(
            path="/v1beta/models/{model}:generateContent",
            auth=AuthStyle.X_GOOG_API_KEY,
            source=NATIVE,
        ),
    },
    gen_ai_name="gcp.gemini",
    key_env="GEMINI_API_KEY",
    base_url_env="GATE_GEMINI_BASE_URL",
    models_path="/v1beta/openai/models",
    owns=frozenset({Dialect.GEMINI}),
    key_hint="https://aistudio.google.com",
    sources=(f"{CHAT} (read 2026-11-21)", f"{NATIVE} (read 2026-11-21)"),
)

"""Vertex AI's OpenAI-compatible endpoint: chat for Gemini and for the open models Google serves.

docs.cloud.google.com/vertex-ai/generative-ai/docs/multimodal/call-gemini-using-openai-library, read 2026-11-21. A
model's name has its publisher before it (`google/gemini-...`). Gemini itself is better asked natively (`vertex`):
there nothing is lost to a second translation.
"""

from gate.core.dialect import Dialect
from gate.core.profile import AuthStyle, Endpoint, ProviderProfile
from gate.providers.vertex import BASE_URL, LOCATION, REGIONS

CHAT = "https://docs.cloud.google.com/vertex-ai/generative-ai/docs/multimodal/call-gemini-using-openai-library"

PROFILE = ProviderProfile(
    name="vertex-openai",
    title="Vertex AI (OpenAI-compatible)",
    base_url=BASE_URL,
    regions=REGIONS,
    endpoints={
        Dialect.OPENAI_CHAT: Endpoint(
            path=LOCATION + "/endpoints/openapi/chat/completions", auth=AuthStyle.GOOGLE_OAUTH, source=CHAT
        ),
    },
    gen_ai_name="gcp.vertex_ai",
    sources=(f"{CHAT} (read 2026-11-21)",),
)

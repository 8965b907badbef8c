"""Vertex AI, Google's models: the gemini dialect at a project of one's own.

Paths: docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference; hosts of the locations `global`,
`us` and `eu`, which are named otherwise than the regional ones: google-genai 3.4.0, _api_client.py (both read
2026-11-21). The access token is a bearer token; a key in the configuration is taken for one.
"""

from gate.core.dialect import Dialect
from gate.core.profile import AuthStyle, Endpoint, ProviderProfile, Quirks

INFERENCE = "https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference"
SDK = "https://github.com/googleapis/python-genai"
BASE_URL = "https://{region}-aiplatform.googleapis.com"
REGIONS = {
    "global": "https://aiplatform.googleapis.com",
    "us": "https://aiplatform.us.rep.googleapis.com",
    "eu": "https://aiplatform.eu.rep.googleapis.com",
}
LOCATION = "/v1/projects/{project}/locations/{region}"
MODELS = LOCATION + "/publishers/google/models/{model}"

PROFILE = ProviderProfile(
    name="vertex",
    title="Vertex AI (Gemini)",
    base_url=BASE_URL,
    regions=REGIONS,
    endpoints={
        Dialect.GEMINI: Endpoint(
            path=MODELS + ":generateContent",
            stream_path=MODELS + ":streamGenerateContent?alt=sse",
            count_tokens_path=MODELS + ":countTokens",
            auth=AuthStyle.GOOGLE_OAUTH,
            source=INFERENCE,
            # Tokens are counted of the members themselves (CountTokensParameters of google-genai 3.4.0).
            quirks=Quirks(drops=frozenset({"generateContentRequest"})),
        ),
    },
    gen_ai_name="gcp.vertex_ai",
    vendor="google",
    sources=(f"{INFERENCE} (read 2026-11-21)", f"{SDK} (3.4.0, read 2026-11-21)"),
)

"""Amazon Bedrock's OpenAI-compatible endpoints: chat and responses for the models of OpenAI and of others.

docs.aws.amazon.com/bedrock/latest/userguide/endpoints.html and inference-responses-api.html, read 2026-11-21: both
APIs are on the `/openai/v1` paths of bedrock-runtime, which AWS recommends over bedrock-mantle. They do not reach
Anthropic's models; those are `bedrock`. Which model speaks which of the two depends on the model. Requests are signed
for `bedrock` (github.com/openai/openai-python 3.54.0, providers/bedrock.py), or carry a Bedrock API key as a bearer
token. Streams are server-sent events as OpenAI's are.
"""

from gate.core.dialect import Dialect
from gate.core.profile import AuthStyle, Endpoint, ProviderProfile

ENDPOINTS = "https://docs.aws.amazon.com/bedrock/latest/userguide/endpoints.html"
RESPONSES = "https://docs.aws.amazon.com/bedrock/latest/userguide/inference-responses-api.html"
SDK = "https://github.com/openai/openai-python"

PROFILE = ProviderProfile(
    name="bedrock-openai",
    title="Amazon Bedrock (OpenAI-compatible)",
    base_url="https://bedrock-runtime.{region}.amazonaws.com/openai",
    endpoints={
        Dialect.OPENAI_CHAT: Endpoint(path="/v1/chat/completions", auth=AuthStyle.AWS_SIGV4, source=ENDPOINTS),
        Dialect.OPENAI_RESPONSES: Endpoint(path="/v1/responses", auth=AuthStyle.AWS_SIGV4, source=RESPONSES),
    },
    gen_ai_name="aws.bedrock",
    signing_name="bedrock",
    sources=(
        f"{ENDPOINTS} (read 2026-11-21)",
        f"{RESPONSES} (read 2026-11-21)",
        f"{SDK} (3.54.0, read 2026-11-21)",
    ),
)

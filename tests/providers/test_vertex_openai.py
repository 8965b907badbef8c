"""Vertex AI's OpenAI-compatible endpoint."""

from gate.core.dialect import Dialect
from gate.core.profile import PLAIN, AuthStyle
from gate.providers.vertex_openai import PROFILE
from tests.providers.cloud_sdks import filled


def test_chat_is_an_endpoint_of_the_project() -> None:
    endpoint = PROFILE.endpoints[Dialect.OPENAI_CHAT]
    path = filled(endpoint.path_for("google/gemini-x", stream=True), project="p", region="global")
    assert path == "/v1/projects/p/locations/global/endpoints/openapi/chat/completions"
    assert (endpoint.auth, endpoint.envelope) == (AuthStyle.GOOGLE_OAUTH, PLAIN)

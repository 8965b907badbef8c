"""Gemini on Vertex AI, as Google's own client asks there."""

from __future__ import annotations

from typing import Any

import pytest

from gate.core.profile import AuthStyle
from gate.providers.vertex import PROFILE
from tests.providers.cloud_sdks import filled, only


@pytest.mark.parametrize("region", ["us-central1", "europe-west4", "global", "us", "eu"])
def test_googles_own_client_has_the_same_addresses(region: str) -> None:
    genai = pytest.importorskip("google.genai")
    credentials = pytest.importorskip("google.auth.credentials").AnonymousCredentials()
    client: Any = genai.Client(vertexai=True, project="p", location=region, credentials=credentials)
    base = client._api_client._http_options.base_url.rstrip("/")
    assert filled(PROFILE.regions.get(region, PROFILE.base_url), region=region) == base


def test_three_verbs_of_one_model() -> None:
    endpoint = PROFILE.endpoints[only(PROFILE)]
    assert endpoint.auth is AuthStyle.GOOGLE_OAUTH
    model = "/v1/projects/{project}/locations/{region}/publishers/google/models/gemini-x"
    assert endpoint.path_for("gemini-x", stream=False) == f"{model}:generateContent"
    assert endpoint.path_for("gemini-x", stream=True) == f"{model}:streamGenerateContent?alt=sse"
    assert endpoint.path_for("gemini-x", stream=True, counting=True) == f"{model}:countTokens"

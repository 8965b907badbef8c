"""Anthropic on Vertex AI, as Anthropic's own client asks there."""

from __future__ import annotations

import pytest

from gate.providers.vertex_anthropic import PROFILE
from tests.providers.cloud_sdks import ASK, MESSAGE, catching, filled, gates

MODEL = "claude-x@20250929"


@pytest.mark.parametrize("region", ["us-east5", "global", "us", "eu"])
def test_anthropics_own_client_asks_the_same(region: str) -> None:
    client, sent = catching(MESSAGE)
    vertex = pytest.importorskip("anthropic").AnthropicVertex(
        region=region, project_id="p", access_token="t", http_client=client
    )
    vertex.messages.create(model=MODEL, max_tokens=9, messages=ASK)
    path, body = gates(PROFILE, MODEL, {"model": MODEL, "max_tokens": 9, "messages": ASK})
    (theirs,) = sent
    base = filled(PROFILE.regions.get(region, PROFILE.base_url), region=region)
    assert theirs.url == base + filled(path, project="p", region=region)
    assert theirs.headers["authorization"] == "Bearer t"
    assert body.pop("anthropic_version") == "vertex-2023-10-16"
    theirs.body.pop("anthropic_version")
    assert theirs.body == body


def test_counting_is_one_path_for_all_models() -> None:
    client, sent = catching({"input_tokens": 3})
    vertex = pytest.importorskip("anthropic").AnthropicVertex(
        region="global", project_id="p", access_token="t", http_client=client
    )
    vertex.messages.count_tokens(model=MODEL, messages=ASK)
    path, body = gates(PROFILE, MODEL, {"model": MODEL, "messages": ASK}, counting=True)
    (theirs,) = sent
    assert theirs.url == PROFILE.regions["global"] + filled(path, project="p", region="global")
    assert body.pop("anthropic_version") == "vertex-2023-10-16"
    theirs.body.pop("anthropic_version")
    assert theirs.body == body
    assert body["model"] == MODEL

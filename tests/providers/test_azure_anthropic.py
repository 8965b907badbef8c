"""Anthropic in Microsoft Foundry, as Anthropic's own client asks there."""

from __future__ import annotations

import pytest

from gate.providers.azure_anthropic import PROFILE
from tests.providers.cloud_sdks import ASK, MESSAGE, catching, filled, only


def test_anthropics_own_client_asks_the_same() -> None:
    client, sent = catching(MESSAGE)
    foundry = pytest.importorskip("anthropic").AnthropicFoundry(resource="mine", api_key="k", http_client=client)
    foundry.messages.create(model="deployment", max_tokens=9, messages=ASK)
    (theirs,) = sent
    endpoint = PROFILE.endpoints[only(PROFILE)]
    assert theirs.url == filled(PROFILE.base_url, resource="mine") + endpoint.path
    assert theirs.headers[endpoint.auth.value] == "k"
    assert theirs.body["model"] == "deployment"


def test_thinking_signatures_are_anthropics() -> None:
    assert PROFILE.vendor == "anthropic"

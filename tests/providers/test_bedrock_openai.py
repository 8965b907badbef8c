"""Bedrock's OpenAI-compatible paths, as OpenAI's own client has them."""

from __future__ import annotations

import pytest

from gate.core.dialect import Dialect
from gate.core.profile import PLAIN, AuthStyle
from gate.providers.bedrock_openai import PROFILE
from tests.providers.cloud_sdks import filled


def test_the_address_is_that_of_openais_own_client() -> None:
    provider = pytest.importorskip("openai.providers.bedrock")
    theirs = str(provider._default_bedrock_base_url("runtime", "eu-west-1"))
    for endpoint in PROFILE.endpoints.values():
        assert (filled(PROFILE.base_url, region="eu-west-1") + endpoint.path).startswith(theirs + "/")


def test_it_is_signed_and_nothing_else() -> None:
    assert set(PROFILE.endpoints) == {Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES}
    assert {end.auth for end in PROFILE.endpoints.values()} == {AuthStyle.AWS_SIGV4}
    assert {end.envelope for end in PROFILE.endpoints.values()} == {PLAIN}


def test_its_encrypted_reasoning_is_its_own() -> None:
    assert PROFILE.vendor == ""

"""Azure OpenAI's v1 API."""

from gate.core.dialect import Dialect
from gate.core.profile import AuthStyle
from gate.providers.azure import PROFILE
from tests.providers.cloud_sdks import filled


def test_the_v1_paths_of_a_resource() -> None:
    base = filled(PROFILE.base_url, resource="mine")
    assert {dialect: base + end.path for dialect, end in PROFILE.endpoints.items()} == {
        Dialect.OPENAI_CHAT: "https://mine.openai.azure.com/openai/v1/chat/completions",
        Dialect.OPENAI_RESPONSES: "https://mine.openai.azure.com/openai/v1/responses",
    }


def test_the_key_has_a_header_of_its_own_and_is_asked_for() -> None:
    assert {end.auth for end in PROFILE.endpoints.values()} == {AuthStyle.API_KEY}
    assert PROFILE.key_hint
    assert PROFILE.key_env is None


def test_its_encrypted_reasoning_is_the_resources_own() -> None:
    assert PROFILE.vendor == ""
    assert not PROFILE.owns

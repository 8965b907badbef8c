"""Google AI Studio: OpenAI chat under a path of its own, the native dialect with the model in the path."""

from gate.core.dialect import Dialect
from gate.core.profile import AuthStyle
from gate.providers.gemini import PROFILE

HOST = "https://generativelanguage.googleapis.com"


def test_chat_is_under_the_compatibility_path_with_a_bearer() -> None:
    endpoint = PROFILE.endpoints[Dialect.OPENAI_CHAT]
    assert PROFILE.base_url + endpoint.path == f"{HOST}/v1beta/openai/chat/completions"
    assert endpoint.auth is AuthStyle.BEARER


def test_the_native_path_names_the_model() -> None:
    endpoint = PROFILE.endpoints[Dialect.GEMINI]
    path = endpoint.path.format(model="gemini-3.8-flash")
    assert PROFILE.base_url + path == f"{HOST}/v1beta/models/gemini-3.8-flash:generateContent"
    assert endpoint.auth is AuthStyle.X_GOOG_API_KEY


def test_a_clients_openai_credential_is_never_googles() -> None:
    assert PROFILE.owns == {Dialect.GEMINI}


def test_streams_and_counts_have_paths_of_their_own() -> None:
    endpoint = PROFILE.endpoints[Dialect.GEMINI]
    assert endpoint.path_for("gemini-4-argon", stream=True) == (
        "/v1beta/models/gemini-4-argon:streamGenerateContent?alt=sse"
    )
    assert endpoint.path_for("gemini-4-argon", stream=False, counting=True) == (
        "/v1beta/models/gemini-4-argon:countTokens"
    )

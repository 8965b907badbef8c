"""Any other endpoint: the usual paths under an address that only the configuration knows."""

from gate.core.dialect import Dialect
from gate.core.profile import AuthStyle, Propagate
from gate.providers.compatible import PROFILE


def test_it_has_paths_but_no_address_and_no_key_of_its_own() -> None:
    assert PROFILE.base_url == ""
    assert PROFILE.key_env is None
    assert {dialect: end.path for dialect, end in PROFILE.endpoints.items()} == {
        Dialect.OPENAI_CHAT: "/v1/chat/completions",
        Dialect.OPENAI_RESPONSES: "/v1/responses",
        Dialect.ANTHROPIC_MESSAGES: "/v1/messages",
        Dialect.GEMINI: "/v1beta/models/{model}:generateContent",
    }
    assert PROFILE.endpoints[Dialect.ANTHROPIC_MESSAGES].auth is AuthStyle.X_API_KEY


def test_streams_of_gemini_have_a_path_of_their_own() -> None:
    stream = PROFILE.endpoints[Dialect.GEMINI].stream_path
    assert stream == "/v1beta/models/{model}:streamGenerateContent?alt=sse"


def test_it_is_trusted_with_the_trace_and_owns_nothing() -> None:
    assert PROFILE.propagate is Propagate.TRACEPARENT
    assert not PROFILE.owns

"""Where an upstream is asked."""

from gate.core.dialect import Operation
from gate.core.profile import Endpoint
from gate.engine.address import address

MESSAGES = Endpoint("/v1/messages", count_tokens_path="/v1/messages/count_tokens")
GEMINI = Endpoint("/v1beta/models/{model}:generateContent", stream_path="/v1beta/models/{model}:stream?alt=sse")


def test_the_clients_query_passes() -> None:
    assert address(MESSAGES, Operation.CHAT, "m", b"beta=true", stream=True) == ("/v1/messages", b"beta=true")
    assert address(MESSAGES, Operation.COUNT_TOKENS, "m", b"", stream=False) == ("/v1/messages/count_tokens", b"")


def test_a_model_in_the_path_is_encoded() -> None:
    assert address(GEMINI, Operation.CHAT, "a b/c", b"", stream=False)[0] == "/v1beta/models/a%20b%2Fc:generateContent"


def test_a_parameter_of_the_endpoints_own_stands_once() -> None:
    for client, expected in (
        (b"", b"alt=sse"),
        (b"alt=json&x=1", b"alt=sse&x=1"),
        (b"x=1&&alt=sse", b"alt=sse&x=1"),
    ):
        assert address(GEMINI, Operation.CHAT, "m", client, stream=True) == ("/v1beta/models/m:stream", expected)

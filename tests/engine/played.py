"""What upstreams of the messages dialect answer in the engine's tests, and what is asked of them."""

import json
from typing import Any

from gate.core.failure import Failure, FailureKind
from gate.engine.ports import TransportFailure
from tests.engine.rig import Part, Reply

SSE = ((b"content-type", b"text/event-stream"),)


def event(kind: str, **data: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n".encode()


MESSAGE: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [{"type": "text", "text": "hello"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 3, "output_tokens": 1},
}
START = event("message_start", message=MESSAGE | {"content": [], "stop_reason": None})
TEXT = event("content_block_start", index=0, content_block={"type": "text", "text": ""}) + event(
    "content_block_delta", index=0, delta={"type": "text_delta", "text": "hello"}
)
END = (
    event("content_block_stop", index=0)
    + event("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage={"output_tokens": 1})
    + event("message_stop")
)
ERROR = event("error", error={"type": "overloaded_error", "message": "Overloaded"})
_CHAT = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}


def _chunk(**choice: Any) -> bytes:
    return f"data: {json.dumps(_CHAT | {'choices': [{'index': 0, **choice}]})}\n\n".encode()


CHUNK = _chunk(delta={"role": "assistant", "content": "hello"}, finish_reason=None)
FINISH = _chunk(delta={}, finish_reason="stop")
CHAT_ERROR = b'data: {"error": {"message": "Overloaded", "type": "server_error", "param": null, "code": null}}\n\n'
RESET = TransportFailure(Failure(FailureKind.CONNECTION_RESET))


def asked(*, stream: bool = False, text: str = "hi") -> bytes:
    body = {"model": "x", "max_tokens": 9, "messages": [{"role": "user", "content": text}], "stream": stream}
    return json.dumps(body).encode()


def whole(wait_s: float = 0.0, *before: Part) -> Reply:
    """A whole answer. before: of its body."""
    return Reply(parts=[*before, json.dumps(MESSAGE).encode()], wait_s=wait_s)


def streamed(*parts: Part, wait_s: float = 0.0) -> Reply:
    return Reply(headers=SSE, parts=parts or (START, TEXT, END), wait_s=wait_s)


def refused(status: int = 529, **headers: str) -> Reply:
    body = json.dumps({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}).encode()
    own = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Reply(status, [(b"content-type", b"application/json"), *own], [body])


def failing(failure: Exception = RESET, wait_s: float = 0.0) -> Reply:
    """No head ever comes."""
    return Reply(fails=failure, wait_s=wait_s)

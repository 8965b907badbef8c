"""The provider that answers when there is no key at all, so that the first `curl` after `make run` works.

It calls no model and says so in its text and its model name. Its answers are whole JSON answers of the client's
dialect; a streaming client gets the stream the dialect's codec makes of one, as it would of any upstream that answers
JSON.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any
from urllib.parse import unquote

import msgspec

from gate.core.dialect import Dialect
from gate.engine.ports import AttemptScope, Header, UpstreamAnswer, UpstreamCall

TEXT = (
    "This answer is simulated by Gate: no provider key is configured, so no model was called. "
    "Set ANTHROPIC_API_KEY, OPENAI_API_KEY or another provider's key and start Gate again."
)
_BYTES_PER_TOKEN = 4


class SimulatedTransport:
    """`engine.ports.Transport` without a network."""

    def __init__(self, random: Callable[[int], bytes], clock_ns: Callable[[], int]) -> None:
        self._random = random
        self._clock_ns = clock_ns

    async def send(self, call: UpstreamCall, scope: AttemptScope) -> UpstreamAnswer:
        input_tokens = len(call.body) // _BYTES_PER_TOKEN
        if call.path.endswith("/count_tokens"):
            return _Whole(msgspec.json.encode({"input_tokens": input_tokens}))
        if call.path.endswith(":countTokens"):
            return _Whole(msgspec.json.encode({"totalTokens": input_tokens}))
        new_id = self._random(12).hex()
        model = _model(call)
        seconds = self._clock_ns() // 1_000_000_000
        return _Whole(msgspec.json.encode(_ANSWERS[call.dialect](new_id, model, input_tokens, seconds)))

    async def aclose(self) -> None:
        return None


class _Model(msgspec.Struct):
    model: str


def _model(call: UpstreamCall) -> str:
    """As asked for: in the body, or in the path (`/models/MODEL:verb`)."""
    if call.dialect is not Dialect.GEMINI:
        return msgspec.json.decode(call.body, type=_Model).model
    return unquote(call.path.partition("/models/")[2].rpartition(":")[0])


class _Whole:
    """A JSON answer, whole."""

    status = 200

    def __init__(self, body: bytes) -> None:
        self._body = body

    @property
    def headers(self) -> Sequence[Header]:
        return [(b"content-type", b"application/json")]

    async def chunks(self) -> AsyncIterator[bytes]:
        yield self._body

    async def aclose(self) -> None:
        return None


def _messages(new_id: str, model: str, input_tokens: int, _seconds: int) -> dict[str, Any]:
    return {
        "id": f"msg_{new_id}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [{"type": "text", "text": TEXT}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": input_tokens, "output_tokens": len(TEXT) // _BYTES_PER_TOKEN},
    }


def _chat(new_id: str, model: str, input_tokens: int, seconds: int) -> dict[str, Any]:
    output = len(TEXT) // _BYTES_PER_TOKEN
    message = {"role": "assistant", "content": TEXT, "refusal": None}
    return {
        "id": f"chatcmpl-{new_id}",
        "object": "chat.completion",
        "created": seconds,
        "model": model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": input_tokens,
            "completion_tokens": output,
            "total_tokens": input_tokens + output,
        },
    }


def _responses(new_id: str, model: str, input_tokens: int, seconds: int) -> dict[str, Any]:
    output = len(TEXT) // _BYTES_PER_TOKEN
    content: list[Any] = [{"type": "output_text", "text": TEXT, "annotations": []}]
    message: dict[str, Any] = {
        "id": f"msg_{new_id}",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": content,
    }
    return {
        "id": f"resp_{new_id}",
        "object": "response",
        "created_at": seconds,
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "model": model,
        "output": [message],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": {
            "input_tokens": input_tokens,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": output,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": input_tokens + output,
        },
    }


def _gemini(new_id: str, model: str, input_tokens: int, _seconds: int) -> dict[str, Any]:
    output = len(TEXT) // _BYTES_PER_TOKEN
    content = {"role": "model", "parts": [{"text": TEXT}]}
    return {
        "candidates": [{"content": content, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {
            "promptTokenCount": input_tokens,
            "candidatesTokenCount": output,
            "totalTokenCount": input_tokens + output,
        },
        "modelVersion": model,
        "responseId": new_id,
    }


_ANSWERS: dict[Dialect, Callable[[str, str, int, int], dict[str, Any]]] = {
    Dialect.ANTHROPIC_MESSAGES: _messages,
    Dialect.OPENAI_CHAT: _chat,
    Dialect.OPENAI_RESPONSES: _responses,
    Dialect.GEMINI: _gemini,
}

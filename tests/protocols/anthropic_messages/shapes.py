"""Small messages traffic in Anthropic's shapes, written for these tests."""

from __future__ import annotations

import json
from typing import Any


def sse(kind: str, **members: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **members})}\n\n".encode()


def start(**usage: Any) -> bytes:
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x", "content": []}
    return sse("message_start", message={**message, "stop_reason": None, "usage": usage})


def block(index: int, opened: dict[str, Any], *deltas: dict[str, Any]) -> bytes:
    events = [sse("content_block_start", index=index, content_block=opened)]
    events += [sse("content_block_delta", index=index, delta=delta) for delta in deltas]
    return b"".join([*events, sse("content_block_stop", index=index)])


def text(index: int, *pieces: str) -> bytes:
    return block(index, {"type": "text", "text": ""}, *({"type": "text_delta", "text": piece} for piece in pieces))


def ending(reason: str | None = "end_turn", **usage: Any) -> bytes:
    return sse("message_delta", delta={"stop_reason": reason, "stop_sequence": None}, usage=usage)


PING = sse("ping")
STOP = sse("message_stop")
TOOL = block(
    1,
    {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {}},
    {"type": "input_json_delta", "partial_json": ""},
    {"type": "input_json_delta", "partial_json": '{"command":"ls"}'},
)
THINKING = block(
    0,
    {"type": "thinking", "thinking": "", "signature": ""},
    {"type": "thinking_delta", "thinking": "hm"},
    {"type": "signature_delta", "signature": "c2ln"},
)

STREAM = b"".join(
    [
        start(input_tokens=3, cache_creation_input_tokens=12304, cache_read_input_tokens=0, output_tokens=1),
        PING,
        THINKING,
        TOOL,
        ending("tool_use", output_tokens=550),
        STOP,
    ]
)

ANSWER: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-x",
    "content": [
        {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "b3BhcXVl"},
        {"type": "text", "text": "Look: é \U0001f600"},
        {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": "ls", "n": 1}},
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}},
        {"type": "text", "text": "cited", "citations": [{"type": "char_location", "cited_text": "c"}]},
        {"type": "block_of_tomorrow", "payload": {"deep": [1, 2]}},
    ],
    "stop_reason": "tool_use",
    "stop_sequence": None,
    "usage": {"input_tokens": 10, "cache_read_input_tokens": 5, "output_tokens": 7},
}

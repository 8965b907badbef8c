"""Small chat traffic in OpenAI's shapes, written for these tests."""

from __future__ import annotations

import json
from typing import Any

USAGE: dict[str, Any] = {
    "prompt_tokens": 200,
    "completion_tokens": 25,
    "total_tokens": 225,
    "prompt_tokens_details": {"cached_tokens": 50},
    "completion_tokens_details": {"reasoning_tokens": 5},
}
DONE = b"data: [DONE]\n\n"
HEAD = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-x"}


def sse(**members: Any) -> bytes:
    return b"data: " + json.dumps({**HEAD, **members}).encode() + b"\n\n"


def chunk(delta: dict[str, Any] | None = None, finish: str | None = None, index: int = 0, **members: Any) -> bytes:
    choice = {"index": index, "delta": delta or {}, "logprobs": None, "finish_reason": finish}
    return sse(choices=[choice], **members)


ROLE = chunk({"role": "assistant", "content": ""})
USAGE_ONLY = sse(choices=[], usage=USAGE)
TOOL = chunk(
    {"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": {"name": "ls", "arguments": ""}}]}
) + chunk({"tool_calls": [{"index": 0, "function": {"arguments": '{"a":1}'}}]})
BODY = ROLE + chunk({"content": "hé"}) + TOOL + chunk({}, "tool_calls")
STREAM = BODY + USAGE_ONLY + DONE

ANSWER: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-x",
    "system_fingerprint": "fp_1",
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": "Look: é",
                "refusal": None,
                "tool_calls": [
                    {"id": "call_1", "type": "function", "function": {"name": "ls", "arguments": '{"a": 1}'}},
                    {"id": "call_2", "type": "function", "function": {"name": "cat", "arguments": "{}"}},
                ],
            },
            "logprobs": None,
            "finish_reason": "tool_calls",
        }
    ],
    "usage": USAGE,
}

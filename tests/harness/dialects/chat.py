"""OpenAI chat completions: https://platform.openai.com/docs/api-reference/chat"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from tests.harness.dialects.answer import Answer, NamedEvent, cut
from tests.harness.dialects.reading import object_of, objects
from tests.harness.dialects.refusals import chat_refusal
from tests.harness.shape import sse
from tests.harness.task import Step, ToolCall, running_turn

# What OpenAI's errors call themselves: https://platform.openai.com/docs/guides/error-codes
ERRORS = {
    400: ("invalid_request_error", None),
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("invalid_request_error", "unsupported_country_region_territory"),
    404: ("invalid_request_error", "model_not_found"),
    413: ("invalid_request_error", "request_too_large"),
    429: ("requests", "rate_limit_exceeded"),
}
FINISH = {
    "natural": "stop",
    "calls": "tool_calls",
    "length": "length",
    "filter": "content_filter",
    "sequence": "stop",
}


def chat_error(status: int, message: str) -> dict[str, Any]:
    """The body of an error answer of chat completions and responses."""
    kind, code = ERRORS.get(status, ("server_error" if status >= 500 else "invalid_request_error", None))
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


class ChatAnswer(Answer):
    """An answer of `POST /v1/chat/completions`."""

    def plan(self) -> Step:
        functions = [object_of(tool.get("function")) or tool for tool in objects(self.body.get("tools"))]
        tools = {str(function.get("name")): object_of(function.get("parameters")) for function in functions}
        results = [
            message.get("tool_call_id")
            for message in running_turn(objects(self.body.get("messages")))
            if message.get("role") == "tool"
        ]
        return self.next_step(tools, results, self.want())

    def document(self) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": self._words()}
        if self.thought is not None:
            message["reasoning_content"] = self.thought
        if self.calls:
            message["tool_calls"] = [{**self._opened(call), "function": _function(call)} for call in self.calls]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": FINISH[self.stop]}
        answer = self._head("chat.completion") | {"choices": [choice]}
        return answer if self.shape.usage == "missing" else answer | {"usage": self._usage()}

    def named_events(self) -> Iterator[NamedEvent]:
        head = self._head("chat.completion.chunk")
        options = object_of(self.body.get("stream_options"))
        usage = self.shape.usage
        asked = usage == "unasked" or (options.get("include_usage") is True and usage != "missing")

        def event(delta: dict[str, Any], finish: str | None = None, **members: Any) -> NamedEvent:
            choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
            if asked and usage == "normal":
                members.setdefault("usage", None)  # as OpenAI does on every chunk but the last
            if asked and usage == "repeated":
                members.setdefault("usage", self._usage())
            name = "finish" if finish else "delta"
            return name, sse(None, json.dumps({**head, "choices": [choice], **members}))

        yield event({"role": "assistant", "content": ""})
        yield from (event(delta) for delta in self._deltas())
        inline = {"usage": self._usage()} if asked and usage == "inline" else {}
        yield event({}, FINISH[self.stop], **inline)
        if asked and usage != "inline":
            yield "usage", sse(None, json.dumps({**head, "choices": [], "usage": self._usage()}))
        yield "[DONE]", sse(None, "[DONE]")

    def error_event(self, message: str) -> bytes:
        return sse(None, json.dumps(chat_error(500, message)))

    def refusal(self) -> str | None:
        return chat_refusal(self.body, self.issued)

    def _words(self) -> str | None:
        return None if self.calls and not self.shape.says else self.text or None

    def _deltas(self) -> Iterator[dict[str, Any]]:
        yield from ({"reasoning_content": piece} for piece in cut(self.thought or ""))
        words = self._words()
        if words is not None:
            yield from ({"content": piece} for piece in self.shape.pieces(words))
        opened: list[dict[str, Any]] = []
        pieces: list[list[dict[str, Any]]] = []
        for index, call in enumerate(self.calls):
            opened.append({"index": index, **self._opened(call)})
            pieces.append([{"index": index, "function": {"arguments": piece}} for piece in cut(call.arguments_text)])
        if self.shape.says and self.shape.says.calls_in_turn:
            ordered = [part for first, rest in zip(opened, pieces, strict=True) for part in (first, *rest)]
        else:
            # Vendors were seen to stream parallel calls at the same time.
            ordered = opened + [part for parts in zip_longest(*pieces) for part in parts if part]
        yield from ({"tool_calls": [part]} for part in ordered)

    def _opened(self, call: ToolCall) -> dict[str, Any]:
        return {"id": self.issue("call_"), "type": "function", "function": {"name": call.name, "arguments": ""}}

    def _head(self, kind: str) -> dict[str, Any]:
        made = "chatcmpl-" + uuid.uuid4().hex[:24]
        return {"id": made, "object": kind, "created": int(time.time()), "model": self.model}

    def _usage(self) -> dict[str, Any]:
        tokens = self.shape.tokens
        counts: dict[str, Any] = {
            "prompt_tokens": tokens.prompt,
            "completion_tokens": tokens.output,
            "total_tokens": tokens.prompt + tokens.output,
        }
        if self.shape.usage != "plain":
            counts["prompt_tokens_details"] = {"cached_tokens": tokens.cache_read}
            counts["completion_tokens_details"] = {"reasoning_tokens": tokens.reasoning}
        return counts


def _function(call: ToolCall) -> dict[str, Any]:
    return {"name": call.name, "arguments": call.arguments_text}

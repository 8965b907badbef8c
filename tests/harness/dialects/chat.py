"""OpenAI chat completions: https://platform.openai.com/docs/api-reference/chat"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

from tests.harness.dialects.answer import Answer, NamedEvent, objects, schema_of
from tests.harness.shape import sse
from tests.harness.task import Step

# What OpenAI's errors call themselves: https://platform.openai.com/docs/guides/error-codes
ERRORS = {
    400: ("invalid_request_error", None),
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("invalid_request_error", "unsupported_country_region_territory"),
    404: ("invalid_request_error", "model_not_found"),
    413: ("invalid_request_error", "request_too_large"),
    429: ("requests", "rate_limit_exceeded"),
}


def chat_error(status: int, message: str) -> dict[str, Any]:
    """The body of an error answer of chat completions and responses."""
    kind, code = ERRORS.get(status, ("server_error" if status >= 500 else "invalid_request_error", None))
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


class ChatAnswer(Answer):
    """An answer of `POST /v1/chat/completions`."""

    def plan(self) -> Step:
        functions = [schema_of(tool.get("function")) or tool for tool in objects(self.body.get("tools"))]
        tools = {str(function.get("name")): schema_of(function.get("parameters")) for function in functions}
        results = [
            message.get("tool_call_id")
            for message in objects(self.body.get("messages"))
            if message.get("role") == "tool"
        ]
        return self.next_step(tools, results, self.want())

    def document(self) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": None if self.step.call else self.text}
        if self.step.call:
            call = {"name": self.step.call.name, "arguments": self.step.call.arguments_text}
            message["tool_calls"] = [{"id": self.issue("call_"), "type": "function", "function": call}]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self._finish_reason()}
        answer = self._head("chat.completion") | {"choices": [choice]}
        return answer if self.shape.usage == "missing" else answer | {"usage": self._usage()}

    def named_events(self) -> Iterator[NamedEvent]:
        head = self._head("chat.completion.chunk")
        options = schema_of(self.body.get("stream_options"))
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
        yield event({}, self._finish_reason(), **inline)
        if asked and usage != "inline":
            yield "usage", sse(None, json.dumps({**head, "choices": [], "usage": self._usage()}))
        yield "[DONE]", sse(None, "[DONE]")

    def error_event(self, message: str) -> bytes:
        return sse(None, json.dumps(chat_error(500, message)))

    def _deltas(self) -> Iterator[dict[str, Any]]:
        call = self.step.call
        if call is None:
            yield from ({"content": piece} for piece in self.shape.pieces(self.text))
            return
        opening = {"name": call.name, "arguments": ""}
        yield {"tool_calls": [{"index": 0, "id": self.issue("call_"), "type": "function", "function": opening}]}
        text = call.arguments_text
        for start in range(0, len(text), 7):
            yield {"tool_calls": [{"index": 0, "function": {"arguments": text[start : start + 7]}}]}

    def _head(self, kind: str) -> dict[str, Any]:
        made = "chatcmpl-" + uuid.uuid4().hex[:24]
        return {"id": made, "object": kind, "created": int(time.time()), "model": self.model}

    def _finish_reason(self) -> str:
        return "tool_calls" if self.step.call else "stop"

    def _usage(self) -> dict[str, Any]:
        tokens = self.shape.tokens
        counts: dict[str, Any] = {
            "prompt_tokens": tokens.prompt,
            "completion_tokens": tokens.output,
            "total_tokens": tokens.prompt + tokens.output,
        }
        if self.shape.usage != "plain":
            counts["prompt_tokens_details"] = {"cached_tokens": tokens.cache_read}
            counts["completion_tokens_details"] = {"reasoning_tokens": 0}
        return counts

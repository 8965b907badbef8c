"""Anthropic messages: https://platform.claude.com/docs/en/api/messages and .../build-with-claude/streaming"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

from tests.harness.dialects.answer import Answer, NamedEvent, cut
from tests.harness.dialects.reading import object_of, objects
from tests.harness.dialects.refusals import NO_THREADS, messages_refusal
from tests.harness.shape import sse
from tests.harness.task import Step, running_turn

THINKING = Answer.THOUGHT
SIGNATURE = "c2NyaXB0ZWQtdXBzdHJlYW0tc2lnbmF0dXJlLTAwMDE="

# https://platform.claude.com/docs/en/api/errors
ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
STOP_REASONS = {
    "natural": "end_turn",
    "calls": "tool_use",
    "length": "max_tokens",
    "filter": "refusal",
    "sequence": "stop_sequence",
}


def messages_error(status: int, message: str, request_id: str) -> dict[str, Any]:
    """The body of an error answer."""
    kind = ERROR_TYPES.get(status, "api_error" if status >= 500 else "invalid_request_error")
    error: dict[str, Any] = {"type": kind, "message": message}
    if message == NO_THREADS:
        # What makes the vendor's SDK send the whole history again, without a thread.
        error["details"] = {"error_code": "thread_unsupported_request", "unsupported": ["thread"]}
    return {"type": "error", "error": error, "request_id": request_id}


class MessagesAnswer(Answer):
    """An answer of `POST /v1/messages`."""

    def plan(self) -> Step:
        tools = {str(tool.get("name")): object_of(tool.get("input_schema")) for tool in objects(self.body.get("tools"))}
        results = [
            block.get("tool_use_id")
            for message in running_turn(objects(self.body.get("messages")))
            for block in objects(message.get("content"))
            if block.get("type") == "tool_result"
        ]
        step = self.next_step(tools, results, self.want())
        if step.kind == "side" and self._asks_for_title():
            return Step("side", json.dumps({"title": "Create a file"}))
        return step

    def _asks_for_title(self) -> bool:
        # A client's request for a session title has a structured output with a `title` member.
        asked = json.dumps([self.body.get("output_config"), self.body.get("output_format")])
        return '"title"' in asked

    def document(self) -> dict[str, Any]:
        answer = self._message(self._blocks(), STOP_REASONS[self.stop])
        if self.shape.usage != "missing":
            answer["usage"] = self._usage()
        return answer

    def named_events(self) -> Iterator[NamedEvent]:
        start = self._message([], None)
        if self.shape.usage != "missing":
            start["usage"] = self._usage(output=1)
        yield self._event("message_start", message=start)
        for index, block in enumerate(self._blocks()):
            yield self._event("content_block_start", index=index, content_block=_opened(block))
            if index == 0:
                yield self._event("ping")
            for delta in self._deltas(block):
                yield self._event("content_block_delta", index=index, delta=delta)
            yield self._event("content_block_stop", index=index)
        if self.shape.usage == "repeated":
            yield self._ending(None, self._usage(output=self.shape.tokens.output - 1))
        match self.shape.usage:
            case "missing":
                usage = None
            case "repeated":
                usage = self._usage()
            case _:
                usage = {"output_tokens": self.shape.tokens.output} | self._details()
        yield self._ending(STOP_REASONS[self.stop], usage)
        yield self._event("message_stop")

    def error_event(self, message: str) -> bytes:
        error = {"type": "overloaded_error", "message": message}
        return sse("error", json.dumps({"type": "error", "error": error}))

    def _event(self, kind: str, **members: Any) -> NamedEvent:
        return kind, sse(kind, json.dumps({"type": kind, **members}))

    def _ending(self, stop_reason: str | None, usage: dict[str, Any] | None) -> NamedEvent:
        delta = {"stop_reason": stop_reason, "stop_sequence": self._sequence(stop_reason)}
        return self._event("message_delta", delta=delta, **({} if usage is None else {"usage": usage}))

    def _message(self, content: list[dict[str, Any]], stop_reason: str | None) -> dict[str, Any]:
        return {
            "id": "msg_" + uuid.uuid4().hex[:24],
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": content,
            "stop_reason": stop_reason,
            "stop_sequence": self._sequence(stop_reason),
        }

    def _sequence(self, stop_reason: str | None) -> Any:
        return self.body["stop_sequences"][0] if stop_reason == "stop_sequence" else None

    def refusal(self) -> str | None:
        return messages_refusal(self.body, self.issued | {SIGNATURE})

    def _blocks(self) -> list[dict[str, Any]]:
        blocks: list[dict[str, Any]] = []
        if self.thought is not None:
            blocks.append({"type": "thinking", "thinking": self.thought, "signature": SIGNATURE})
        if self.text or not self.calls:
            blocks.append({"type": "text", "text": self.text})
        for call in self.calls:
            blocks.append({"type": "tool_use", "id": self.issue("toolu_"), "name": call.name, "input": call.arguments})
        return blocks

    def _deltas(self, block: dict[str, Any]) -> Iterator[dict[str, Any]]:
        match block["type"]:
            case "thinking":
                for piece in cut(block["thinking"]):
                    yield {"type": "thinking_delta", "thinking": piece}
                yield {"type": "signature_delta", "signature": block["signature"]}
            case "tool_use":
                # Real streams open with an empty piece.
                for piece in ("", *cut(json.dumps(block["input"]))):
                    yield {"type": "input_json_delta", "partial_json": piece}
            case _:
                for piece in self.shape.pieces(block["text"]):
                    yield {"type": "text_delta", "text": piece}

    def _usage(self, output: int | None = None) -> dict[str, Any]:
        tokens = self.shape.tokens
        counted = tokens.output if output is None else output
        if self.shape.usage == "plain":
            return {"input_tokens": tokens.input, "output_tokens": counted}
        return {
            "input_tokens": tokens.input,
            "cache_creation_input_tokens": tokens.cache_write,
            "cache_read_input_tokens": tokens.cache_read,
            "cache_creation": {
                "ephemeral_5m_input_tokens": tokens.cache_write,
                "ephemeral_1h_input_tokens": 0,
            },
            "output_tokens": counted,
        } | self._details()

    def _details(self) -> dict[str, Any]:
        reasoning = self.shape.tokens.reasoning
        return {"output_tokens_details": {"thinking_tokens": reasoning}} if reasoning else {}


def _opened(block: dict[str, Any]) -> dict[str, Any]:
    """A block as its start event shows it: without what the deltas bring."""
    empty: dict[str, Any] = {"thinking": "", "signature": "", "text": "", "input": {}}
    return {name: empty.get(name, value) for name, value in block.items()}

"""OpenAI responses: https://platform.openai.com/docs/api-reference/responses and .../responses-streaming"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

from tests.harness.dialects.answer import Answer, NamedEvent, cut
from tests.harness.dialects.reading import object_of, objects
from tests.harness.dialects.refusals import responses_refusal
from tests.harness.shape import sse
from tests.harness.task import Step, ToolCall, free_text, running_turn

RESULTS = ("function_call_output", "local_shell_call_output", "custom_tool_call_output")
REASONING = "The file has one line."
ENCRYPTED = "ZW5jcnlwdGVkLXJlYXNvbmluZy0wMDAx"
INCOMPLETE = {"length": "max_output_tokens", "filter": "content_filter"}


class ResponsesAnswer(Answer):
    """An answer of `POST /v1/responses`."""

    THOUGHT = REASONING

    def plan(self) -> Step:
        self._made = "resp_" + uuid.uuid4().hex
        functions: dict[str, dict[str, Any]] = {}
        free_text: set[str] = set()
        namespaces: dict[str, str | None] = {}
        for namespace, tool in self._tools():
            name = str(tool.get("name") or tool.get("type"))
            namespaces[name] = namespace
            if tool.get("type") == "custom":
                free_text.add(name)
            elif tool.get("type") in ("function", "local_shell"):
                functions[name] = object_of(tool.get("parameters"))
        results = [
            item.get("call_id") for item in running_turn(objects(self.body.get("input"))) if item.get("type") in RESULTS
        ]
        step = self.next_step(functions, results, self.want())
        call = step.call
        if step.kind == "side":
            call = self._free_text_call(free_text)
        if call is None:
            return step
        placed = ToolCall(call.name, call.arguments, namespaces.get(call.name))
        return Step("tool", step.text, placed, step.unknown_tool_ids)

    def _tools(self) -> Iterator[tuple[str | None, dict[str, Any]]]:
        """All tools with their namespace: top level, in namespaces, and in Codex' `additional_tools` input items."""
        groups = [self.body.get("tools")]
        inputs = objects(self.body.get("input"))
        groups += [item.get("tools") for item in inputs if item.get("type") == "additional_tools"]
        for tool in (tool for group in groups for tool in objects(group)):
            if tool.get("type") == "namespace":
                yield from ((tool.get("name"), inner) for inner in objects(tool.get("tools")))
            else:
                yield None, tool

    def _free_text_call(self, offered: set[str]) -> ToolCall | None:
        """A call of one of Codex' tools that take free text."""
        for name in ("exec", "apply_patch"):
            text = free_text(name, self.want().content)
            if name in offered and text is not None:
                return ToolCall(name, text)
        return None

    def document(self) -> dict[str, Any]:
        return self._response(self._status(), self._items())

    def refusal(self) -> str | None:
        return responses_refusal(self.body, self.issued | {ENCRYPTED})

    def _status(self) -> str:
        return "incomplete" if self.stop in INCOMPLETE else "completed"

    def named_events(self) -> Iterator[NamedEvent]:
        for number, (kind, members) in enumerate(self._event_list()):
            yield kind, sse(kind, json.dumps({"type": kind, "sequence_number": number, **members}))

    def error_event(self, message: str) -> bytes:
        failed = self._response("failed", [])
        failed["error"] = {"code": "server_error", "message": message}
        event = {"type": "response.failed", "sequence_number": 999, "response": failed}
        return sse("response.failed", json.dumps(event))

    def _event_list(self) -> Iterator[tuple[str, dict[str, Any]]]:
        yield "response.created", {"response": self._response("in_progress", [])}
        yield "response.in_progress", {"response": self._response("in_progress", [])}
        items = self._items()
        for index, item in enumerate(items):
            place = {"item_id": item["id"], "output_index": index}
            yield "response.output_item.added", {"output_index": index, "item": _opened(item)}
            match item["type"]:
                case "function_call":
                    yield from self._written("response.function_call_arguments", "arguments", item, place)
                case "custom_tool_call":
                    yield from self._written("response.custom_tool_call_input", "input", item, place)
                case "reasoning":
                    yield from _summary(item, place)
                case _:
                    yield from self._said(item, place)
            yield "response.output_item.done", {"output_index": index, "item": item}
        yield f"response.{self._status()}", {"response": self._response(self._status(), items)}

    def _written(
        self, event: str, member: str, item: dict[str, Any], place: dict[str, Any]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        text: str = item[member]
        for piece in cut(text):
            yield f"{event}.delta", {**place, "delta": piece}
        yield f"{event}.done", {**place, member: text}

    def _said(self, item: dict[str, Any], place: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        part = item["content"][0]
        place = {**place, "content_index": 0}
        yield "response.content_part.added", {**place, "part": {**part, "text": ""}}
        for piece in self.shape.pieces(part["text"]):
            yield "response.output_text.delta", {**place, "delta": piece, "logprobs": []}
        yield "response.output_text.done", {**place, "text": part["text"], "logprobs": []}
        yield "response.content_part.done", {**place, "part": part}

    def _items(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        if self.thought is not None:
            summary = [{"type": "summary_text", "text": self.thought}]
            items.append({"type": "reasoning", "id": _id("rs_"), "summary": summary, "encrypted_content": ENCRYPTED})
        if not self.calls or (self.shape.says and self.text):
            part: dict[str, Any] = {"type": "output_text", "text": self.text, "annotations": [], "logprobs": []}
            message = {"type": "message", "id": _id("msg_"), "role": "assistant", "status": "completed"}
            items.append({**message, "content": [part]})
        return [*items, *map(self._call, self.calls)]

    def _call(self, call: ToolCall) -> dict[str, Any]:
        made: dict[str, Any] = {"call_id": self.issue("call_"), "name": call.name, "status": "completed"}
        if isinstance(call.arguments, str):
            made |= {"type": "custom_tool_call", "id": _id("ctc_"), "input": call.arguments}
        else:
            made |= {"type": "function_call", "id": _id("fc_"), "arguments": call.arguments_text}
        return made | {"namespace": call.namespace} if call.namespace else made

    def _response(self, status: str, output: list[dict[str, Any]]) -> dict[str, Any]:
        counted = status in ("completed", "incomplete") or (status == "in_progress" and self.shape.usage == "repeated")
        return {
            "id": self._made,
            "object": "response",
            "created_at": int(time.time()),
            "status": status,
            "error": None,
            "incomplete_details": {"reason": INCOMPLETE[self.stop]} if status == "incomplete" else None,
            "instructions": None,
            "max_output_tokens": None,
            "metadata": {},
            "model": self.model,
            "output": output,
            "parallel_tool_calls": bool(self.body.get("parallel_tool_calls", True)),
            "previous_response_id": None,
            "reasoning": {"effort": None, "summary": None},
            "store": False,
            "temperature": 1.0,
            "text": {"format": {"type": "text"}},
            "tool_choice": "auto",
            "tools": [],
            "top_p": 1.0,
            "truncation": "disabled",
            "usage": self._usage() if counted and self.shape.usage != "missing" else None,
            "user": None,
        }

    def _usage(self) -> dict[str, Any]:
        tokens = self.shape.tokens
        counts: dict[str, Any] = {
            "input_tokens": tokens.prompt,
            "output_tokens": tokens.output,
            "total_tokens": tokens.prompt + tokens.output,
        }
        if self.shape.usage != "plain":
            counts["input_tokens_details"] = {"cached_tokens": tokens.cache_read}
            counts["output_tokens_details"] = {"reasoning_tokens": tokens.reasoning}
        return counts


def _summary(item: dict[str, Any], place: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    part = item["summary"][0]
    place = {**place, "summary_index": 0}
    yield "response.reasoning_summary_part.added", {**place, "part": {**part, "text": ""}}
    yield "response.reasoning_summary_text.delta", {**place, "delta": part["text"]}
    yield "response.reasoning_summary_text.done", {**place, "text": part["text"]}
    yield "response.reasoning_summary_part.done", {**place, "part": part}


def _opened(item: dict[str, Any]) -> dict[str, Any]:
    """An item as its first event shows it: without what the deltas bring."""
    empty: dict[str, Any] = {"arguments": "", "input": "", "content": [], "summary": [], "status": "in_progress"}
    return {name: empty.get(name, value) for name, value in item.items()}


def _id(prefix: str) -> str:
    return prefix + uuid.uuid4().hex

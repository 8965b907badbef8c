"""Gemini's generateContent and streamGenerateContent: https://ai.google.dev/api/generate-content

A model whose name begins with `gemini-3` gives every call an id and signs the first call of an answer, as Gemini 3 does
(https://ai.google.dev/gemini-api/docs/thought-signatures); others give neither.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.harness.dialects.answer import Answer, NamedEvent
from tests.harness.dialects.reading import either, object_of, objects
from tests.harness.dialects.refusals import gemini_refusal
from tests.harness.shape import sse
from tests.harness.task import Step, running_turn

# https://ai.google.dev/gemini-api/docs/troubleshooting
STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
FINISH = {"natural": "STOP", "calls": "STOP", "length": "MAX_TOKENS", "filter": "SAFETY", "sequence": "STOP"}
_MODEL = re.compile(r"/models/([^/]+):\w+$")


def gemini_error(status: int, message: str) -> dict[str, Any]:
    """The body of an error answer."""
    name = STATUSES.get(status, "INTERNAL" if status >= 500 else "INVALID_ARGUMENT")
    return {"error": {"code": status, "message": message, "status": name}}


class GeminiAnswer(Answer):
    """An answer of `POST /v1beta/models/MODEL:generateContent` and `:streamGenerateContent?alt=sse`."""

    @property
    def asked_model(self) -> str:
        """The model in the path."""
        found = _MODEL.search(urlsplit(self.target).path)
        return unquote(found[1]) if found else ""

    @property
    def model(self) -> Any:
        return self.shape.answer_model or self.asked_model

    @property
    def streaming(self) -> bool:
        parts = urlsplit(self.target)
        return parts.path.endswith(":streamGenerateContent") and "alt=sse" in parts.query.split("&")

    @property
    def _signs(self) -> bool:
        return self.asked_model.startswith("gemini-3")

    def plan(self) -> Step:
        groups = objects(self.body.get("tools"))
        declared = [one for group in groups for one in objects(either(group, "functionDeclarations"))]
        tools = {
            str(one.get("name")): object_of(one.get("parameters") or either(one, "parametersJsonSchema"))
            for one in declared
        }
        contents = running_turn(objects(self.body.get("contents")))
        parts = [part for content in contents for part in objects(content.get("parts"))]
        called = {object_of(either(part, "functionCall")).get("name") for part in parts}
        results = [object_of(result) for part in parts if (result := either(part, "functionResponse"))]
        step = self.next_step(tools, [result.get("id") for result in results], self.want())
        if not self._signs:
            # Without ids the name is the link.
            lost = tuple(str(one.get("name")) for one in results if one.get("name") not in called)
            return Step(step.kind, step.text, step.call, lost)
        return step

    def document(self) -> dict[str, Any]:
        return self._chunk(self._parts(), FINISH[self.stop])

    def named_events(self) -> Iterator[NamedEvent]:
        for part in self._parts():
            if "text" not in part:
                yield self._event([part])
                continue
            for piece in self.shape.pieces(part["text"]):
                yield self._event([{**part, "text": piece}])
        # What Gemini ends with, also after a call: an empty text.
        yield "finish", sse(None, json.dumps(self._chunk([{"text": ""}], FINISH[self.stop])))

    def error_event(self, message: str) -> bytes:
        return sse(None, json.dumps(gemini_error(503, message)))

    def refusal(self) -> str | None:
        return gemini_refusal(self.body, self.issued, self._signs)

    def _event(self, parts: list[dict[str, Any]]) -> NamedEvent:
        return "delta", sse(None, json.dumps(self._chunk(parts, None)))

    def _parts(self) -> list[dict[str, Any]]:
        parts: list[dict[str, Any]] = []
        if self.thought is not None:
            parts.append({"text": self.thought, "thought": True})
        if self.text and (self.shape.says or not self.calls):
            parts.append({"text": self.text})
        for index, call in enumerate(self.calls):
            made: dict[str, Any] = {"name": call.name, "args": call.arguments}
            part: dict[str, Any] = {"functionCall": made}
            if self._signs:
                made["id"] = self.issue("")
                if index == 0:
                    part["thoughtSignature"] = self._signature()
            parts.append(part)
        return parts

    def _signature(self) -> str:
        """Base64, as Google's are."""
        made = "Cg" + uuid.uuid4().hex[:30]
        self.issued.add(made)
        return made

    def _chunk(self, parts: list[dict[str, Any]], finish: str | None) -> dict[str, Any]:
        candidate: dict[str, Any] = {"content": {"parts": parts, "role": "model"}, "index": 0}
        if finish:
            candidate["finishReason"] = finish
        chunk = {"candidates": [candidate], "modelVersion": self.model, "responseId": "scripted-response-0001"}
        if self.shape.usage != "missing":
            chunk["usageMetadata"] = self._usage(finish is not None)
        return chunk

    def _usage(self, whole: bool) -> dict[str, Any]:
        tokens = self.shape.tokens
        counts: dict[str, Any] = {"promptTokenCount": tokens.prompt, "totalTokenCount": tokens.prompt}
        if whole:
            counts["candidatesTokenCount"] = tokens.output - tokens.reasoning
            counts["totalTokenCount"] = tokens.prompt + tokens.output
        if self.shape.usage != "plain":
            counts["cachedContentTokenCount"] = tokens.cache_read
            counts |= {"thoughtsTokenCount": tokens.reasoning} if tokens.reasoning else {}
        return counts

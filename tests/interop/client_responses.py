"""A client of OpenAI responses: the `openai` SDK, keeping the history itself as Codex does (`store: false`)."""

from __future__ import annotations

import json
from typing import Any

import openai

from tests.interop.client_chat import refused
from tests.interop.neutral import FILE_NAME, Ask, Called, Conversation, Counts, Item, Refused, Result, Told

# What an item of an answer has that one of a request has not.
ONLY_IN_ANSWERS = {"status", "parsed_arguments", "parsed"}


class ResponsesConversation(Conversation):
    def __init__(self, url: str, key: str, model: str, ask: Ask) -> None:
        super().__init__(url, key, model, ask)
        self._sdk = openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0, timeout=30)
        self._history: list[Any] = [{"role": role, "content": text} for role, text in ask.history]
        self._history.append({"role": "user", "content": [_part(item) for item in ask.prompt]})

    def send(self, stream: bool) -> Told:
        try:
            answer = self._stream() if stream else self._whole()
        except openai.APIError as error:
            raise refused(error) from error
        self._history += [_sent_back(item) for item in answer.output]
        return _told(answer)

    def give(self, results: list[Result]) -> None:
        for one in results:
            output: Any = one.text
            if one.image:
                output = [{"type": "input_text", "text": one.text}, _part(("image", *one.image))]
            self._history.append({"type": "function_call_output", "call_id": one.id, "output": output})

    def say(self, text: str) -> None:
        self._history.append({"role": "user", "content": text})

    def close(self) -> None:
        self._sdk.close()

    def _whole(self) -> Any:
        raw = self._sdk.responses.with_raw_response.create(**self._request())
        self.headers = dict(raw.headers)
        return raw.parse()

    def _stream(self) -> Any:
        last: Any = None
        names: set[str] = set()
        with self._sdk.responses.stream(**self._request()) as events:
            self.headers = dict(events._response.headers)
            for event in events:
                if event.type == "error":
                    raise Refused(None, None, event.message, self.headers, event.code)
                if event.type in ("response.created", "response.completed", "response.incomplete", "response.failed"):
                    last = event.response
                    names.add(last.id)
        if last is None or last.status == "in_progress":
            raise AssertionError("the stream ended without an end")
        assert len(names) == 1, f"the id of the response changed: {names}"
        if last.status == "failed":
            raise Refused(None, None, last.error.message, self.headers, last.error.code)
        return last

    def _request(self) -> dict[str, Any]:
        ask = self.ask
        request: dict[str, Any] = {
            "model": self.model,
            "input": self._history,
            "store": False,
            "include": ["reasoning.encrypted_content"],
            "max_output_tokens": ask.max_tokens,
        }
        if ask.system:
            request["instructions"] = ask.system
        if ask.tools:
            request["tools"] = [
                {
                    "type": "function",
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": tool.schema,
                    "strict": False,
                }
                for tool in ask.tools
            ]
        if ask.force:
            request["tool_choice"] = {"type": "function", "name": ask.force}
        if ask.think:
            request["reasoning"] = {"effort": "medium", "summary": "auto"}
        if ask.schema:
            request["text"] = {
                "format": {"type": "json_schema", "name": "answer", "schema": ask.schema, "strict": True}
            }
        if ask.temperature is not None:
            request["temperature"] = ask.temperature
        return request


def _part(item: Item) -> dict[str, Any]:
    match item:
        case ("text", words):
            return {"type": "input_text", "text": words}
        case ("image", media, data):
            return {"type": "input_image", "image_url": f"data:{media};base64,{data}", "detail": "auto"}
        case ("image_url", address):
            return {"type": "input_image", "image_url": address, "detail": "auto"}
        case ("document", media, data):
            return {"type": "input_file", "filename": FILE_NAME, "file_data": f"data:{media};base64,{data}"}
        case _:
            raise ValueError(item)


def _sent_back(item: Any) -> dict[str, Any]:
    return {name: value for name, value in item.model_dump(exclude_none=True).items() if name not in ONLY_IN_ANSWERS}


def _told(answer: Any) -> Told:
    calls = tuple(
        Called(item.call_id, item.name, json.loads(item.arguments))
        for item in answer.output
        if item.type == "function_call"
    )
    thoughts = [part.text for item in answer.output if item.type == "reasoning" for part in item.summary]
    usage = answer.usage
    counts = Counts(
        usage.input_tokens,
        usage.input_tokens_details.cached_tokens if usage.input_tokens_details else None,
        usage.output_tokens,
        usage.output_tokens_details.reasoning_tokens if usage.output_tokens_details else None,
    )
    return Told(answer.output_text, "".join(thoughts), calls, _stop(answer, bool(calls)), counts)


def _stop(answer: Any, calls: bool) -> str:
    if answer.status == "incomplete":
        words = {"max_output_tokens": "length", "content_filter": "filter"}
        return words.get(answer.incomplete_details.reason, str(answer.incomplete_details.reason))
    if answer.status != "completed":
        return str(answer.status)
    refusals = [part for item in answer.output if item.type == "message" for part in item.content]
    if any(part.type == "refusal" for part in refusals):
        return "filter"
    return "calls" if calls else "end"

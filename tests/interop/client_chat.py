"""A client of OpenAI chat completions: the `openai` SDK."""

from __future__ import annotations

import json
from typing import Any

import openai

from tests.interop.neutral import FILE_NAME, Ask, Called, Conversation, Counts, Item, Refused, Result, Told

STOPS = {"stop": "end", "tool_calls": "calls", "length": "length", "content_filter": "filter"}


class ChatConversation(Conversation):
    def __init__(self, url: str, key: str, model: str, ask: Ask) -> None:
        super().__init__(url, key, model, ask)
        self._sdk = openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0, timeout=30)
        self._history: list[Any] = [{"role": "system", "content": ask.system}] if ask.system else []
        self._history += [{"role": role, "content": text} for role, text in ask.history]
        self._history.append({"role": "user", "content": [_part(item) for item in ask.prompt]})

    def send(self, stream: bool) -> Told:
        try:
            message, finish, usage = self._stream() if stream else self._whole()
        except openai.APIError as error:
            raise refused(error) from error
        self._history.append({"role": "assistant"} | message)
        return Told(
            message.get("content") or "",
            message.get("reasoning_content") or "",
            tuple(
                Called(call["id"], call["function"]["name"], json.loads(call["function"]["arguments"]))
                for call in message.get("tool_calls", ())
            ),
            STOPS.get(finish, finish),
            _counts(usage),
        )

    def give(self, results: list[Result]) -> None:
        for one in results:
            content: Any = one.text
            if one.image:
                content = [{"type": "text", "text": one.text}, _part(("image", *one.image))]
            self._history.append({"role": "tool", "tool_call_id": one.id, "content": content})

    def say(self, text: str) -> None:
        self._history.append({"role": "user", "content": text})

    def close(self) -> None:
        self._sdk.close()

    def _whole(self) -> tuple[dict[str, Any], str, Any]:
        raw = self._sdk.chat.completions.with_raw_response.create(**self._request())
        self.headers = dict(raw.headers)
        answer = raw.parse()
        (choice,) = answer.choices
        return _kept(choice.message), str(choice.finish_reason), answer.usage

    def _stream(self) -> tuple[dict[str, Any], str, Any]:
        thoughts: list[str] = []
        options = {"stream_options": {"include_usage": True}}
        with self._sdk.chat.completions.stream(**self._request(), **options) as events:
            self.headers = dict(events._response.headers)
            for event in events:
                if event.type == "chunk" and event.chunk.choices:
                    thoughts.append(getattr(event.chunk.choices[0].delta, "reasoning_content", None) or "")
            answer = events.current_completion_snapshot  # the final one is refused when the limit was met
        (choice,) = answer.choices
        message = _kept(choice.message)
        if any(thoughts):
            message["reasoning_content"] = "".join(thoughts)
        return message, str(choice.finish_reason), answer.usage

    def _request(self) -> dict[str, Any]:
        ask = self.ask
        request: dict[str, Any] = {
            "model": self.model,
            "messages": self._history,
            "max_completion_tokens": ask.max_tokens,
        }
        if ask.tools:
            request["tools"] = [
                {
                    "type": "function",
                    "function": {"name": tool.name, "description": tool.description, "parameters": tool.schema},
                }
                for tool in ask.tools
            ]
        if ask.force:
            request["tool_choice"] = {"type": "function", "function": {"name": ask.force}}
        if ask.think:
            request["reasoning_effort"] = "medium"
        if ask.schema:
            described = {"name": "answer", "schema": ask.schema, "strict": True}
            request["response_format"] = {"type": "json_schema", "json_schema": described}
        if ask.stop:
            request["stop"] = list(ask.stop)
        if ask.temperature is not None:
            request["temperature"] = ask.temperature
        return request


def _part(item: Item) -> dict[str, Any]:
    match item:
        case ("text", words):
            return {"type": "text", "text": words}
        case ("image", media, data):
            return {"type": "image_url", "image_url": {"url": f"data:{media};base64,{data}"}}
        case ("image_url", address):
            return {"type": "image_url", "image_url": {"url": address}}
        case ("document", media, data):
            return {"type": "file", "file": {"filename": FILE_NAME, "file_data": f"data:{media};base64,{data}"}}
        case _:
            raise ValueError(item)


def _kept(message: Any) -> dict[str, Any]:
    """What a careful chat client keeps of an answer: reasoning text too."""
    whole = message.model_dump(exclude_none=True)
    kept = {name: whole[name] for name in ("content", "refusal", "reasoning_content") if name in whole}
    calls = [
        {"id": call["id"], "type": "function", "function": {n: call["function"][n] for n in ("name", "arguments")}}
        for call in whole.get("tool_calls", ())
    ]
    return kept | ({"tool_calls": calls} if calls else {})


def _counts(usage: Any) -> Counts:
    if usage is None:
        return Counts(None, None, None, None)
    inward, outward = usage.prompt_tokens_details, usage.completion_tokens_details
    return Counts(
        usage.prompt_tokens,
        inward.cached_tokens if inward else None,
        usage.completion_tokens,
        outward.reasoning_tokens if outward else None,
    )


def refused(error: openai.APIError) -> Refused:
    """Also for responses."""
    body: Any = error.body if isinstance(error.body, dict) else {}
    body = body.get("error", body)
    status = error.status_code if isinstance(error, openai.APIStatusError) else None
    headers = dict(error.response.headers) if isinstance(error, openai.APIStatusError) else {}
    return Refused(status, body.get("type"), str(body.get("message") or error.message), headers, body.get("code"))

"""A client of Anthropic messages: the `anthropic` SDK."""

from __future__ import annotations

import json
from typing import Any

import anthropic

from tests.interop.neutral import Ask, Called, Conversation, Counts, Item, Refused, Result, Told

STOPS = {"end_turn": "end", "tool_use": "calls", "max_tokens": "length", "refusal": "filter", "stop_sequence": "end"}


class MessagesConversation(Conversation):
    def __init__(self, url: str, key: str, model: str, ask: Ask) -> None:
        super().__init__(url, key, model, ask)
        self._sdk = anthropic.Anthropic(base_url=url, api_key=key, max_retries=0, timeout=30)
        self._history: list[Any] = [{"role": role, "content": text} for role, text in ask.history]
        self._history.append({"role": "user", "content": [_block(item) for item in ask.prompt]})

    def send(self, stream: bool) -> Told:
        try:
            answer = self._stream() if stream else self._whole()
        except anthropic.APIStatusError as error:
            raise _refused(error) from error
        self._history.append(
            {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in answer.content]}
        )
        return _told(answer)

    def give(self, results: list[Result]) -> None:
        self._history.append({"role": "user", "content": [_result(one) for one in results]})

    def say(self, text: str) -> None:
        self._history.append({"role": "user", "content": text})

    def close(self) -> None:
        self._sdk.close()

    def _whole(self) -> Any:
        raw = self._sdk.messages.with_raw_response.create(**self._request())
        self.headers = dict(raw.headers)
        return raw.parse()

    def _stream(self) -> Any:
        with self._sdk.messages.stream(**self._request()) as events:
            self.headers = dict(events.response.headers)
            return events.get_final_message()

    def _request(self) -> dict[str, Any]:
        ask = self.ask
        request: dict[str, Any] = {"model": self.model, "max_tokens": ask.max_tokens, "messages": self._history}
        if ask.system:
            request["system"] = ask.system
        if ask.tools:
            request["tools"] = [
                {"name": tool.name, "description": tool.description, "input_schema": tool.schema} for tool in ask.tools
            ]
        if ask.force:
            request["tool_choice"] = {"type": "tool", "name": ask.force}
        if ask.think:
            request["thinking"] = {"type": "enabled", "budget_tokens": 2048}
        if ask.schema:
            request["output_config"] = {"format": {"type": "json_schema", "schema": ask.schema}}
        if ask.stop:
            request["stop_sequences"] = list(ask.stop)
        if ask.temperature is not None:
            request["extra_body"] = {"temperature": ask.temperature}
        return request


def _block(item: Item) -> dict[str, Any]:
    match item:
        case ("text", words):
            return {"type": "text", "text": words}
        case ("image", media, data):
            return {"type": "image", "source": {"type": "base64", "media_type": media, "data": data}}
        case ("image_url", address):
            return {"type": "image", "source": {"type": "url", "url": address}}
        case ("document", media, data):
            return {"type": "document", "source": {"type": "base64", "media_type": media, "data": data}}
        case _:
            raise ValueError(item)


def _result(one: Result) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "text", "text": one.text}]
    if one.image:
        content.append(_block(("image", *one.image)))
    made: dict[str, Any] = {"type": "tool_result", "tool_use_id": one.id, "content": content}
    return made | ({"is_error": True} if one.error else {})


def _told(answer: Any) -> Told:
    usage = answer.usage
    cached, written = usage.cache_read_input_tokens, usage.cache_creation_input_tokens
    counts = Counts(
        usage.input_tokens + (cached or 0) + (written or 0),
        cached,
        usage.output_tokens,
        usage.output_tokens_details.thinking_tokens if usage.output_tokens_details else None,
    )
    return Told(
        "".join(block.text for block in answer.content if block.type == "text"),
        "".join(block.thinking for block in answer.content if block.type == "thinking"),
        tuple(Called(block.id, block.name, block.input) for block in answer.content if block.type == "tool_use"),
        STOPS.get(answer.stop_reason, str(answer.stop_reason)),
        counts,
    )


def _refused(error: anthropic.APIStatusError) -> Refused:
    body: Any = error.body
    if isinstance(body, str):
        body = json.loads(body)
    inner = body.get("error", {}) if isinstance(body, dict) else {}
    status = error.status_code if error.status_code >= 400 else None
    return Refused(status, inner.get("type"), str(inner.get("message")), dict(error.response.headers))

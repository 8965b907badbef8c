"""A client of Gemini's generateContent: the `google-genai` SDK."""

from __future__ import annotations

import base64
from typing import Any

from google import genai
from google.genai import errors, types

from tests.interop.neutral import Ask, Called, Conversation, Counts, Item, Refused, Result, Told

FILTERS = ("SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST", "RECITATION", "SPII")


class GeminiConversation(Conversation):
    def __init__(self, url: str, key: str, model: str, ask: Ask) -> None:
        super().__init__(url, key, model, ask)
        retries = types.HttpRetryOptions(attempts=1)
        options = types.HttpOptions(base_url=url, api_version="v1beta", timeout=30_000, retry_options=retries)
        self._sdk = genai.Client(api_key=key, http_options=options)
        roles = {"assistant": "model", "user": "user"}
        self._history = [types.Content(role=roles[role], parts=[types.Part(text=text)]) for role, text in ask.history]
        self._history.append(types.Content(role="user", parts=[_part(item) for item in ask.prompt]))

    def send(self, stream: bool) -> Told:
        request: dict[str, Any] = {"model": self.model, "contents": self._history, "config": self._config()}
        try:
            chunks = (
                list(self._sdk.models.generate_content_stream(**request))
                if stream
                else [self._sdk.models.generate_content(**request)]
            )
        except errors.APIError as error:
            raise _refused(error, stream) from error
        self.headers = dict(chunks[0].sdk_http_response.headers or {}) if chunks[0].sdk_http_response else {}
        parts = [part for chunk in chunks for part in _parts(chunk)]
        kept = [part for part in parts if part.text or part.function_call or part.thought_signature]
        self._history.append(types.Content(role="model", parts=kept))
        return _told(parts, chunks)

    def give(self, results: list[Result]) -> None:
        parts: list[Any] = []
        for one in results:
            inside = None
            if one.image:
                blob = types.FunctionResponseBlob(mime_type=one.image[0], data=base64.b64decode(one.image[1]))
                inside = [types.FunctionResponsePart(inline_data=blob)]
            response = types.FunctionResponse(
                id=one.id,
                name=one.name,
                response={"error" if one.error else "output": one.text},
                parts=inside,
            )
            parts.append(types.Part(function_response=response))
        self._history.append(types.Content(role="user", parts=parts))

    def say(self, text: str) -> None:
        self._history.append(types.Content(role="user", parts=[types.Part(text=text)]))

    def close(self) -> None:
        self._sdk.close()

    def _config(self) -> types.GenerateContentConfig:
        ask = self.ask
        config: dict[str, Any] = {"max_output_tokens": ask.max_tokens, "temperature": ask.temperature}
        config["system_instruction"] = ask.system
        if ask.tools:
            declared = [
                types.FunctionDeclaration(
                    name=tool.name, description=tool.description, parameters_json_schema=tool.schema
                )
                for tool in ask.tools
            ]
            config["tools"] = [types.Tool(function_declarations=declared)]
        if ask.force:
            calling = types.FunctionCallingConfig(
                mode=types.FunctionCallingConfigMode.ANY, allowed_function_names=[ask.force]
            )
            config["tool_config"] = types.ToolConfig(function_calling_config=calling)
        if ask.think:
            config["thinking_config"] = types.ThinkingConfig(include_thoughts=True, thinking_budget=2048)
        if ask.schema:
            config |= {"response_mime_type": "application/json", "response_json_schema": ask.schema}
        if ask.stop:
            config["stop_sequences"] = list(ask.stop)
        return types.GenerateContentConfig(**config)


def _part(item: Item) -> types.Part:
    match item:
        case ("text", words):
            return types.Part(text=words)
        case ("image" | "document", media, data):
            return types.Part(inline_data=types.Blob(mime_type=media, data=base64.b64decode(data)))
        case ("image_url", address):
            return types.Part(file_data=types.FileData(file_uri=address, mime_type="image/png"))
        case _:
            raise ValueError(item)


def _parts(chunk: Any) -> list[Any]:
    content = chunk.candidates[0].content if chunk.candidates else None
    return list(content.parts or ()) if content else []


def _told(parts: list[Any], chunks: list[Any]) -> Told:
    calls = tuple(
        Called(part.function_call.id or part.function_call.name, part.function_call.name, part.function_call.args)
        for part in parts
        if part.function_call
    )
    finishes = [chunk.candidates[0].finish_reason for chunk in chunks if chunk.candidates]
    finish = next((one.value for one in reversed(finishes) if one), "none")
    stop = {"STOP": "calls" if calls else "end", "MAX_TOKENS": "length"}.get(finish, finish)
    usage = next((chunk.usage_metadata for chunk in reversed(chunks) if chunk.usage_metadata), None)
    counts = Counts(None, None, None, None)
    if usage:
        said, thought = usage.candidates_token_count, usage.thoughts_token_count
        output = None if said is None else said + (thought or 0)
        counts = Counts(usage.prompt_token_count, usage.cached_content_token_count, output, thought)
    return Told(
        "".join(part.text or "" for part in parts if not part.thought),
        "".join(part.text or "" for part in parts if part.thought),
        calls,
        "filter" if stop in FILTERS else stop,
        counts,
    )


def _refused(error: errors.APIError, stream: bool) -> Refused:
    headers = dict(getattr(error.response, "headers", {}) or {})
    answered = getattr(error.response, "status_code", None)
    status = None if answered == 200 else error.code
    return Refused(status, error.status, str(error.message), headers)

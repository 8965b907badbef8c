"""Reads what arrived at an upstream, by its vendor's own description of the dialect. Strict: an unknown kind fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.harness.dialects.reading import either, object_of
from tests.interop.neutral import Heard, Item, ToolDef, Turns


def heard_messages(body: dict[str, Any]) -> Heard:
    """https://platform.claude.com/docs/en/api/messages"""
    heard = Heard(
        system=_joined(body.get("system")),
        max_tokens=body.get("max_tokens"),
        stop=tuple(body.get("stop_sequences") or ()),
        temperature=body.get("temperature"),
    )
    for message in body["messages"]:
        content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        if message["role"] == "system":
            heard.system += _joined(content)
            continue
        _add(heard.turns, message["role"], [item for block in blocks for item in _messages_items(block)])
    for tool in body.get("tools", ()):
        heard.tools[tool["name"]] = ToolDef(tool["name"], tool.get("description", ""), tool["input_schema"])
    choice = body.get("tool_choice", {"type": "auto"})
    heard.choice = choice["name"] if choice["type"] == "tool" else choice["type"]
    thinking, output = body.get("thinking", {}), body.get("output_config", {})
    if thinking.get("type") in ("enabled", "adaptive"):
        heard.think = dict(thinking)
    if "format" in output:
        assert output["format"]["type"] == "json_schema"
        heard.schema = output["format"]["schema"]
    return heard


def _messages_items(block: dict[str, Any]) -> list[Item]:
    match block["type"]:
        case "text":
            return [("text", block["text"])]
        case "image" | "document" as kind:
            source = block["source"]
            if source["type"] == "url":
                return [(f"{kind}_url", source["url"])]
            return [(kind, source["media_type"], source["data"])]
        case "tool_use":
            return [("call", block["id"], block["name"], block["input"])]
        case "tool_result":
            return _results(block["tool_use_id"], block.get("content"), _messages_items)
        case "thinking":
            return [("thought", block["thinking"], block["signature"])]
        case kind:
            raise AssertionError(f"an unexpected block {kind}")


def heard_chat(body: dict[str, Any]) -> Heard:
    """https://platform.openai.com/docs/api-reference/chat/create"""
    stop = body.get("stop") or ()
    heard = Heard(
        max_tokens=body.get("max_completion_tokens", body.get("max_tokens")),
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
        temperature=body.get("temperature"),
        schema=_openai_schema((body.get("response_format") or {}).get("json_schema")),
        choice=_openai_choice(body.get("tool_choice")),
    )
    for message in body["messages"]:
        role, content = message["role"], message.get("content")
        if role in ("system", "developer"):
            heard.system += _joined(content)
        elif role == "tool":
            _add(heard.turns, "user", _results(message["tool_call_id"], content, _chat_items))
        else:
            parts = [{"type": "text", "text": content}] if isinstance(content, str) else content or ()
            items: list[Item] = []
            if message.get("reasoning_content"):
                items.append(("thought", message["reasoning_content"], None))
            items += [item for part in parts for item in _chat_items(part)]
            for call in message.get("tool_calls", ()):
                function = call["function"]
                items.append(("call", call["id"], function["name"], json.loads(function["arguments"])))
            _add(heard.turns, role, items)
    for tool in body.get("tools", ()):
        function = tool["function"]
        heard.tools[function["name"]] = ToolDef(
            function["name"], function.get("description", ""), function["parameters"]
        )
    if body.get("reasoning_effort") not in (None, "none"):
        heard.think = {"effort": body["reasoning_effort"]}
    return heard


def _chat_items(part: dict[str, Any]) -> list[Item]:
    match part["type"]:
        case "text":
            return [("text", part["text"])]
        case "image_url":
            return [_address("image", part["image_url"]["url"])]
        case "file":
            return [_address("document", part["file"]["file_data"])]
        case kind:
            raise AssertionError(f"an unexpected part {kind}")


def heard_responses(body: dict[str, Any]) -> Heard:
    """https://platform.openai.com/docs/api-reference/responses/create"""
    heard = Heard(
        system=body.get("instructions") or "",
        max_tokens=body.get("max_output_tokens"),
        temperature=body.get("temperature"),
        schema=_openai_schema((body.get("text") or {}).get("format")),
        choice=_openai_choice(body.get("tool_choice")),
    )
    given = body["input"]
    for item in [{"role": "user", "content": given}] if isinstance(given, str) else given:
        match item.get("type", "message"):
            case "message":
                content = item["content"]
                if item["role"] in ("system", "developer"):
                    heard.system += _joined(content)
                    continue
                parts = [{"type": "input_text", "text": content}] if isinstance(content, str) else content
                _add(heard.turns, item["role"], [one for part in parts for one in _responses_items(part)])
            case "function_call":
                call = ("call", item["call_id"], item["name"], json.loads(item["arguments"]))
                _add(heard.turns, "assistant", [call])
            case "function_call_output":
                _add(heard.turns, "user", _results(item["call_id"], item["output"], _responses_items))
            case "reasoning":
                words = "".join(part["text"] for part in item.get("summary", ()))
                _add(heard.turns, "assistant", [("thought", words, item.get("encrypted_content"))])
            case kind:
                raise AssertionError(f"an unexpected item {kind}")
    for tool in body.get("tools", ()):
        heard.tools[tool["name"]] = ToolDef(tool["name"], tool.get("description", ""), tool["parameters"])
    effort = (body.get("reasoning") or {}).get("effort")
    if effort not in (None, "none"):
        heard.think = dict(body["reasoning"])
        assert "reasoning.encrypted_content" in body.get("include", ()), "the reasoning could not come back"
    return heard


def _responses_items(part: dict[str, Any]) -> list[Item]:
    match part["type"]:
        case "input_text" | "output_text":
            return [("text", part["text"])]
        case "input_image":
            return [_address("image", part["image_url"])]
        case "input_file":
            return [_address("document", part["file_data"])]
        case kind:
            raise AssertionError(f"an unexpected part {kind}")


def heard_gemini(body: dict[str, Any]) -> Heard:
    """https://ai.google.dev/api/generate-content"""
    config = object_of(either(body, "generationConfig"))
    heard = Heard(
        system=_joined(object_of(either(body, "systemInstruction")).get("parts")),
        max_tokens=either(config, "maxOutputTokens"),
        stop=tuple(either(config, "stopSequences") or ()),
        temperature=config.get("temperature"),
        schema=either(config, "responseJsonSchema") or either(config, "responseSchema"),
    )
    if heard.schema:
        assert either(config, "responseMimeType") == "application/json"
    for content in body["contents"]:
        role = "assistant" if content.get("role") == "model" else "user"
        _add(heard.turns, role, [item for part in content["parts"] for item in _gemini_items(part)])
    for group in body.get("tools", ()):
        for one in either(group, "functionDeclarations"):
            schema = either(one, "parametersJsonSchema") or one.get("parameters")
            heard.tools[one["name"]] = ToolDef(one["name"], one.get("description", ""), schema)
    calling = object_of(either(object_of(either(body, "toolConfig")), "functionCallingConfig"))
    allowed = either(calling, "allowedFunctionNames") or ()
    mode = calling.get("mode", "AUTO").lower()
    heard.choice = allowed[0] if len(allowed) == 1 and mode == "any" else mode
    thinking = object_of(either(config, "thinkingConfig"))
    if either(thinking, "thinkingBudget") != 0:
        heard.think = dict(thinking)
    return heard


def _gemini_items(part: dict[str, Any]) -> list[Item]:
    items: list[Item] = []
    if part.get("thought"):
        items.append(("thought", part.get("text", ""), either(part, "thoughtSignature")))
    elif "text" in part:
        items.append(("text", part["text"]))
    elif blob := either(part, "inlineData"):
        media = either(blob, "mimeType")
        items.append(("image" if media.startswith("image/") else "document", media, _standard(blob["data"])))
    elif file := either(part, "fileData"):
        media = either(file, "mimeType") or "image/"
        items.append(("image_url" if media.startswith("image/") else "document_url", either(file, "fileUri")))
    elif call := either(part, "functionCall"):
        items.append(("call", call.get("id", call["name"]), call["name"], call.get("args", {})))
        if signature := either(part, "thoughtSignature"):
            items.append(("signature", signature))
    elif answer := either(part, "functionResponse"):
        name = answer.get("id", answer["name"])
        said: Any = answer["response"]
        if isinstance(said, dict) and len(said) == 1:
            said = next(iter(said.values()))
        items.append(("result", name, said if isinstance(said, str) else json.dumps(said)))
        for inner in answer.get("parts", ()):
            blob = either(inner, "inlineData")
            items.append(("result_image", name, either(blob, "mimeType"), _standard(blob["data"])))
    else:
        raise AssertionError(f"an unexpected part {sorted(part)}")
    return items


def _standard(data: str) -> str:
    """Google takes both alphabets of base64, and its SDK sends the one for addresses."""
    return data.replace("-", "+").replace("_", "/")


def _results(call: str, content: Any, read: Callable[[dict[str, Any]], list[Item]]) -> list[Item]:
    if content is None or isinstance(content, str):
        return [("result", call, content or "")]
    items = [item for block in content for item in read(block)]
    words = "".join(item[1] for item in items if item[0] == "text")
    return [("result", call, words), *(("result_" + item[0], call, *item[1:]) for item in items if item[0] != "text")]


def _add(turns: Turns, role: str, items: list[Item]) -> None:
    """Turns of one role in a row are one turn."""
    if turns and turns[-1][0] == role:
        turns[-1][1].extend(items)
    elif items:
        turns.append((role, items))


def _joined(content: Any) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    return "".join(part["text"] for part in content)


def _address(kind: str, address: str) -> Item:
    if not address.startswith("data:"):
        return (f"{kind}_url", address)
    media, _, data = address.removeprefix("data:").partition(";base64,")
    return (kind, media, data)


def _openai_schema(described: Any) -> dict[str, Any] | None:
    return described.get("schema") if described else None


def _openai_choice(choice: Any) -> str:
    if choice is None or isinstance(choice, str):
        return {"required": "any", None: "auto"}.get(choice, choice)
    return choice.get("name") or choice["function"]["name"]


HEARD = {
    "anthropic_messages": heard_messages,
    "openai_chat": heard_chat,
    "openai_responses": heard_responses,
    "gemini": heard_gemini,
}

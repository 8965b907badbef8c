"""What the real vendors refuse with a 400, as far as clients and gateways run into it; an upstream with the shape
`strict` refuses the same.

Each function gives the words of the refusal, or None. issued: the tool ids, signatures and encrypted reasoning that
this upstream gave out; anything else in their place was made by somebody else. Sources: the vendors' pages named in
each dialect's module, and the errors that users quote.
"""

from __future__ import annotations

import json
import re
from typing import Any

from tests.harness.dialects.reading import either, object_of, objects

_ANTHROPIC_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_ANTHROPIC_ID = re.compile(r"[a-zA-Z0-9_-]+")
_OPENAI_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_GEMINI_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}")
_LEAST_BUDGET = 1024
NO_THREADS = "thread: this model cannot keep a conversation"


def messages_refusal(body: dict[str, Any], issued: set[str]) -> str | None:
    """https://platform.claude.com/docs/en/api/messages, .../tool-use/implement-tool-use, .../extended-thinking"""
    limit = body.get("max_tokens")
    if not isinstance(limit, int) or limit < 1:
        return "max_tokens: Field required"
    if "thread" in body:
        return NO_THREADS
    thinking = object_of(body.get("thinking"))
    if thinking.get("type") == "enabled":
        budget = thinking.get("budget_tokens")
        if not isinstance(budget, int) or budget < _LEAST_BUDGET:
            return "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024"
        if budget >= limit:
            return "`max_tokens` must be greater than `thinking.budget_tokens`"
        if body.get("temperature") not in (None, 1):
            return "`temperature` may only be set to 1 when thinking is enabled"
        if object_of(body.get("tool_choice")).get("type") in ("any", "tool"):
            return "Thinking may not be enabled when tool_choice forces tool use."
    for index, tool in enumerate(objects(body.get("tools"))):
        if not _ANTHROPIC_NAME.fullmatch(str(tool.get("name"))):
            return f"tools.{index}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'"
        if "type" not in tool and object_of(tool.get("input_schema")).get("type") != "object":
            return f"tools.{index}.custom.input_schema.type: Field required"
    return _messages_turns(body, thinking.get("type") == "enabled", issued)


def _messages_turns(body: dict[str, Any], thinking: bool, issued: set[str]) -> str | None:
    open_calls: list[str] = []
    turns = _merged([turn for turn in objects(body.get("messages")) if turn.get("role") != "system"])
    if not turns:
        return "messages: at least one message is required"
    for index, (role, blocks) in enumerate(turns):
        results = [str(block.get("tool_use_id")) for block in blocks if block.get("type") == "tool_result"]
        lost = [one for one in open_calls if one not in results]
        if lost:
            return f"messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after: {lost}"
        if any(one not in open_calls for one in results):
            return f"messages.{index}.content: unexpected `tool_use_id` found in `tool_result` blocks: {results}"
        for place, block in enumerate(blocks):
            problem = _messages_block(block, issued)
            if problem:
                return f"messages.{index}.content.{place}.{problem}"
        open_calls = [str(block.get("id")) for block in blocks if block.get("type") == "tool_use"]
        if role == "assistant" and thinking and open_calls and index == len(turns) - 2:
            first = blocks[0].get("type")
            if first not in ("thinking", "redacted_thinking"):
                return (
                    f"messages.{index}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{first}`"
                )
    return None


def _messages_block(block: dict[str, Any], issued: set[str]) -> str | None:
    match block.get("type"):
        case "text" if not str(block.get("text")).strip():
            return "text: text content blocks must contain non-whitespace text"
        case "thinking" if block.get("signature") not in issued:
            return "thinking.signature: Invalid `signature` in `thinking` block"
        case "redacted_thinking" if block.get("data") not in issued:
            return "redacted_thinking.data: Invalid `data` in `redacted_thinking` block"
        case "tool_use" if not _ANTHROPIC_ID.fullmatch(str(block.get("id"))):
            return "tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"
        case "tool_use" if not isinstance(block.get("input"), dict):
            return "tool_use.input: Input should be a valid dictionary"
        case _:
            return None


def _merged(turns: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Turns of one role in a row are one turn."""
    merged: list[tuple[str, list[dict[str, Any]]]] = []
    for turn in turns:
        content = turn.get("content")
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else objects(content)
        role = str(turn.get("role"))
        if merged and merged[-1][0] == role:
            merged[-1][1].extend(blocks)
        else:
            merged.append((role, list(blocks)))
    return merged


def chat_refusal(body: dict[str, Any], issued: set[str]) -> str | None:
    """https://platform.openai.com/docs/api-reference/chat/create; of tools only functions, as everybody but OpenAI."""
    for index, tool in enumerate(objects(body.get("tools"))):
        if tool.get("type") != "function":
            return f"tools.{index}.type: Input should be 'function'"
        if tool.get("type") == "function" and not _OPENAI_NAME.fullmatch(
            str(object_of(tool.get("function")).get("name"))
        ):
            return f"Invalid 'tools[{index}].function.name': string does not match pattern '^[a-zA-Z0-9_-]+$'."
    if "max_tokens" in body and "max_completion_tokens" in body:
        return "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
    waiting: list[str] = []
    for index, message in enumerate(objects(body.get("messages"))):
        role = message.get("role")
        if role == "tool":
            if message.get("tool_call_id") not in waiting:
                return (
                    f"Invalid parameter: messages with role 'tool' must be a response to a preceeding message with"
                    f" 'tool_calls'. [{index}]"
                )
            waiting.remove(message["tool_call_id"])
            continue
        if waiting:
            return (
                "An assistant message with 'tool_calls' must be followed by tool messages responding to each"
                f" 'tool_call_id'. The following tool_call_ids did not have response messages: {waiting}"
            )
        calls = objects(message.get("tool_calls"))
        waiting = [str(call.get("id")) for call in calls]
        for call in calls:
            if not _is_json(object_of(call.get("function")).get("arguments")):
                return f"Invalid 'messages[{index}].tool_calls[0].function.arguments': not JSON"
        if message.get("content") is None and not calls:
            return f"Invalid value for 'content': expected a string, got null. [{index}]"
    return None


def responses_refusal(body: dict[str, Any], issued: set[str]) -> str | None:
    """https://platform.openai.com/docs/api-reference/responses/create"""
    for index, tool in enumerate(objects(body.get("tools"))):
        if tool.get("type") == "function" and not _OPENAI_NAME.fullmatch(str(tool.get("name"))):
            return f"Invalid 'tools[{index}].name': string does not match pattern '^[a-zA-Z0-9_-]+$'."
    calls: set[str] = set()
    results: set[str] = set()
    for index, item in enumerate(objects(body.get("input"))):
        kind = str(item.get("type"))
        if kind in ("function_call", "custom_tool_call"):
            calls.add(str(item.get("call_id")))
            if kind == "function_call" and not _is_json(item.get("arguments")):
                return f"Invalid 'input[{index}].arguments': not JSON"
        elif kind in ("function_call_output", "custom_tool_call_output"):
            if item.get("call_id") not in calls:
                return f"No tool call found for function call output with call_id {item.get('call_id')}."
            results.add(str(item.get("call_id")))
        elif kind == "reasoning" and item.get("encrypted_content") not in (None, *issued):
            return "The encrypted content could not be verified. Reason: Encrypted content could not be decrypted."
    if calls - results:
        return f"No tool output found for function call {min(calls - results)}."
    return None


def gemini_refusal(body: dict[str, Any], issued: set[str], signs: bool) -> str | None:
    """https://ai.google.dev/gemini-api/docs/function-calling, .../thought-signatures. signs: a model that wants its
    signatures back in the current turn."""
    groups = objects(body.get("tools"))
    for name in (one.get("name") for group in groups for one in objects(either(group, "functionDeclarations"))):
        if not _GEMINI_NAME.fullmatch(str(name)):
            return f"Invalid function name {name}. Must start with a letter or an underscore."
    contents = [(str(one.get("role", "user")), objects(one.get("parts"))) for one in objects(body.get("contents"))]
    if not contents:
        return "* GenerateContentRequest.contents: contents is not specified"
    for index, (role, parts) in enumerate(contents):
        if not parts:
            return f"* GenerateContentRequest.contents[{index}].parts: contents.parts must not be empty."
        if role not in ("user", "model", "function"):
            return "Please use a valid role: user, model."
        calls = [part for part in parts if either(part, "functionCall") is not None]
        answered = contents[index + 1][1] if index + 1 < len(contents) else []
        results = [part for part in answered if either(part, "functionResponse") is not None]
        if calls and len(results) != len(calls):
            return (
                "Please ensure that the number of function response parts is equal to the number of function call"
                " parts of the function call turn."
            )
    return _gemini_signatures(contents, issued) if signs else None


def _gemini_signatures(contents: list[tuple[str, list[dict[str, Any]]]], issued: set[str]) -> str | None:
    turn = 0
    for index, (role, parts) in enumerate(contents):
        if role == "user" and any("text" in part for part in parts):
            turn = index
    for index, (_, parts) in enumerate(contents):
        calls = [part for part in parts if either(part, "functionCall") is not None]
        signature = either(calls[0], "thoughtSignature") if calls else None
        known = (None, "skip_thought_signature_validator", "context_engineering_is_the_way_to_go", *issued)
        if signature not in known:
            return "Thought signature is not valid."
        if calls and signature is None and index > turn:
            return (
                "Function call is missing a thought_signature in functionCall parts. This is required for tools to"
                " work correctly, and missing thought_signature may lead to degraded model performance."
            )
    return None


def _is_json(value: object) -> bool:
    try:
        return isinstance(value, str) and isinstance(json.loads(value), dict)
    except ValueError:
        return False

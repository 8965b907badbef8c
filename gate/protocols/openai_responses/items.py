"""Items of an input or an output read into parts: one reading for requests, whole answers and streams.

https://platform.openai.com/docs/api-reference/responses/create (read 2026-11-21), types of the openai SDK 3.54.
"""

from collections.abc import Callable, Mapping

import msgspec

from gate.protocols.canonical.parts import (
    CallKind,
    Foreign,
    Opaque,
    Part,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Wire,
)
from gate.protocols.fields import mapping
from gate.protocols.openai_responses.content import DIALECT, parts_of, texts_of
from gate.protocols.openai_responses.plain import plain_text
from gate.protocols.openai_responses.values import array, filled, is_object, string

Seal = Callable[[str, str | None], Opaque]
"""Makes an `Opaque` of `encrypted_content` and the item's id; requests open envelopes, answers name their vendor."""

_CLIENT_SIDE = frozenset(
    {
        "local_shell_call",
        "local_shell_call_output",
        "computer_call",
        "computer_call_output",
        "apply_patch_call",
        "apply_patch_call_output",
        "shell_call_output",
    }
)
"""Items of tools the client runs though only OpenAI knows their schema."""
_RESULTS = frozenset(
    {
        "function_call_output",
        "custom_tool_call_output",
        "tool_search_output",
        "local_shell_call_output",
        "computer_call_output",
        "apply_patch_call_output",
        "shell_call_output",
        "mcp_approval_response",
    }
)


def kind_of(item: Wire) -> str:
    """An item's type; messages may leave theirs out."""
    kind = item.get("type")
    if isinstance(kind, str):
        return kind
    if "role" in item:
        return "message"
    return "item_reference" if "id" in item else ""


def is_result(item: Wire, kind: str) -> bool:
    """Whether this item answers a call, so that it stands on the user's side of a conversation."""
    return kind in _RESULTS and (kind != "tool_search_output" or searches_on_client(item))


def is_client_call(item: Wire, kind: str) -> bool:
    """Whether the client is to do something about this item of an answer."""
    return kind.endswith("_call") and not _of_server(item, kind)


def searches_on_client(item: Wire) -> bool:
    """Whether a tool search (a tool, a call or its output) is the client's own."""
    execution = item.get("execution")
    return execution == "client" or (execution is None and filled(item.get("call_id")) is not None)


def part_of(item: Wire, kind: str, seal: Seal) -> Part:
    """What one item other than a message is."""
    read = _READERS.get(kind)
    return foreign(item, kind) if read is None else read(item, seal)


def reasoning(item: Wire, seal: Seal) -> Thinking:
    """A summary, or the reasoning itself where a model shows it; both is not told twice."""
    token = filled(item.get("encrypted_content"))
    text = texts_of(array(item.get("summary"))) or texts_of(array(item.get("content")))
    opaque = None if token is None else seal(token, filled(item.get("id")))
    return Thinking(text, opaque, item)


def _function_call(item: Wire, _: Seal) -> ToolCall:
    return _call(item, "arguments", CallKind.FUNCTION)


def _custom_call(item: Wire, _: Seal) -> ToolCall:
    return _call(item, "input", CallKind.CUSTOM)


def _call(item: Wire, member: str, kind: CallKind) -> ToolCall:
    call_id = filled(item.get("call_id")) or string(item.get("id")) or ""
    arguments, namespace = as_json(item.get(member)), filled(item.get("namespace"))
    return ToolCall(call_id, string(item.get("name")) or "", arguments, kind, namespace, raw=item)


def _search_call(item: Wire, _: Seal) -> Part:
    """A call of the client's own tool search. It has no name; the tool's type stands for it."""
    if not searches_on_client(item):
        return foreign(item, "tool_search_call")
    call_id = filled(item.get("call_id")) or string(item.get("id")) or ""
    arguments = as_json(item.get("arguments"))
    return ToolCall(call_id, SEARCH_NAME, arguments or "{}", CallKind.SEARCH, raw=item)


SEARCH_NAME = "tool_search"
"""The name under which a tool search without a name of its own goes elsewhere."""


def as_json(value: object) -> str:
    """Arguments as JSON text; some servers send an object where a string belongs."""
    if isinstance(value, str):
        return value
    return "" if value is None else msgspec.json.encode(value).decode()


def _result(item: Wire, kind: CallKind) -> ToolResult:
    output = item.get("output")
    content = parts_of(output)
    if is_object(output):
        content = (Text(as_json(output)),)
    return ToolResult(
        filled(item.get("call_id")) or string(item.get("id")) or "",
        content,
        name=filled(item.get("name")),
        kind=kind,
        raw=item,
    )


def _function_result(item: Wire, _: Seal) -> ToolResult:
    return _result(item, CallKind.FUNCTION)


def _custom_result(item: Wire, _: Seal) -> ToolResult:
    return _result(item, CallKind.CUSTOM)


def _search_result(item: Wire, _: Seal) -> Part:
    """What a search found. The tools themselves go to the request's tools; here a model reads which those are."""
    if not searches_on_client(item):
        return foreign(item, "tool_search_output")
    tools = [mapping(tool) for tool in array(item.get("tools"))]
    text = as_json({"tools": [entry for tool in tools for entry in _named(tool)]})
    return ToolResult(string(item.get("call_id")) or "", (Text(text),), kind=CallKind.SEARCH, raw=item)


def _named(tool: Wire) -> list[dict[str, object]]:
    if tool.get("type") != "namespace":
        return [_card(tool)]
    return [{"namespace": tool.get("name"), **_card(mapping(inner))} for inner in array(tool.get("tools"))]


def _card(tool: Wire) -> dict[str, object]:
    return {"name": tool.get("name"), "description": tool.get("description")}


def foreign(item: Wire, kind: str) -> Foreign:
    """An item that stays this dialect's own."""
    text = plain_text(kind, item)
    return Foreign(DIALECT, kind or "unknown", item, server=_of_server(item, kind), text=text)


def _of_server(item: Wire, kind: str) -> bool:
    """Whether this item belongs to a tool that OpenAI runs. A new kind of call does until it is known not to."""
    if kind == "shell_call":
        # A container is OpenAI's; without one the client runs the commands.
        return mapping(item.get("environment")).get("type") == "container_reference"
    if kind in ("tool_search_call", "tool_search_output"):
        return not searches_on_client(item)
    if kind.startswith("mcp_") or kind in ("program", "program_output"):
        return True
    return kind.endswith(("_call", "_call_output")) and kind not in _CLIENT_SIDE


_READERS: Mapping[str, Callable[[Wire, Seal], Part]] = {
    "reasoning": reasoning,
    "function_call": _function_call,
    "custom_tool_call": _custom_call,
    "tool_search_call": _search_call,
    "function_call_output": _function_result,
    "custom_tool_call_output": _custom_result,
    "tool_search_output": _search_result,
}

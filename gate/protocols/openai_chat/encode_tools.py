"""Tools, tool choice and output format for a chat upstream.

`strict` is never set where the client did not set it, and taken back where OpenAI would refuse the schema with it.
What a vendor runs itself is only sent where the client asked in this very dialect.
"""

import re
from collections.abc import Mapping, Sequence

import msgspec

from gate.core.dialect import Dialect
from gate.core.loss import Feature, LossAction, Use
from gate.protocols.canonical.request import OutputFormat, Request, Tool, ToolChoice, ToolKind
from gate.protocols.openai_chat.decode_tools import WEB_SEARCH_MEMBER
from gate.protocols.openai_chat.ledger import Ledger
from gate.protocols.openai_strict import fits_strict
from gate.protocols.translation import Aim

_NO_ARGUMENTS: Mapping[str, object] = {"type": "object", "properties": {}}
_NAME = re.compile(r"[^A-Za-z0-9_-]")
_MODES = {"auto": "auto", "none": "none", "any": "required"}
_OPENAI = "openai"


def write_tools(request: Request, aim: Aim, wire: dict[str, object], ledger: Ledger) -> None:
    """`tools`, `tool_choice`, `parallel_tool_calls` and the web search, as far as they are there."""
    choice = request.tool_choice
    offered = [tool for tool in request.tools or () if _sendable(tool, request.dialect, wire, ledger)]
    if choice is not None and choice.allowed and aim.vendor != _OPENAI:
        # The vendors beside OpenAI do not know `allowed_tools`; a model cannot call what it is not shown.
        offered = [tool for tool in offered if tool.name in choice.allowed]
        ledger.lose_member(Feature.TOOL_CHOICE, "tool_choice", LossAction.APPROXIMATED)
    if offered:
        wire["tools"] = [_tool(tool, request.dialect, ledger) for tool in offered]
    elif request.tools is not None and choice is not None and choice.mode in ("any", "tool"):
        ledger.lose_member(Feature.TOOL_CHOICE, "tool_choice")
    if choice is not None and offered:
        wire["tool_choice"] = _choice(choice, offered, aim)
        if choice.parallel is not None:
            wire["parallel_tool_calls"] = choice.parallel


def _sendable(tool: Tool, dialect: Dialect, wire: dict[str, object], ledger: Ledger) -> bool:
    """Whether a tool goes into `tools`. Web search and what else a vendor runs goes only where it came from."""
    if tool.kind in (ToolKind.FUNCTION, ToolKind.CUSTOM):
        return True
    own = dialect is Dialect.OPENAI_CHAT and tool.raw is not None
    if own and tool.path == WEB_SEARCH_MEMBER:
        wire[WEB_SEARCH_MEMBER] = tool.raw
        return False
    if not own:
        ledger.lose(Feature.SERVER_TOOLS, tool.path)
    return own


def _tool(tool: Tool, dialect: Dialect, ledger: Ledger) -> Mapping[str, object]:
    if dialect is Dialect.OPENAI_CHAT and tool.raw is not None:
        return tool.raw
    if tool.cache is not None:
        ledger.lose(Feature.CACHE_HINTS, f"{tool.path}.cache_control")
    named: dict[str, object] = {"name": tool.name}
    if tool.description is not None:
        named["description"] = tool.description
    if tool.kind is ToolKind.CUSTOM:
        if tool.grammar is not None:
            named["format"] = _format(tool.grammar)
        return {"type": "custom", "custom": named}
    schema = _NO_ARGUMENTS if tool.schema is None else tool.schema
    named["parameters"] = schema if "type" in schema else {"type": "object", **schema}
    if tool.strict:
        if fits_strict(schema):
            named["strict"] = True
        else:
            ledger.lose(Feature.JSON_SCHEMA, f"{tool.path}.strict", LossAction.APPROXIMATED)
    return {"type": "function", "function": named}


def _format(grammar: Mapping[str, object]) -> Mapping[str, object]:
    """The canonical (responses') flat `format` in chat's nesting."""
    if grammar.get("type") != "grammar":
        return grammar
    return {"type": "grammar", "grammar": {name: value for name, value in grammar.items() if name != "type"}}


def _choice(choice: ToolChoice, offered: Sequence[Tool], aim: Aim) -> object:
    if choice.mode == "tool" and choice.name is not None:
        return _named(choice.name, choice.kind)
    mode = _MODES.get(choice.mode, "auto")
    if not choice.allowed or aim.vendor != _OPENAI:
        return mode
    kinds = {tool.name: tool.kind for tool in offered}
    tools = [_named(name, kinds.get(name, ToolKind.FUNCTION)) for name in choice.allowed]
    return {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": tools}}


def _named(name: str, kind: ToolKind) -> Mapping[str, object]:
    spelled = "custom" if kind is ToolKind.CUSTOM else "function"
    return {"type": spelled, spelled: {"name": name}}


def write_output(request: Request, aim: Aim, wire: dict[str, object], ledger: Ledger) -> str | None:
    """`response_format`. Returns what the model is to be told in words, where the format alone is not enough."""
    output = request.output
    if output is None:
        return None
    cannot = aim.quirks.cannot
    if output.kind == "json_schema" and Use.JSON_SCHEMA not in cannot:
        wire["response_format"] = {"type": "json_schema", "json_schema": _json_schema(output, request, ledger)}
        return None
    if output.kind == "json_schema":
        ledger.lose_member(Feature.JSON_SCHEMA, "output", LossAction.REPLACED)
    if Use.JSON_OBJECT not in cannot:
        wire["response_format"] = {"type": "json_object"}
    elif output.kind == "json_object":
        ledger.lose_member(Feature.JSON_SCHEMA, "output", LossAction.REPLACED)
    return _in_words(output)


def _json_schema(output: OutputFormat, request: Request, ledger: Ledger) -> Mapping[str, object]:
    schema = output.schema or {}
    made: dict[str, object] = {"name": _NAME.sub("_", output.name or "")[:64] or "response", "schema": schema}
    if output.description is not None:
        made["description"] = output.description
    if output.strict is not None and request.dialect is Dialect.OPENAI_CHAT:
        made["strict"] = output.strict
    elif output.strict:
        if fits_strict(schema):
            made["strict"] = True
        else:
            ledger.lose_member(Feature.JSON_SCHEMA, "output", LossAction.APPROXIMATED)
    return made


def _in_words(output: OutputFormat) -> str:
    """Models in JSON mode have to be told so, or OpenAI refuses the request."""
    if output.schema is None:
        return "Answer with one JSON object and nothing else."
    schema = msgspec.json.encode(output.schema).decode()
    return f"Answer with one JSON value that is valid against this JSON Schema, and with nothing else:\n{schema}"

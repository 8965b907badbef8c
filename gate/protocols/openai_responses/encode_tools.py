"""Tools, the choice among them, and output formats, as members of a request or of the response that echoes it.

https://platform.openai.com/docs/api-reference/responses/create , guides/function-calling, guides/structured-outputs and
guides/tools-web-search (read 2026-11-21), types of the openai SDK 3.54.
"""

import re
from collections.abc import Iterable, Mapping

from gate.core.loss import Feature, LossAction
from gate.protocols.canonical.parts import Wire
from gate.protocols.canonical.request import OutputFormat, Tool, ToolChoice, ToolKind
from gate.protocols.openai_responses.encode_content import ContentWriter
from gate.protocols.openai_responses.values import strings
from gate.protocols.openai_strict import fits_strict

Member = dict[str, object]
_NOTHING: Wire = {"type": "object", "properties": {}}
_MODES: Mapping[str, str] = {"auto": "auto", "none": "none", "any": "required", "tool": "required"}
_NAME = re.compile(r"[^A-Za-z0-9_-]")


class ToolWriter:
    """Writes tools for one upstream; what cannot be told is reported to the content writer's ledger."""

    def __init__(self, content: ContentWriter) -> None:
        self._content = content

    def tools(self, tools: Iterable[Tool]) -> list[Wire]:
        """Functions of one namespace go together again, at the place of the first."""
        made: list[Wire] = []
        spaces: dict[str, list[Wire]] = {}
        for tool in tools:
            wire = self._tool(tool)
            if wire is None:
                continue
            if tool.namespace is None:
                made.append(wire)
                continue
            if tool.namespace not in spaces:
                spaces[tool.namespace] = []
                made.append(
                    {
                        "type": "namespace",
                        "name": tool.namespace,
                        "description": tool.namespace_description or "",
                        "tools": spaces[tool.namespace],
                    }
                )
            spaces[tool.namespace].append(wire)
        return made

    def _tool(self, tool: Tool) -> Wire | None:
        if self._content.own and tool.raw is not None:
            return tool.raw
        if tool.cache is not None:
            self._content.lose(Feature.CACHE_HINTS, f"{tool.path}.cache_control", LossAction.DROPPED)
        match tool.kind:
            case ToolKind.FUNCTION:
                return self._function(tool)
            case ToolKind.CUSTOM:
                made: Member = {"type": "custom", "name": tool.name, **_said(tool)}
                return made if tool.grammar is None else {**made, "format": tool.grammar}
            case ToolKind.SEARCH:
                search: Member = {"type": "tool_search", "execution": "client", **_said(tool)}
                return search if tool.schema is None else {**search, "parameters": tool.schema}
            case ToolKind.WEB_SEARCH:
                return self._web_search(tool)
            case ToolKind.VENDOR:
                self._content.lose(Feature.TOOL_KINDS, tool.path, LossAction.DROPPED)
            case ToolKind.SERVER:
                self._content.lose(Feature.SERVER_TOOLS, tool.path, LossAction.DROPPED)
        return None

    def _function(self, tool: Tool) -> Wire:
        made: Member = {
            "type": "function",
            "name": tool.name,
            **_said(tool),
            "parameters": _object_schema(tool.schema),
            # Left out, it means strict here and not strict everywhere else.
            "strict": tool.strict if self._content.own else tool.strict is True,
        }
        if tool.deferred:
            if self._content.own:
                made["defer_loading"] = True
            else:
                # Deferred tools are found by OpenAI's own search only, which was not asked for.
                self._content.lose(Feature.TOOL_KINDS, f"{tool.path}.defer_loading", LossAction.APPROXIMATED)
        return made

    def _web_search(self, tool: Tool) -> Wire:
        options = tool.options or {}
        made: Member = {"type": "web_search"}
        # The second is in no type of the SDK, but the API takes it (github.com/vercel/ai/pull/18035).
        named = {name: strings(options.get(name)) for name in ("allowed_domains", "blocked_domains")}
        if filters := {name: domains for name, domains in named.items() if domains}:
            made["filters"] = filters
        if options.get("user_location"):
            made["user_location"] = options["user_location"]
        if options.get("max_uses"):
            self._content.lose(Feature.PARAMETERS, f"{tool.path}.max_uses", LossAction.DROPPED)
        return made


def _said(tool: Tool) -> Member:
    return {} if tool.description is None else {"description": tool.description}


def _object_schema(schema: Wire | None) -> Wire:
    """Arguments are an object here; a schema that leaves its type or properties out gets them."""
    if not schema:
        return _NOTHING
    if "type" in schema and "properties" in schema:
        return schema
    return {**_NOTHING, **schema}


def choice(chosen: ToolChoice, tools: Iterable[Tool]) -> object:
    """The member `tool_choice`. tools: those the names are of; a name that none of them has is a function's."""
    if chosen.allowed:
        kinds = {tool.name: tool.kind for tool in tools}
        entries = [_named(name, kinds.get(name, ToolKind.FUNCTION)) for name in chosen.allowed]
        return {"type": "allowed_tools", "mode": _MODES[chosen.mode], "tools": entries}
    if chosen.mode != "tool" or chosen.name is None:
        return _MODES[chosen.mode]
    return _named(chosen.name, chosen.kind)


def _named(name: str, kind: ToolKind) -> Member:
    """One tool by its name, or by its type where that says which it is."""
    match kind:
        case ToolKind.FUNCTION | ToolKind.CUSTOM:
            return {"type": kind.value, "name": name}
        case ToolKind.SEARCH:
            return {"type": "tool_search"}
        case ToolKind.WEB_SEARCH:
            return {"type": "web_search"}
        case ToolKind.VENDOR | ToolKind.SERVER:
            return {"type": name}


def output_format(output: OutputFormat, *, own: bool) -> Member:
    """The member `text.format`. own: it was asked for in this dialect, so nothing is added."""
    if output.kind == "json_object":
        return {"type": "json_object"}
    schema = output.schema or {}
    strict = output.strict if own or output.strict is not None else fits_strict(schema)
    name = output.name if own else _NAME.sub("_", output.name or "response")[:64]
    made: Member = {"type": "json_schema", "name": name or "response", "schema": schema}
    if output.description is not None:
        made["description"] = output.description
    if strict is not None:
        made["strict"] = strict
    return made

"""Tools, the choice among them, and the output format for an upstream. https://platform.claude.com/docs/en/api/messages"""

from collections.abc import Sequence

from msgspec.structs import replace

from gate.core.loss import Feature, LossAction, Use
from gate.protocols.anthropic_messages.body import json_text
from gate.protocols.anthropic_messages.decode_blocks import DIALECT
from gate.protocols.anthropic_messages.ledger import Ledger
from gate.protocols.anthropic_messages.models import Traits
from gate.protocols.anthropic_messages.schema import recursive, strict_schema, tool_schema
from gate.protocols.canonical.parts import ToolCall, Wire
from gate.protocols.canonical.request import Request, Tool, ToolChoice, ToolKind
from gate.protocols.translation import Aim

_SEARCH = "web_search"
_SEARCH_TYPE = "web_search_20250305"
_SEARCH_OPTIONS = ("max_uses", "allowed_domains", "blocked_domains", "user_location")
_AS_JSON = "Answer with one JSON object and nothing else: no words around it, no code fence."


class ToolWriter:
    """Writes what a request says of tools and of the form of the answer. instructions: what has to be said in words
    because the model takes no setting for it."""

    def __init__(self, request: Request, aim: Aim, traits: Traits, ledger: Ledger) -> None:
        self._request = request
        self._aim = aim
        self._traits = traits
        self._ledger = ledger
        self._own = request.dialect is DIALECT
        self.instructions: list[str] = []

    def tools(self) -> list[Wire]:
        """`tools`; where the choice allows only some of them, those."""
        offered = self._request.tools or ()
        choice = self._request.tool_choice
        if choice is not None and choice.allowed:
            self._ledger.setting(Feature.TOOL_CHOICE, "tool_choice", LossAction.EMULATED)
            offered = tuple(tool for tool in offered if tool.name in choice.allowed)
        names = {tool.name for tool in offered if tool.kind is ToolKind.FUNCTION}
        made = (self._tool(tool, names) for tool in offered)
        return [tool for tool in made if tool is not None]

    def _tool(self, tool: Tool, names: set[str]) -> Wire | None:
        match tool.kind:
            case _ if self._own and tool.raw is not None and self._takes(tool.kind):
                return tool.raw
            case ToolKind.FUNCTION:
                return self._function(tool)
            case ToolKind.WEB_SEARCH if self._takes(tool.kind) and _SEARCH not in names:
                return self._search(tool)
            case ToolKind.VENDOR:
                self._ledger.lose(Feature.TOOL_KINDS, tool.path, LossAction.DROPPED)
            case _:
                self._ledger.lose(Feature.SERVER_TOOLS, tool.path, LossAction.DROPPED)
        return None

    def _takes(self, kind: ToolKind) -> bool:
        use = {ToolKind.WEB_SEARCH: Use.WEB_SEARCH, ToolKind.SERVER: Use.SERVER_TOOL}.get(kind)
        return use is None or use not in self._aim.quirks.cannot

    def _function(self, tool: Tool) -> Wire:
        schema, whole = tool_schema(tool.schema)
        made: dict[str, object] = {"name": tool.name}
        if tool.description:
            made["description"] = tool.description
        if tool.strict and not self._own:
            if self._traits.schema and not recursive(schema):
                schema, fits = strict_schema(schema)
                whole = whole and fits
                made["strict"] = True
            else:
                self._ledger.lose(Feature.JSON_SCHEMA, f"{tool.path}.strict", LossAction.APPROXIMATED)
        elif tool.strict is not None and self._own:
            made["strict"] = tool.strict
        if not whole:
            self._ledger.lose(Feature.JSON_SCHEMA, f"{tool.path}.schema", LossAction.APPROXIMATED)
        made["input_schema"] = schema
        if tool.deferred:
            made["defer_loading"] = True
        if tool.cache is not None:
            made["cache_control"] = tool.cache
        return made

    def _search(self, tool: Tool) -> Wire:
        options = tool.options or {}
        made: dict[str, object] = {"type": _SEARCH_TYPE, "name": _SEARCH}
        for name in _SEARCH_OPTIONS:
            value = options.get(name)
            if not value:
                continue
            if name == "blocked_domains" and "allowed_domains" in made:
                self._ledger.lose(Feature.PARAMETERS, f"{tool.path}.{name}", LossAction.DROPPED)
                continue
            made[name] = value
        return made

    def called(self) -> list[Wire]:
        """Tools that are called in the history though none are offered: a conversation with calls needs their
        definitions."""
        parts = (part for message in self._request.messages for part in message.parts)
        names = dict.fromkeys(part.name for part in parts if isinstance(part, ToolCall))
        return [{"name": name, "input_schema": {"type": "object", "properties": {}}} for name in names]

    def choice(self, tools: Sequence[Wire]) -> Wire | None:
        """`tool_choice`; None where nothing has to be said."""
        choice = self._request.tool_choice
        if choice is None or not (tools or self._own):
            return None
        if choice.mode == "tool" and not self._own:
            choice = self._named(choice, tools)
        if choice.mode in ("any", "tool") and not self._traits.forced and not self._own:
            self._ledger.setting(Feature.TOOL_CHOICE, "tool_choice", LossAction.REPLACED)
            wanted = f"the tool {choice.name}" if choice.mode == "tool" else "one of the tools"
            self.instructions.append(f"Answer by calling {wanted}.")
            choice = ToolChoice("auto", parallel=choice.parallel)
        made: dict[str, object] = {"type": choice.mode}
        if choice.mode == "tool":
            made["name"] = choice.name
        if choice.parallel is not None and choice.mode != "none" and (self._own or not choice.parallel):
            made["disable_parallel_tool_use"] = not choice.parallel
        return None if made == {"type": "auto"} and not self._own else made

    def _named(self, choice: ToolChoice, tools: Sequence[Wire]) -> ToolChoice:
        """A choice of one tool by its name here; of one that is not offered, no choice."""
        name = _SEARCH if choice.kind is ToolKind.WEB_SEARCH else choice.name
        if any(tool.get("name") == name for tool in tools):
            return replace(choice, name=name)
        self._ledger.setting(Feature.TOOL_CHOICE, "tool_choice", LossAction.DROPPED)
        return ToolChoice("auto", parallel=choice.parallel)

    def output(self) -> Wire | None:
        """`output_config.format`; None where the form is said in words or not at all."""
        asked = self._request.output
        if asked is None:
            return None
        if asked.kind == "json_object" or asked.schema is None:
            self._ledger.setting(Feature.JSON_SCHEMA, "output", LossAction.APPROXIMATED)
            self.instructions.append(_AS_JSON)
            return None
        if self._own:
            return {"type": "json_schema", "schema": asked.schema}
        taken = self._traits.schema and Use.JSON_SCHEMA not in self._aim.quirks.cannot
        if not taken or recursive(asked.schema):
            self._ledger.setting(Feature.JSON_SCHEMA, "output", LossAction.REPLACED)
            self.instructions.append(
                f"{_AS_JSON} It must be valid against this JSON schema:\n{json_text(asked.schema)}"
            )
            return None
        schema, whole = strict_schema(asked.schema)
        if not whole:
            self._ledger.setting(Feature.JSON_SCHEMA, "output", LossAction.APPROXIMATED)
        if asked.description and not schema.get("description"):
            schema = {**schema, "description": asked.description}
        return {"type": "json_schema", "schema": schema}

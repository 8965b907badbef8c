"""Tools between dialects: what a target does not know is put in terms it does, and put back in the answer.

Custom tools become functions with one string, a client's own tool search becomes a function, functions of a namespace
get one long name, names and call ids are brought into the target's characters, and thought signatures that ride in a
call's id come out. All of it is a function of the request alone: nothing is kept between requests.
"""

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache

import msgspec
from msgspec.structs import replace

from gate.core.loss import Feature, Loss, LossAction
from gate.protocols.canonical.parts import CallKind, Opaque, Part, ToolCall, ToolResult, Wire
from gate.protocols.canonical.request import Message, Request, Tool, ToolChoice, ToolKind
from gate.protocols.opaque import ID_MARK, read_id
from gate.protocols.translation import ToolRules

INPUT = "input"
"""The one argument of the function that stands for a custom tool."""
_JOIN = "__"
_CALL_KIND = {ToolKind.CUSTOM: CallKind.CUSTOM, ToolKind.SEARCH: CallKind.SEARCH}
_SAFE = re.compile(r"[^A-Za-z0-9_-]")


class Named(msgspec.Struct, frozen=True, gc=False):
    """What a wire name stands for."""

    name: str
    kind: CallKind
    namespace: str | None


Names = Mapping[str, Named]
"""Wire name -> the client's tool, only where the two differ."""


class Prepared(msgspec.Struct, frozen=True):
    """request: in the target's terms. names: to put answers back. losses: what was emulated or left out."""

    request: Request
    names: Names
    losses: tuple[Loss, ...]


def prepare(request: Request, rules: ToolRules, call_id: str | None = None) -> Prepared:
    """A request whose tools, calls, results and choice are in terms of `rules`. call_id: a provider's own pattern of
    ids, in place of the dialect's."""
    work = _Preparation(rules, re.compile(call_id or rules.call_id))
    tools = None if request.tools is None else tuple(work.tools(request.tools))
    messages = tuple(work.message(message) for message in request.messages)
    choice = None if request.tool_choice is None else work.choice(request.tool_choice, tools or ())
    prepared = replace(request, tools=tools, messages=messages, tool_choice=choice)
    return Prepared(prepared, work.names, tuple(work.losses))


class _Preparation:
    def __init__(self, rules: ToolRules, ids: re.Pattern[str]) -> None:
        self._rules = rules
        self._ids = ids
        self.names: dict[str, Named] = {}
        self.losses: list[Loss] = []

    def tools(self, tools: tuple[Tool, ...]) -> list[Tool]:
        made = [self._tool(tool) for tool in tools]
        return [tool for tool in made if tool is not None]

    def _tool(self, tool: Tool) -> Tool | None:
        kinds = self._rules.kinds
        if tool.kind in kinds and tool.kind is not ToolKind.FUNCTION:
            if tool.namespace is None or self._rules.namespaces:
                return tool
            return replace(tool, name=self._wire(tool.name, CallKind.CUSTOM, tool.namespace), namespace=None, raw=None)
        match tool.kind:
            case ToolKind.FUNCTION:
                return self._function(tool)
            case ToolKind.CUSTOM:
                self._lose(Feature.TOOL_KINDS, tool.path, LossAction.EMULATED)
                return self._function(replace(tool, schema=_INPUT_SCHEMA, description=_described(tool), strict=None))
            case ToolKind.SEARCH:
                self._lose(Feature.TOOL_KINDS, tool.path, LossAction.EMULATED)
                return self._function(tool)
            case ToolKind.VENDOR:
                self._lose(Feature.TOOL_KINDS, tool.path, LossAction.DROPPED)
            case ToolKind.WEB_SEARCH | ToolKind.SERVER:
                self._lose(Feature.SERVER_TOOLS, tool.path, LossAction.DROPPED)
        return None

    def _function(self, tool: Tool) -> Tool:
        name = self._wire(tool.name, _CALL_KIND.get(tool.kind, CallKind.FUNCTION), tool.namespace)
        deferred = tool.deferred and self._rules.defers
        if tool.deferred and not deferred:
            self._lose(Feature.TOOL_KINDS, f"{tool.path}.defer_loading", LossAction.APPROXIMATED)
        if name == tool.name and tool.kind is ToolKind.FUNCTION and deferred == tool.deferred:
            return tool
        namespace = tool.namespace if self._rules.namespaces else None
        return replace(
            tool, kind=ToolKind.FUNCTION, name=name, namespace=namespace, grammar=None, deferred=deferred, raw=None
        )

    def _wire(self, name: str, kind: CallKind, namespace: str | None) -> str:
        """The name on the wire, remembered where it says less than the client's."""
        emulated = kind is not CallKind.FUNCTION and not self._has(kind)
        flat = namespace is not None and not self._rules.namespaces
        wire = _fitting(f"{namespace}{_JOIN}{name}" if flat else name, self._rules.name)
        if wire != name or emulated or flat:
            self.names[wire] = Named(name, kind, namespace)
        return wire

    def _has(self, kind: CallKind) -> bool:
        wanted = ToolKind.CUSTOM if kind is CallKind.CUSTOM else ToolKind.SEARCH
        return wanted in self._rules.kinds

    def message(self, message: Message) -> Message:
        changed = False
        parts: list[Part] = []
        for part in message.parts:
            made = part
            if isinstance(part, ToolCall):
                made = self._call(part)
            elif isinstance(part, ToolResult):
                made = self._result(part)
            changed = changed or made is not part
            parts.append(made)
        return replace(message, parts=tuple(parts), raw=None) if changed else message

    def _call(self, call: ToolCall) -> ToolCall:
        call_id, opaque = self._id(call.id)
        name, arguments, kind = call.name, call.arguments, call.kind
        if not self._known(kind, name, call.namespace):
            name = self._wire(call.name, kind, call.namespace)
            if kind is CallKind.CUSTOM and not self._has(kind):
                arguments = msgspec.json.encode({INPUT: call.arguments}).decode()
            kind = kind if kind is CallKind.FUNCTION or self._has(kind) else CallKind.FUNCTION
        keeps = self._rules.keeps_signature or self._rules.takes_signature
        signed = (call.opaque or opaque) if keeps else None
        if call_id == call.id and name == call.name and kind is call.kind and signed == call.opaque:
            return call
        namespace = call.namespace if self._rules.namespaces else None
        return replace(
            call,
            id=call_id,
            name=name,
            arguments=arguments,
            kind=kind,
            namespace=namespace,
            opaque=signed,
            raw=None,
        )

    def _known(self, kind: CallKind, name: str, namespace: str | None) -> bool:
        """Whether a call can be sent in the client's own terms."""
        if kind is not CallKind.FUNCTION:
            return self._has(kind) and (namespace is None or self._rules.namespaces)
        if namespace is not None and not self._rules.namespaces:
            return False
        return _fitting(name, self._rules.name) == name

    def _result(self, result: ToolResult) -> ToolResult:
        call_id, _ = self._id(result.id)
        kind = result.kind if result.kind is CallKind.FUNCTION or self._has(result.kind) else CallKind.FUNCTION
        if call_id == result.id and kind is result.kind:
            return result
        return replace(result, id=call_id, kind=kind, raw=None)

    def _id(self, call_id: str) -> tuple[str, Opaque | None]:
        base, opaque = read_id(call_id) if ID_MARK in call_id else (call_id, None)
        if self._ids.fullmatch(base):
            return base, opaque
        digest = hashlib.sha256(base.encode("utf-8", "surrogatepass")).hexdigest()
        for made in (f"{_SAFE.sub('', base)[:20]}{digest[:16]}", f"call_{digest[:24]}", digest[:9]):
            if self._ids.fullmatch(made):
                return made, opaque
        return base, opaque

    def choice(self, choice: ToolChoice, tools: tuple[Tool, ...]) -> ToolChoice:
        """The choice in wire names; one that names a tool the target was not given is no choice any more."""
        offered = {tool.name for tool in tools}
        back = {named.name: wire for wire, named in self.names.items()}
        allowed = tuple(name for name in (back.get(name, name) for name in choice.allowed) if name in offered)
        if choice.allowed and not allowed:
            self._lose(Feature.TOOL_CHOICE, "tool_choice", LossAction.DROPPED)
            return replace(choice, mode="auto", allowed=())
        if choice.mode != "tool" or choice.name is None:
            return choice if allowed == choice.allowed else replace(choice, allowed=allowed)
        name = back.get(choice.name, choice.name)
        if tools and name not in offered and choice.kind in (ToolKind.FUNCTION, ToolKind.CUSTOM, ToolKind.SEARCH):
            self._lose(Feature.TOOL_CHOICE, "tool_choice", LossAction.DROPPED)
            return replace(choice, mode="auto", name=None)
        if choice.kind not in self._rules.kinds and choice.kind not in (ToolKind.CUSTOM, ToolKind.SEARCH):
            self._lose(Feature.TOOL_CHOICE, "tool_choice", LossAction.DROPPED)
            return replace(choice, mode="auto", name=None, kind=ToolKind.FUNCTION)
        kind = choice.kind if choice.kind in self._rules.kinds else ToolKind.FUNCTION
        return replace(choice, name=name, kind=kind)

    def _lose(self, feature: Feature, path: str, action: LossAction) -> None:
        self.losses.append(Loss(feature, path, action))


_INPUT_SCHEMA: Wire = {
    "type": "object",
    "properties": {INPUT: {"type": "string", "description": "The whole input of the tool, as plain text."}},
    "required": [INPUT],
    "additionalProperties": False,
}


def _described(tool: Tool) -> str:
    """What a custom tool says of itself, with its grammar in words."""
    lines = [] if tool.description is None else [tool.description]
    grammar = tool.grammar or {}
    definition = grammar.get("definition")
    if isinstance(definition, str):
        lines.append(f"The input must follow this {grammar.get('syntax') or 'formal'} grammar:\n{definition}")
    return "\n\n".join(lines)


@lru_cache(maxsize=4096)
def _fitting(name: str, pattern: str) -> str:
    """The name itself, or one made of it that the pattern takes: the same for the same name, always."""
    if re.fullmatch(pattern, name):
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    safe = _SAFE.sub("_", name)
    for made in (f"{safe[:50]}_{digest}", f"t_{safe[:48]}_{digest}"):
        if re.fullmatch(pattern, made):
            return made
    return name

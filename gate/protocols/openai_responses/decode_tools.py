"""Tools and tool choice of a request, wherever they stand: in `tools`, in an `additional_tools` item (Codex with
gpt-5.6 and later) or in what a tool search of the client has found.

Sources: https://platform.openai.com/docs/api-reference/responses/create , types of the openai SDK 3.54, and requests of
Codex 0.169 (all read 2026-11-21).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from msgspec.structs import replace

from gate.protocols.canonical.parts import Wire
from gate.protocols.canonical.request import Tool, ToolChoice, ToolKind
from gate.protocols.fields import mapping
from gate.protocols.openai_responses.items import SEARCH_NAME, searches_on_client
from gate.protocols.openai_responses.values import array, boolean, filled, is_object, string, strings

VENDOR_TOOLS = frozenset({"local_shell", "apply_patch", "computer", "computer_use_preview", "computer_use"})
"""Tools the client runs, whose schema only OpenAI's models know; `shell` is one where it names no container."""
_WEB_SEARCH = "web_search"
_LOCATION = ("city", "country", "region", "timezone")


class Tools:
    """Collects the tools of a request. Each stands once: what a search has loaded is the deferred tool of that name."""

    def __init__(self) -> None:
        self._found: dict[tuple[str | None, ...], Tool] = {}

    def take(self, tools: object, path: str, *, loaded: bool = False) -> None:
        """tools: an array as on the wire. path: where it stands. loaded: a search brought them, so they are at hand."""
        for at, tool in enumerate(array(tools)):
            for each in _flat(mapping(tool), f"{path}[{at}]"):
                self._add(replace(each, deferred=False) if loaded else each)

    def _add(self, tool: Tool) -> None:
        named = tool.kind in (ToolKind.FUNCTION, ToolKind.CUSTOM, ToolKind.SEARCH)
        key = (tool.kind, tool.namespace, tool.name) if named else (tool.path,)
        known = self._found.setdefault(key, tool)
        if known.deferred and not tool.deferred:
            self._found[key] = replace(known, deferred=False)

    def all(self) -> tuple[Tool, ...]:
        return tuple(self._found.values())


def _flat(tool: Wire, path: str) -> Iterable[Tool]:
    """The tool itself, or those of a namespace."""
    if tool.get("type") != "namespace":
        yield _tool(tool, path)
        return
    name, said = string(tool.get("name")), string(tool.get("description"))
    for at, inner in enumerate(array(tool.get("tools"))):
        yield replace(_tool(mapping(inner), f"{path}.tools[{at}]"), namespace=name, namespace_description=said)


def _tool(tool: Wire, path: str) -> Tool:
    kind = string(tool.get("type")) or ""
    if kind in ("function", "custom"):
        return Tool(
            ToolKind(kind),
            string(tool.get("name")) or "",
            string(tool.get("description")),
            schema=mapping(tool.get("parameters")) or None,
            strict=boolean(tool.get("strict")),
            grammar=mapping(tool.get("format")) or None,
            deferred=tool.get("defer_loading") is True,
            path=path,
            raw=tool,
        )
    if kind == "tool_search" and searches_on_client(tool):
        schema = mapping(tool.get("parameters")) or None
        return Tool(ToolKind.SEARCH, SEARCH_NAME, string(tool.get("description")), schema=schema, path=path, raw=tool)
    if kind.startswith(_WEB_SEARCH):
        return Tool(ToolKind.WEB_SEARCH, _WEB_SEARCH, options=_search_options(tool), path=path, raw=tool)
    if kind in VENDOR_TOOLS or (kind == "shell" and not _in_container(tool)):
        return Tool(ToolKind.VENDOR, kind, path=path, raw=tool)
    return Tool(ToolKind.SERVER, kind or "unknown", path=path, raw=tool)


def _in_container(tool: Wire) -> bool:
    return (string(mapping(tool.get("environment")).get("type")) or "").startswith("container")


def _search_options(tool: Wire) -> Wire:
    options: dict[str, object] = {}
    filters, location = mapping(tool.get("filters")), mapping(tool.get("user_location"))
    for name in ("allowed_domains", "blocked_domains"):
        if domains := strings(filters.get(name)):
            options[name] = domains
    where = {name: location[name] for name in _LOCATION if location.get(name)}
    if where:
        options["user_location"] = {"type": "approximate", **where}
    return options


_MODES: Mapping[str, Literal["auto", "none", "any"]] = {"none": "none", "auto": "auto", "required": "any"}


def read_choice(choice: object, parallel: bool | None) -> tuple[ToolChoice | None, bool]:
    """The choice, and whether it says all that was sent. parallel: `parallel_tool_calls`."""
    if isinstance(choice, str):
        mode = _MODES.get(choice)
        return ToolChoice(mode or "auto", parallel=parallel), mode is not None
    if not is_object(choice):
        return (None if parallel is None else ToolChoice(parallel=parallel)), True
    return _object_choice(choice, parallel)


def _object_choice(choice: Wire, parallel: bool | None) -> tuple[ToolChoice, bool]:
    kind, name = string(choice.get("type")) or "", filled(choice.get("name"))
    if kind == "allowed_tools":
        entries = [mapping(entry) for entry in array(choice.get("tools"))]
        names = _allowed(entries)
        mode = "any" if choice.get("mode") == "required" else "auto"
        plain = len(names) == len(entries) and all(entry.get("type") == "function" for entry in entries)
        return ToolChoice(mode, allowed=names, parallel=parallel), plain
    if kind == "function" and name is not None:
        return ToolChoice("tool", name, parallel=parallel), choice.keys() <= {"type", "name"}
    if kind == "custom" and name is not None:
        return ToolChoice("tool", name, ToolKind.CUSTOM, parallel=parallel), choice.keys() <= {"type", "name"}
    if kind == "tool_search":
        return ToolChoice("tool", SEARCH_NAME, ToolKind.SEARCH, parallel=parallel), True
    if kind.startswith(_WEB_SEARCH):
        return ToolChoice("tool", _WEB_SEARCH, ToolKind.WEB_SEARCH, parallel=parallel), False
    vendor = kind in VENDOR_TOOLS or kind == "shell"
    tool = ToolKind.VENDOR if vendor else ToolKind.SERVER
    return ToolChoice("tool", kind or "unknown", tool, parallel=parallel), kind not in ("mcp", "")


def _allowed(entries: Sequence[Wire]) -> tuple[str, ...]:
    """The names allowed; tools that have none go by their type."""
    found: list[str] = []
    for entry in entries:
        kind = string(entry.get("type")) or ""
        name = filled(entry.get("name")) or (_WEB_SEARCH if kind.startswith(_WEB_SEARCH) else kind)
        if name:
            found.append(name)
    return tuple(found)

"""Tools and the choice among them, read from a request. https://platform.claude.com/docs/en/agents-and-tools/tool-use

A tool's type says who runs it: types of the vendor carry a date (`bash_20250124`), a tool of the client has the type
`custom` or none.
"""

from collections.abc import Mapping
from typing import Literal, cast

from gate.protocols.anthropic_messages.body import array, filled, members, string
from gate.protocols.canonical.parts import Wire
from gate.protocols.canonical.request import Tool, ToolChoice, ToolKind
from gate.protocols.fields import mapping

CLIENT_RUN = ("bash_", "text_editor_", "computer_", "memory_", "browser_")
"""Beginnings of the types of tools that the client runs though only Anthropic knows their schema."""
WEB_SEARCH = "web_search"
SERVER_RUN = ("web_fetch_", "code_execution_", "tool_search_tool_", "advisor_", "mcp_toolset")
_OPTIONS = ("allowed_domains", "blocked_domains", "max_uses", "user_location")
# Members of a client's tool that have no canonical place and that a model behaves by.
_TOLD = ("input_examples",)
_DIRECT = ["direct"]

Mode = Literal["auto", "none", "any", "tool"]
_MODES: dict[str, Mode] = {"auto": "auto", "none": "none", "any": "any", "tool": "tool"}


def read_tools(value: object) -> tuple[Tool, ...] | None:
    """`tools`; None when there is no such array."""
    if not isinstance(value, list):
        return None
    return tuple([_tool(mapping(tool), f"tools[{at}]") for at, tool in enumerate(array(cast("object", value)))])


def kind_of(type_: str, *, schema: bool) -> ToolKind:
    """Whose a tool of this type is. schema: it brings one. A type nobody knows is taken for one the client runs: its
    calls must not be lost."""
    if not type_ or type_ == "custom" or (schema and not type_.startswith(CLIENT_RUN)):
        return ToolKind.FUNCTION
    if type_.startswith(WEB_SEARCH):
        return ToolKind.WEB_SEARCH
    return ToolKind.SERVER if type_.startswith(SERVER_RUN) else ToolKind.VENDOR


def _tool(tool: Wire, path: str) -> Tool:
    type_ = string(tool, "type")
    schema = members(tool, "input_schema")
    kind = kind_of(type_, schema=schema is not None)
    if kind is ToolKind.FUNCTION:
        strict = tool.get("strict")
        return Tool(
            kind,
            string(tool, "name"),
            description=filled(tool, "description"),
            schema=schema,
            strict=strict if isinstance(strict, bool) else None,
            deferred=tool.get("defer_loading") is True,
            cache=members(tool, "cache_control"),
            path=path,
            raw=tool,
        )
    options = {name: tool[name] for name in _OPTIONS if tool.get(name)} if kind is ToolKind.WEB_SEARCH else {}
    return Tool(
        kind,
        string(tool, "name") or filled(tool, "mcp_server_name") or type_.rpartition("_")[0] or type_,
        options=options or None,
        cache=members(tool, "cache_control"),
        path=path,
        raw=tool,
    )


def untold(tools: tuple[Tool, ...] | None) -> Mapping[str, object]:
    """What was said of tools that has no canonical place, by where it stood."""
    found: dict[str, object] = {}
    for tool in tools or ():
        raw = tool.raw or {}
        if tool.kind is ToolKind.FUNCTION:
            found |= {f"{tool.path}.{name}": raw[name] for name in _TOLD if raw.get(name)}
        callers = raw.get("allowed_callers")
        if callers and callers != _DIRECT:
            found[f"{tool.path}.allowed_callers"] = callers
    return found


def read_choice(value: object, tools: tuple[Tool, ...] | None) -> ToolChoice | None:
    """`tool_choice`; None when there is none that can be read."""
    choice = mapping(value)
    mode = _MODES.get(string(choice, "type"))
    if mode is None:
        return None
    name = filled(choice, "name") if mode == "tool" else None
    alone = choice.get("disable_parallel_tool_use")
    return ToolChoice(
        mode,
        name,
        kind=next((tool.kind for tool in tools or () if tool.name == name), ToolKind.FUNCTION),
        parallel=not alone if isinstance(alone, bool) else None,
    )

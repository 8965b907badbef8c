"""Tools, tool choice and output format of a chat request, read.

Kinds of tools beside OpenAI's function and custom: OpenRouter's and Groq's own, which they run themselves
(github.com/OpenRouterTeam/typescript-sdk, github.com/groq/groq-python, read 2026-11-21).
"""

from collections.abc import Mapping
from typing import Literal, cast

from gate.protocols.canonical.parts import Wire
from gate.protocols.canonical.request import OutputFormat, Tool, ToolChoice, ToolKind
from gate.protocols.fields import mapping
from gate.protocols.openai_chat.content import said

Mode = Literal["auto", "none", "any", "tool"]
_MODES: dict[str, Mode] = {"auto": "auto", "none": "none", "required": "any", "any": "any"}
WEB_SEARCH_MEMBER = "web_search_options"
_WEB_SEARCH = "web_search"
# What else OpenRouter's search takes has no canonical word; it stays in `raw`.
_SEARCH_WORDS = {"allowed_domains": "allowed_domains", "excluded_domains": "blocked_domains", "max_uses": "max_uses"}
Body = Mapping[str, object]


def read_tools(body: Body) -> tuple[Tool, ...] | None:
    """Everything a client offers: `tools`, the old `functions`, and OpenAI's web search, which is a member of its own.
    None when none of them is there."""
    offered = body.get("tools")
    functions = body.get("functions")
    search = body.get(WEB_SEARCH_MEMBER)
    if not isinstance(offered, list) and not isinstance(functions, list) and not isinstance(search, dict):
        return None
    found: list[Tool] = []
    if isinstance(offered, list):
        for at, value in enumerate(cast("list[object]", offered)):
            found.append(_tool(mapping(value), f"tools[{at}]"))
    if isinstance(functions, list):
        for at, value in enumerate(cast("list[object]", functions)):
            found.append(_function(mapping(value), f"functions[{at}]"))
    if isinstance(search, dict):
        found.append(_search_member(cast("Wire", search)))
    return tuple(found)


def legacy(tools: tuple[Tool, ...] | None) -> bool:
    """Whether the client offered `functions` alone, and so reads `function_call` in the answer."""
    return bool(tools) and all(tool.path.startswith("functions") for tool in tools or ())


def _tool(tool: Wire, path: str) -> Tool:
    kind = said(tool, "type")
    custom = mapping(tool.get("custom"))
    if kind == "custom" or (custom and not kind):
        return Tool(
            ToolKind.CUSTOM,
            said(custom, "name"),
            description=_text(custom, "description"),
            grammar=_grammar(mapping(custom.get("format"))),
            path=path,
            raw=tool,
        )
    function = mapping(tool.get("function"))
    if function or kind in ("function", ""):
        return _function(function or tool, path, tool)
    if kind.startswith(_WEB_SEARCH):
        return Tool(ToolKind.WEB_SEARCH, _WEB_SEARCH, options=_search_options(tool), path=path, raw=tool)
    return Tool(ToolKind.SERVER, said(tool, "name") or kind, path=path, raw=tool)


def _function(function: Wire, path: str, tool: Wire | None = None) -> Tool:
    strict = function.get("strict")
    schema = function.get("parameters")
    return Tool(
        ToolKind.FUNCTION,
        said(function, "name"),
        description=_text(function, "description"),
        schema=cast("Wire", schema) if isinstance(schema, dict) else None,
        strict=strict if isinstance(strict, bool) else None,
        cache=None if tool is None else mapping(tool.get("cache_control")) or None,
        path=path,
        raw=tool,
    )


def _grammar(form: Wire) -> Wire | None:
    """`{type: grammar, grammar: {syntax, definition}}` as the flat object the canonical form (and responses) has."""
    inner = mapping(form.get("grammar"))
    if form.get("type") == "grammar" and inner:
        return {"type": "grammar", **inner}
    return form or None


def _search_member(search: Wire) -> Tool:
    location = mapping(search.get("user_location"))
    near = mapping(location.get("approximate"))
    options = {"user_location": {"type": "approximate", **near}} if near else None
    return Tool(ToolKind.WEB_SEARCH, _WEB_SEARCH, options=options, path=WEB_SEARCH_MEMBER, raw=search)


def _search_options(tool: Wire) -> Wire | None:
    """OpenRouter's shorthand has its settings beside the type or in `parameters`."""
    settings = {**mapping(tool.get("parameters")), **tool}
    options = {word: settings[name] for name, word in _SEARCH_WORDS.items() if settings.get(name)}
    near = mapping(settings.get("user_location"))
    return {**options, **({"user_location": near} if near else {})} or None


def read_choice(body: Body, tools: tuple[Tool, ...] | None) -> tuple[ToolChoice | None, bool]:
    """The choice, and whether all of what was said of it is in there."""
    parallel = body.get("parallel_tool_calls")
    several = parallel if isinstance(parallel, bool) else None
    said_of_it = body.get("tool_choice")
    if said_of_it is None:
        said_of_it = body.get("function_call")
    if said_of_it is None:
        return (None if several is None else ToolChoice(parallel=several)), True
    found = _choice(said_of_it)
    if found is None:
        return (None if several is None else ToolChoice(parallel=several)), False
    mode, name, kind, allowed = found
    return ToolChoice(mode, name, kind, allowed, several), True


def _choice(value: object) -> tuple[Mode, str | None, ToolKind, tuple[str, ...]] | None:
    if isinstance(value, str):
        mode = _MODES.get(value)
        return None if mode is None else (mode, None, ToolKind.FUNCTION, ())
    choice = mapping(value)
    kind = said(choice, "type")
    if kind == "allowed_tools":
        allowed = mapping(choice.get("allowed_tools")) or choice
        return _MODES.get(said(allowed, "mode"), "auto"), None, ToolKind.FUNCTION, _names(allowed.get("tools"))
    for member, tool_kind in (("function", ToolKind.FUNCTION), ("custom", ToolKind.CUSTOM)):
        name = said(mapping(choice.get(member)), "name")
        if name:
            return "tool", name, tool_kind, ()
    name = said(choice, "name")
    if name and kind in ("", "function"):
        return "tool", name, ToolKind.FUNCTION, ()
    return None


def _names(tools: object) -> tuple[str, ...]:
    if not isinstance(tools, list):
        return ()
    found: list[str] = []
    for value in cast("list[object]", tools):
        tool = mapping(value)
        inner = mapping(tool.get("function")) or mapping(tool.get("custom")) or tool
        name = said(inner, "name")
        if name:
            found.append(name)
    return tuple(found)


def read_output(value: object) -> OutputFormat | None:
    """`response_format`; None for plain text and for kinds only some server knows."""
    wanted = mapping(value)
    kind = wanted.get("type")
    if kind == "json_object" and "schema" not in wanted:
        return OutputFormat("json_object")
    spelled = mapping(wanted.get("json_schema"))
    schema = spelled.get("schema", wanted.get("schema"))
    if kind not in ("json_schema", "json_object") or not isinstance(schema, dict):
        return None
    strict = spelled.get("strict")
    return OutputFormat(
        "json_schema",
        schema=cast("Wire", schema),
        name=_text(spelled, "name"),
        description=_text(spelled, "description"),
        strict=strict if isinstance(strict, bool) else None,
    )


def _text(value: Wire, name: str) -> str | None:
    return said(value, name) or None

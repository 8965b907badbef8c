"""A client's `tools` and `toolConfig` in canonical form."""

from gate.protocols.canonical.parts import Wire
from gate.protocols.canonical.request import Tool, ToolChoice, ToolKind
from gate.protocols.fields import mapping
from gate.protocols.gemini.names import member, object_of, objects, others, strings, text_of
from gate.protocols.gemini.schema import to_json_schema

_KINDS: dict[str, ToolKind] = {
    "googleSearch": ToolKind.WEB_SEARCH,
    "googleSearchRetrieval": ToolKind.WEB_SEARCH,
    "enterpriseWebSearch": ToolKind.WEB_SEARCH,
    # The client runs it, but only Google knows its functions.
    "computerUse": ToolKind.VENDOR,
    "codeExecution": ToolKind.SERVER,
    "urlContext": ToolKind.SERVER,
    "googleMaps": ToolKind.SERVER,
    "fileSearch": ToolKind.SERVER,
    "retrieval": ToolKind.SERVER,
    "mcpServers": ToolKind.SERVER,
}
_FUNCTIONS = "functionDeclarations"


def read_tools(value: object) -> tuple[Tool, ...] | None:
    """None when there is no member `tools`. An element may hold several kinds at once."""
    if value is None:
        return None
    tools: list[Tool] = []
    for index, group in enumerate(objects(value)):
        path = f"tools[{index}]"
        for at, declared in enumerate(objects(member(group, _FUNCTIONS))):
            tools.append(_function(declared, f"{path}.{_FUNCTIONS}[{at}]"))
        for name, kind in _KINDS.items():
            held = member(group, name)
            if held is not None:
                tools.append(_built_in(name, kind, held, path))
        for name, held in others(group, (_FUNCTIONS, *_KINDS)).items():
            if held is not None:
                tools.append(Tool(ToolKind.SERVER, name, path=f"{path}.{name}", raw={name: held}))
    return tuple(tools)


def _function(declared: Wire, path: str) -> Tool:
    own = object_of(declared, "parameters")
    schema = object_of(declared, "parametersJsonSchema") or (to_json_schema(own) if own else None)
    return Tool(
        ToolKind.FUNCTION,
        text_of(declared, "name") or "",
        text_of(declared, "description"),
        schema,
        path=path,
        raw=declared,
    )


def _built_in(name: str, kind: ToolKind, held: object, path: str) -> Tool:
    options: dict[str, object] = {}
    excluded = strings(member(mapping(held), "excludeDomains"))
    if excluded:
        options["blocked_domains"] = list(excluded)
    return Tool(kind, name, options=options or None, path=f"{path}.{name}", raw={name: held})


def read_choice(config: Wire) -> tuple[ToolChoice | None, Wire]:
    """The choice, and what else stands in `toolConfig`."""
    rest = dict(others(config, ("functionCallingConfig",)))
    calling = object_of(config, "functionCallingConfig")
    if not calling:
        return None, rest
    mode = (text_of(calling, "mode") or "").upper()
    allowed = strings(member(calling, "allowedFunctionNames"))
    beyond = dict(others(calling, ("mode", "allowedFunctionNames")))
    if mode == "VALIDATED" and not allowed:
        beyond["mode"] = "VALIDATED"  # answers held to the schemas: no other dialect has that as a mode
    if beyond:
        rest["functionCallingConfig"] = beyond
    match mode:
        case "ANY" if len(allowed) == 1:
            return ToolChoice("tool", allowed[0]), rest
        case "ANY":
            return ToolChoice("any", allowed=allowed), rest
        case "NONE":
            return ToolChoice("none"), rest
        case _:
            return ToolChoice("auto", allowed=allowed if mode == "VALIDATED" else ()), rest

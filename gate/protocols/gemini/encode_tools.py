"""Tools and their choice for an upstream.

Gemini 3 and later take Google's own tools beside functions when `includeServerSideToolInvocations` is set; older ones
refuse the mixture (ai.google.dev/gemini-api/docs/tool-combination; the 400s "Please enable
tool_config.include_server_side_tool_invocations to use Built-in tools with Function calling" and "Tool call context
circulation is not enabled for models/gemini-2.x", read 2026-11-21).
"""

from gate.core.dialect import Dialect
from gate.core.loss import Feature, Loss, LossAction
from gate.protocols.canonical.parts import Wire
from gate.protocols.canonical.request import Request, Tool, ToolChoice, ToolKind
from gate.protocols.fields import mapping
from gate.protocols.gemini.models import traits
from gate.protocols.gemini.schema import Subset
from gate.protocols.translation import Aim

_A = LossAction


def write_tools(request: Request, aim: Aim, losses: list[Loss]) -> dict[str, object]:
    """The members `tools` and `toolConfig`, as far as there is something to say."""
    native = request.dialect is Dialect.GEMINI
    functions: list[Wire] = []
    built_in: list[Wire] = []
    for tool in request.tools or ():
        if tool.kind is ToolKind.FUNCTION:
            functions.append(tool.raw if native and tool.raw is not None else _function(tool, aim, losses))
        elif native and tool.raw is not None:
            built_in.append(tool.raw)
        elif tool.kind is not ToolKind.WEB_SEARCH:
            feature = Feature.SERVER_TOOLS if tool.kind is ToolKind.SERVER else Feature.TOOL_KINDS
            losses.append(Loss(feature, tool.path, _A.DROPPED))
        elif _may_search(request, tool, aim, losses):
            built_in.append(_search(tool, losses))
    made: dict[str, object] = {}
    tools = [*([{"functionDeclarations": functions}] if functions else []), *built_in]
    if tools or (native and request.tools is not None):
        made["tools"] = tools
    config = dict(mapping(request.others.get("toolConfig"))) if native else {}
    if functions and built_in and not native:
        config["includeServerSideToolInvocations"] = True
    calling = None if request.tool_choice is None else _calling(request.tool_choice, losses)
    if calling and (functions or native):
        config["functionCallingConfig"] = {**calling, **mapping(config.get("functionCallingConfig"))}
    if config:
        made["toolConfig"] = config
    return made


def _function(tool: Tool, aim: Aim, losses: list[Loss]) -> Wire:
    if tool.cache is not None:
        losses.append(Loss(Feature.CACHE_HINTS, f"{tool.path}.cache_control", _A.DROPPED))
    if tool.strict:
        losses.append(Loss(Feature.JSON_SCHEMA, f"{tool.path}.strict", _A.APPROXIMATED))
    made: dict[str, object] = {"name": tool.name}
    if tool.description is not None:
        made["description"] = tool.description
    if not tool.schema:
        return made
    if aim.quirks.schema != "gemini":
        return made | {"parametersJsonSchema": tool.schema}
    subset = Subset(tool.schema)
    if subset.lossy:
        losses.append(Loss(Feature.JSON_SCHEMA, f"{tool.path}.schema", _A.APPROXIMATED))
    # An object type without properties is refused there.
    return made | {"parameters": subset.schema} if subset.schema.get("properties") else made


def _may_search(request: Request, tool: Tool, aim: Aim, losses: list[Loss]) -> bool:
    mixed = any(one.kind is ToolKind.FUNCTION for one in request.tools or ())
    if not mixed or traits(aim.model).mixes_tools:
        return True
    losses.append(Loss(Feature.SERVER_TOOLS, tool.path, _A.DROPPED))
    return False


def _search(tool: Tool, losses: list[Loss]) -> Wire:
    """Grounding with Google Search has none of the settings other vendors give their searches on this service."""
    for name in tool.options or ():
        losses.append(Loss(Feature.SERVER_TOOLS, f"{tool.path}.{name}", _A.APPROXIMATED))
    return {"googleSearch": {}}


def _calling(choice: ToolChoice, losses: list[Loss]) -> dict[str, object]:
    """A choice among some tools that leaves a plain answer open is the mode `VALIDATED`."""
    if choice.parallel is False:
        losses.append(Loss(Feature.PARAMETERS, "parallel_tool_calls", _A.DROPPED))
    match choice.mode:
        case "none":
            return {"mode": "NONE"}
        case "any":
            return {"mode": "ANY", "allowedFunctionNames": list(choice.allowed)} if choice.allowed else {"mode": "ANY"}
        case "tool" if choice.name is not None and choice.kind is ToolKind.FUNCTION:
            return {"mode": "ANY", "allowedFunctionNames": [choice.name]}
        case "tool":
            losses.append(Loss(Feature.TOOL_CHOICE, "tool_choice", _A.DROPPED))
            return {}
        case "auto":
            return (
                {"mode": "VALIDATED", "allowedFunctionNames": list(choice.allowed)}
                if choice.allowed
                else {"mode": "AUTO"}
            )

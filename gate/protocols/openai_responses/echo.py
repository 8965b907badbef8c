"""What a response repeats of its request: members the SDKs' types ask for, and some clients read.

https://platform.openai.com/docs/api-reference/responses/object (read 2026-11-21), types of the openai SDK 3.54.
"""

import msgspec

from gate.core.profile import NO_QUIRKS
from gate.protocols.canonical.parts import Text
from gate.protocols.canonical.request import Request
from gate.protocols.openai_responses.encode_content import ContentWriter
from gate.protocols.openai_responses.encode_tools import ToolWriter, choice, output_format

_REPEATED = (
    "max_tool_calls",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_retention",
    "safety_identifier",
    "truncation",
)


def echo(request: Request) -> dict[str, object]:
    """These members, large ones as JSON that is made once however many events hold them."""
    said = [
        part.text for message in request.messages if message.top for part in message.parts if isinstance(part, Text)
    ]
    chosen = request.tool_choice
    others = request.others
    made: dict[str, object] = {
        "background": False,
        "instructions": msgspec.Raw(msgspec.json.encode("\n\n".join(said))) if said else None,
        "max_output_tokens": request.max_tokens,
        "metadata": request.metadata or {},
        "parallel_tool_calls": chosen is None or chosen.parallel is not False,
        "reasoning": _reasoning(request),
        "service_tier": request.service_tier or "default",
        "store": False,
        "temperature": 1.0 if request.sampling.temperature is None else request.sampling.temperature,
        "text": _text(request),
        "tool_choice": others.get("tool_choice", "auto" if chosen is None else choice(chosen, request.tools or ())),
        "tools": _tools(request),
        "top_logprobs": request.sampling.logprobs or 0,
        "top_p": 1.0 if request.sampling.top_p is None else request.sampling.top_p,
        "truncation": "disabled",
        "user": request.user,
    }
    made.update({name: others[name] for name in _REPEATED if name in others})
    return made


def _reasoning(request: Request) -> dict[str, object]:
    asked = request.reasoning
    if asked is None:
        return {"effort": None, "summary": None}
    return {"effort": None if asked.effort is None else asked.effort.value, "summary": asked.summary}


def _text(request: Request) -> dict[str, object]:
    output = request.output
    made: dict[str, object] = {"format": {"type": "text"} if output is None else output_format(output, own=True)}
    return made if request.verbosity is None else {**made, "verbosity": request.verbosity}


def _tools(request: Request) -> object:
    """Those of the member `tools`; what stood in the input is not repeated."""
    tools = [tool for tool in request.tools or () if tool.path.startswith("tools[")]
    if not tools:
        return []
    written = ToolWriter(ContentWriter(request.dialect, NO_QUIRKS)).tools(tools)
    return msgspec.Raw(msgspec.json.encode(written))

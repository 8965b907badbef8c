"""A client's generateContent or countTokens request in canonical form. https://ai.google.dev/api/generate-content"""

from collections.abc import Mapping
from typing import cast

import msgspec

from gate.core.dialect import Dialect
from gate.core.errors import ErrorCode, GateError
from gate.protocols.canonical.parts import Wire
from gate.protocols.canonical.request import Effort, OutputFormat, Reasoning, Request, Sampling
from gate.protocols.gemini.census import JSON_TYPES
from gate.protocols.gemini.decode_content import read_messages
from gate.protocols.gemini.decode_tools import read_choice, read_tools
from gate.protocols.gemini.names import member, number, object_of, others, strings, text_of, whole
from gate.protocols.gemini.schema import to_json_schema
from gate.protocols.splice import mend_surrogates, too_deep

_TOP = (
    "contents",
    "systemInstruction",
    "tools",
    "toolConfig",
    "generationConfig",
    "serviceTier",
    "model",
    "generateContentRequest",
)
_PLAIN = (
    "temperature",
    "topP",
    "topK",
    "seed",
    "presencePenalty",
    "frequencyPenalty",
    "candidateCount",
    "responseLogprobs",
    "logprobs",
    "maxOutputTokens",
    "stopSequences",
    "thinkingConfig",
)
_SCHEMAS = ("responseMimeType", "responseSchema", "responseJsonSchema", "_responseJsonSchema", "responseFormat")
_EFFORTS = {effort.value.upper(): effort for effort in Effort}


def decode_request(body: bytes, *, model: str, stream: bool) -> Request:
    """See `gate.protocols.translation.Translator`."""
    request = _object(body)
    inner = object_of(request, "generateContentRequest")
    request = inner or request
    config = object_of(request, "generationConfig")
    output, left = _output(config)
    rest = {name: value for name, value in others(request, _TOP).items() if value is not None}
    left |= {name: value for name, value in others(config, (*_PLAIN, *_SCHEMAS)).items() if value is not None}
    if left:
        rest["generationConfig"] = left
    choice, beside = read_choice(object_of(request, "toolConfig"))
    if beside:
        rest["toolConfig"] = beside
    return Request(
        dialect=Dialect.GEMINI,
        model=model,
        messages=read_messages(request),
        stream=stream,
        include_usage=True,
        max_tokens=whole(member(config, "maxOutputTokens")),
        tools=read_tools(member(request, "tools")),
        tool_choice=choice,
        reasoning=_reasoning(object_of(config, "thinkingConfig")),
        output=output,
        stop=strings(member(config, "stopSequences")),
        sampling=_sampling(config),
        service_tier=text_of(request, "serviceTier"),
        others=rest,
    )


def _object(body: bytes) -> Wire:
    """Raises GateError."""
    try:
        try:
            value = cast("object", msgspec.json.decode(body))
        except msgspec.DecodeError:
            value = cast("object", msgspec.json.decode(mend_surrogates(body)))
    except RecursionError:
        raise too_deep() from None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise GateError(ErrorCode.INVALID_JSON, "the request body is not valid JSON") from None
    if not isinstance(value, dict):
        raise GateError(ErrorCode.INVALID_BODY, "the request body must be a JSON object")
    return cast("Wire", value)


def _sampling(config: Wire) -> Sampling:
    logprobs = whole(member(config, "logprobs"))
    return Sampling(
        temperature=number(member(config, "temperature")),
        top_p=number(member(config, "topP")),
        top_k=whole(member(config, "topK")),
        seed=whole(member(config, "seed")),
        presence_penalty=number(member(config, "presencePenalty")),
        frequency_penalty=number(member(config, "frequencyPenalty")),
        choices=whole(member(config, "candidateCount")),
        logprobs=(logprobs or 0) if member(config, "responseLogprobs") is True else None,
    )


def _reasoning(config: Wire) -> Reasoning | None:
    """A budget of -1 leaves it to the model, 0 is none (ai.google.dev/gemini-api/docs/thinking)."""
    if not config:
        return None
    budget = whole(member(config, "thinkingBudget"))
    shown = member(config, "includeThoughts")
    return Reasoning(
        on=None if budget is None or budget < 0 else budget > 0,
        adaptive=budget is not None and budget < 0,
        budget=budget if budget is not None and budget > 0 else None,
        effort=_EFFORTS.get((text_of(config, "thinkingLevel") or "").upper()),
        summary=("auto" if shown else "omitted") if isinstance(shown, bool) else None,
        raw=config,
    )


def _output(config: Wire) -> tuple[OutputFormat | None, dict[str, object]]:
    """The format, and the members that say it in a way no other dialect has (`text/x.enum`)."""
    newest = object_of(object_of(config, "responseFormat"), "text")
    told = text_of(newest, "mimeType") or text_of(config, "responseMimeType")
    schema = _schema(config, newest)
    if told in JSON_TYPES or (told is None and schema is not None):
        kind = "json_object" if schema is None else "json_schema"
        beside = dict(others(object_of(config, "responseFormat"), ("text",)))
        return OutputFormat(kind, schema), {"responseFormat": beside} if beside else {}
    left = {name: found for name in _SCHEMAS if (found := member(config, name)) is not None}
    return None, {} if left == {"responseMimeType": "text/plain"} else left


def _schema(config: Wire, newest: Wire) -> Wire | None:
    for found in (newest.get("schema"), member(config, "responseJsonSchema"), config.get("_responseJsonSchema")):
        if isinstance(found, dict):
            return cast("Mapping[str, object]", found)
    own = object_of(config, "responseSchema")
    return to_json_schema(own) if own else None

"""A canonical request as a generateContent or countTokens body. https://ai.google.dev/api/generate-content"""

import json

import msgspec

from gate.core.dialect import Dialect
from gate.core.loss import Feature, Loss, LossAction
from gate.protocols.canonical.request import Request
from gate.protocols.gemini.encode_config import write_config
from gate.protocols.gemini.encode_content import write_messages
from gate.protocols.gemini.encode_tools import write_tools
from gate.protocols.splice import mend_surrogates
from gate.protocols.translation import Aim, Encoded

_COUNTED = "generateContentRequest"
_COUNTED_FLAT = ("contents", "systemInstruction", "tools", "generationConfig")
_TIERS = {"flex": "flex", "priority": "priority"}
_USUAL_TIERS = frozenset({"auto", "default", "standard", "standard_only"})
_NATIVE_ELSEWHERE = frozenset({"generationConfig", "toolConfig"})
# State the vendor keeps; without it the rest is half a conversation.
_STATE = frozenset({"previous_response_id", "conversation", "cachedContent", "cached_content", "container"})
# Hints, and members whose meaning Gemini has by itself.
_MEANINGLESS = frozenset(
    {
        "store",
        "include",
        "prompt_cache_key",
        "prompt_cache_retention",
        "safety_identifier",
        "stream_options",
        "client_metadata",
        "background",
    }
)


def encode_request(request: Request, aim: Aim) -> Encoded:
    """See `gate.protocols.translation.Translator`."""
    body, losses = _body(request, aim)
    return Encoded(_json(body), tuple(losses))


def encode_count(request: Request, aim: Aim) -> Encoded:
    """The whole request in `generateContentRequest`, whose `model` is required (ai.google.dev/api/tokens). An endpoint
    that does not take it (`Quirks.drops`) has some of its members at the top, as Vertex does (CountTokensParameters of
    google-genai 3.4.0)."""
    body, losses = _body(request, aim)
    if _COUNTED in aim.quirks.drops:
        return Encoded(_json({name: body[name] for name in _COUNTED_FLAT if name in body}), tuple(losses))
    return Encoded(_json({_COUNTED: {"model": f"models/{aim.model}", **body}}), tuple(losses))


def _body(request: Request, aim: Aim) -> tuple[dict[str, object], list[Loss]]:
    native = request.dialect is Dialect.GEMINI
    written = write_messages(request, aim)
    losses = written.losses
    tools = write_tools(request, aim, losses)
    config = write_config(request, aim, written.system, losses, tools="tools" in tools)
    body: dict[str, object] = {"contents": written.contents}
    if written.system:
        body["systemInstruction"] = {**written.beside, "parts": written.system}
    body |= tools
    if config:
        body["generationConfig"] = config
    if native:
        body |= {name: value for name, value in request.others.items() if name not in _NATIVE_ELSEWHERE}
        body |= {} if request.service_tier is None else {"serviceTier": request.service_tier}
    else:
        body |= _beside(request, losses)
    for name in sorted(aim.quirks.drops & body.keys()):
        del body[name]
        losses.append(Loss(Feature.PARAMETERS, name, LossAction.DROPPED))
    return body, losses


def _beside(request: Request, losses: list[Loss]) -> dict[str, object]:
    """What stands at the top of a request from another dialect."""
    tier = _TIERS.get(request.service_tier or "")
    if request.service_tier is not None and tier is None and request.service_tier not in _USUAL_TIERS:
        losses.append(Loss(Feature.PARAMETERS, "service_tier", LossAction.DROPPED))
    if request.cache is not None:
        losses.append(Loss(Feature.CACHE_HINTS, "cache_control", LossAction.DROPPED))
    for name, value in (("user", request.user), ("metadata", request.metadata), ("verbosity", request.verbosity)):
        if value:
            losses.append(Loss(Feature.PARAMETERS, name, LossAction.DROPPED))
    for name, value in request.others.items():
        if value is None or name in _MEANINGLESS:
            continue
        feature = Feature.STATE if name in _STATE else Feature.PARAMETERS
        losses.append(Loss(feature, name, LossAction.DROPPED))
    return {} if tier is None else {"serviceTier": tier}


def _json(body: dict[str, object]) -> bytes:
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError:
        # A lone surrogate, which stands for no character, came out of an escape.
        return mend_surrogates(json.dumps(body, separators=(",", ":")).encode())

"""Settings beside the conversation, for an upstream. https://platform.claude.com/docs/en/api/messages

From 4.7 on models take no sampling parameters but the defaults; from 4.1 on not both temperature and top_p; with
thinking no other temperature than 1, no top_k and no top_p below 0.95 (.../about-claude/models/migration-guide,
.../build-with-claude/extended-thinking, read 2026-11-21).
"""

from typing import cast

from gate.core.loss import Feature, LossAction
from gate.protocols.anthropic_messages.body import array
from gate.protocols.anthropic_messages.decode_blocks import DIALECT
from gate.protocols.anthropic_messages.ledger import Ledger
from gate.protocols.anthropic_messages.models import Traits
from gate.protocols.canonical.request import Request
from gate.protocols.fields import mapping

_NONE_HERE = ("seed", "presence_penalty", "frequency_penalty", "choices", "logprobs")
# What these are when nothing is asked for.
_NEUTRAL = {"presence_penalty": 0, "frequency_penalty": 0, "choices": 1}
_LEAST_TOP_P = 0.95
_TIERS = {"default": "standard_only", "standard": "standard_only", "standard_only": "standard_only"}
_USUAL = (None, "auto")
# Members of other dialects that mean nothing here, or are carried by other means.
_MEANINGLESS = frozenset(
    {"include", "store", "background", "stream_options", "truncation", "type", "parallel_tool_calls"}
)
_CACHING = frozenset({"prompt_cache_key", "prompt_cache_retention", "prompt_cache_options"})
_FEATURES: dict[str, Feature] = {
    "previous_response_id": Feature.STATE,
    "conversation": Feature.STATE,
    "prompt": Feature.STATE,
    "cachedContent": Feature.STATE,
    "cached_content": Feature.STATE,
    "web_search_options": Feature.SERVER_TOOLS,
    "tool_choice": Feature.TOOL_CHOICE,
    "response_format": Feature.JSON_SCHEMA,
}
_HINT = {"type": "ephemeral"}
_USER_CHARACTERS = 256


def write_sampling(request: Request, traits: Traits, wire: dict[str, object], ledger: Ledger) -> None:
    """Writes what the model takes of another dialect's sampling; knows from `wire` whether it will think."""
    asked = request.sampling
    for name in _NONE_HERE:
        value = getattr(asked, name)
        if value is not None and value != _NEUTRAL.get(name):
            ledger.setting(Feature.SAMPLING, name, LossAction.DROPPED)
    thinks = mapping(wire.get("thinking")).get("type") in ("enabled", "adaptive")
    temperature, top_p, top_k = asked.temperature, asked.top_p, asked.top_k
    if temperature is not None and temperature > 1:
        ledger.setting(Feature.SAMPLING, "temperature", LossAction.APPROXIMATED)
        temperature = 1.0
    free = traits.sampling and not thinks
    if temperature is not None and temperature != 1 and not free:
        ledger.setting(Feature.SAMPLING, "temperature", LossAction.DROPPED)
        temperature = None
    if top_p is not None and top_p < 1 and not (free or (traits.sampling and top_p >= _LEAST_TOP_P)):
        ledger.setting(Feature.SAMPLING, "top_p", LossAction.DROPPED)
        top_p = None
    if top_k is not None and not free:
        ledger.setting(Feature.SAMPLING, "top_k", LossAction.DROPPED)
        top_k = None
    # What is the default already need not be said, and newer models want not to be told.
    if temperature == 1:
        temperature = None
    if top_p is not None and top_p >= 1:
        top_p = None
    if temperature is not None and top_p is not None and not traits.both:
        ledger.setting(Feature.SAMPLING, "top_p", LossAction.DROPPED)
        top_p = None
    told = (("temperature", temperature), ("top_p", top_p), ("top_k", top_k))
    wire.update({name: value for name, value in told if value is not None})


def write_others(request: Request, wire: dict[str, object], ledger: Ledger, *, native: bool) -> None:
    """Who asks, on what terms, and everything that has no canonical place. native: the upstream is Anthropic's."""
    own = request.dialect is DIALECT
    if request.user is not None:
        if own or len(request.user) <= _USER_CHARACTERS:
            wire["metadata"] = {"user_id": request.user}
        else:
            ledger.setting(Feature.PARAMETERS, "user", LossAction.DROPPED)
    if request.cache is not None:
        wire["cache_control"] = request.cache
    if own:
        _own(request, wire)
    else:
        _foreign(request, wire, ledger, native=native)


def _own(request: Request, wire: dict[str, object]) -> None:
    if request.metadata:
        wire["metadata"] = {**mapping(wire.get("metadata")), **request.metadata}
    if request.service_tier is not None:
        wire["service_tier"] = request.service_tier
    for name, value in request.others.items():
        if name == "output_config":
            wire[name] = {**mapping(value), **mapping(wire.get(name))}
        elif "[" not in name:
            # A name with a place in it belongs to a tool or message, which goes as it came.
            wire[name] = value


def _foreign(request: Request, wire: dict[str, object], ledger: Ledger, *, native: bool) -> None:
    for name in ("metadata", "verbosity"):
        value = getattr(request, name)
        if value and value != "medium":
            ledger.setting(Feature.PARAMETERS, name, LossAction.DROPPED)
    if request.service_tier not in _USUAL:
        tier = _TIERS.get(request.service_tier or "")
        if tier is not None and native:
            wire["service_tier"] = tier
        else:
            ledger.setting(Feature.PARAMETERS, "service_tier", LossAction.DROPPED)
    for name, value in request.others.items():
        if value in (None, False, "", [], {}) or name in _MEANINGLESS:
            continue
        if name == "safety_identifier" and isinstance(value, str) and "metadata" not in wire:
            wire["metadata"] = {"user_id": value[:_USER_CHARACTERS]}
        elif name in _CACHING:
            _hint(name, wire, ledger)
        else:
            ledger.lose(_FEATURES.get(name, Feature.PARAMETERS), name, LossAction.DROPPED)


def _hint(name: str, wire: dict[str, object], ledger: Ledger) -> None:
    """OpenAI caches by itself what a key names; here the ends of what stays the same have to be marked."""
    ledger.lose(Feature.CACHE_HINTS, name, LossAction.APPROXIMATED)
    if "cache_control" in wire:
        return
    turns = [mapping(turn) for turn in array(wire.get("messages"))]
    spoken = [array(turn.get("content")) for turn in turns if turn.get("role") == "user"]
    for blocks in (array(wire.get("system")), spoken[-1] if spoken else []):
        last = blocks[-1] if blocks else None
        if isinstance(last, dict):
            cast("dict[str, object]", last).setdefault("cache_control", _HINT)

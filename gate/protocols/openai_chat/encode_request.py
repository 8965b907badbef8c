"""A canonical request as the body of a chat request. https://platform.openai.com/docs/api-reference/chat/create

A request that came in chat keeps its messages, tools and unknown members; what came in another dialect is put in
OpenAI's words, and the provider's quirks say where those are not taken.
"""

from fnmatch import fnmatchcase

import msgspec

from gate.core.dialect import Dialect
from gate.core.loss import Feature, LossAction
from gate.protocols.canonical.parts import Wire
from gate.protocols.canonical.request import Effort, Request
from gate.protocols.efforts import nearest_effort
from gate.protocols.fields import mapping
from gate.protocols.openai_chat.asked import as_spelled
from gate.protocols.openai_chat.encode_media import MediaWriter
from gate.protocols.openai_chat.encode_messages import write_messages
from gate.protocols.openai_chat.encode_tools import write_output, write_tools
from gate.protocols.openai_chat.ledger import Ledger
from gate.protocols.openai_chat.own_messages import own_messages
from gate.protocols.openai_chat.words import COMMON_EFFORTS, effort_of
from gate.protocols.translation import Aim, Encoded

_USER_MOST = 64
"""Longer ids of users (Claude Code's) are refused by OpenAI."""
_OPENAI_DIALECTS = (Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES)
# Members of responses that chat spells the same, at OpenAI.
_SHARED = frozenset(
    {"prompt_cache_key", "prompt_cache_retention", "prompt_cache_options", "safety_identifier", "store", "moderation"}
)
# Members of other dialects that mean nothing here, and those whose loss is no mere parameter.
_MEANINGLESS = frozenset(
    {"include", "store", "background", "stream_options", "truncation", "anthropic_version", "type"}
)
_FEATURES: dict[str, Feature] = {
    "previous_response_id": Feature.STATE,
    "conversation": Feature.STATE,
    "prompt": Feature.STATE,
    "cachedContent": Feature.STATE,
    "cached_content": Feature.STATE,
    "container": Feature.STATE,
    "mcp_servers": Feature.SERVER_TOOLS,
    # Of members of its own that a provider does not take.
    "temperature": Feature.SAMPLING,
    "top_p": Feature.SAMPLING,
    "seed": Feature.SAMPLING,
    "presence_penalty": Feature.SAMPLING,
    "frequency_penalty": Feature.SAMPLING,
    "n": Feature.SAMPLING,
    "logprobs": Feature.SAMPLING,
    "top_logprobs": Feature.SAMPLING,
    "tool_choice": Feature.TOOL_CHOICE,
    "parallel_tool_calls": Feature.TOOL_CHOICE,
    "response_format": Feature.JSON_SCHEMA,
    "reasoning_effort": Feature.THINKING,
}
_SAMPLING = ("temperature", "top_p", "presence_penalty", "frequency_penalty", "logprobs", "top_logprobs")
# What the canonical form calls members of chat.
_CANONICAL = {
    "n": "choices",
    "top_logprobs": "logprobs",
    "response_format": "output",
    "reasoning_effort": "effort",
    "parallel_tool_calls": "parallel",
    "max_completion_tokens": "max_tokens",
}
# DeepSeek thinks unless told not to, and has a switch of its own for it (api-docs.deepseek.com/guides/thinking_mode.md,
# read 2026-11-21).
_SWITCHED = "deepseek"
# What Gate itself asks for is no loss where it is not taken.
_GATES_OWN = frozenset({"stream_options"})


def encode_request(request: Request, aim: Aim) -> Encoded:
    """See `gate.protocols.translation.Translator`."""
    ledger = Ledger(request.dialect)
    own = request.dialect is Dialect.OPENAI_CHAT
    if own:
        messages = own_messages(request.messages, MediaWriter(request.dialect, aim, ledger), aim.vendor)
    else:
        messages = write_messages(request, aim, ledger)
    wire: dict[str, object] = {"model": aim.model, "messages": messages}
    if request.stream:
        wire["stream"] = True
        wire["stream_options"] = {"include_usage": True}
    write_tools(request, aim, wire, ledger)
    told = write_output(request, aim, wire, ledger)
    if told is not None and not own and not _told_already(request, messages):
        wire["messages"] = _told(told, messages, aim.quirks.system_role)
    _limits(request, aim, wire, ledger)
    _sampling(request, wire, ledger, own=own)
    _reasoning(request, aim, wire, ledger, own=own)
    _accounts(request, aim, wire, ledger, own=own)
    _others(request, aim, wire, ledger, own=own)
    _take_back(aim, wire, ledger)
    return Encoded(msgspec.json.encode(wire), ledger.losses)


def _told(words: str, messages: list[Wire], role: str) -> list[Wire]:
    """The messages with an instruction after the first ones, or before everything."""
    first: Wire = messages[0] if messages else {}
    content = first.get("content")
    if first.get("role") == role and isinstance(content, str):
        return [{**first, "content": f"{content}\n\n{words}"}, *messages[1:]]
    return [{"role": role, "content": words}, *messages]


def _told_already(request: Request, messages: list[Wire]) -> bool:
    """Whether JSON is spoken of, which is all that has to be said where there is no schema."""
    if request.output is not None and request.output.schema is not None:
        return False
    return any("json" in str(message.get("content")).lower() for message in messages)


def _limits(request: Request, aim: Aim, wire: dict[str, object], ledger: Ledger) -> None:
    quirks = aim.quirks
    if request.max_tokens is not None:
        wire[quirks.max_tokens] = request.max_tokens
    stop = request.stop
    if quirks.stop_most is not None and len(stop) > quirks.stop_most:
        for at in range(quirks.stop_most, len(stop)):
            ledger.lose_member(Feature.PARAMETERS, "stop", inner=f"[{at}]")
        stop = stop[: quirks.stop_most]
    if stop:
        wire["stop"] = list(stop)


def _sampling(request: Request, wire: dict[str, object], ledger: Ledger, *, own: bool) -> None:
    """Only a client of chat can read several choices and log probabilities, or knows that its server takes `top_k`."""
    asked = request.sampling
    names = ("temperature", "top_p", "seed", "presence_penalty", "frequency_penalty")
    for name in names:
        value = getattr(asked, name)
        if value is not None:
            wire[name] = value
    only_own = {"top_k": asked.top_k, "choices": asked.choices if asked.choices != 1 else None}
    for name, value in (*only_own.items(), ("logprobs", asked.logprobs)):
        if value is None:
            continue
        if not own:
            ledger.lose_member(Feature.SAMPLING, name)
        elif name == "logprobs":
            wire["logprobs"] = True
            if value:
                wire["top_logprobs"] = value
        else:
            wire["n" if name == "choices" else name] = value


def _reasoning(request: Request, aim: Aim, wire: dict[str, object], ledger: Ledger, *, own: bool) -> None:
    """The nearest effort. Clients that send `adaptive` to every model do not need it: that alone is no loss."""
    asked = request.reasoning
    if asked is None:
        return
    spelled = as_spelled(asked) if own else None
    if spelled is not None:
        wire.update(spelled)
        return
    effort = effort_of(asked)
    if effort is None or (aim.thinks is False and (effort is Effort.NONE or asked.adaptive)):
        return
    if aim.thinks is False or not aim.quirks.effort:
        if effort is not Effort.NONE:
            ledger.lose_member(Feature.THINKING, "reasoning")
        return
    if effort is Effort.NONE and aim.vendor == _SWITCHED:
        wire["thinking"] = {"type": "disabled"}
        return
    foreign = request.dialect not in _OPENAI_DIALECTS
    if foreign and effort is Effort.NONE and aim.thinks is None:
        return  # a model that cannot think refuses to be told how much
    nearest = nearest_effort(effort, aim.quirks.efforts or (COMMON_EFFORTS if foreign else ()))
    if nearest is not asked.effort:
        ledger.lose_member(Feature.THINKING, "reasoning" if asked.effort is None else "effort", LossAction.APPROXIMATED)
    wire["reasoning_effort"] = nearest.value


def _accounts(request: Request, aim: Aim, wire: dict[str, object], ledger: Ledger, *, own: bool) -> None:
    """Who asks, and on what terms. Tiers, verbosity and metadata mean the same only with the vendor they were meant
    for."""
    if request.user is not None:
        if own or len(request.user) <= _USER_MOST:
            wire["user"] = request.user
        else:
            ledger.lose(Feature.PARAMETERS, "user", LossAction.DROPPED)
    if request.cache is not None:
        if own:
            wire["cache_control"] = request.cache
        else:
            ledger.lose(Feature.CACHE_HINTS, "cache_control")
    same = own or (request.dialect is Dialect.OPENAI_RESPONSES and aim.vendor == "openai")
    for name in ("verbosity", "service_tier", "metadata"):
        value = getattr(request, name)
        if value is None:
            continue
        # OpenAI's chat takes metadata only with what it stores.
        if same and (own or name != "metadata" or request.others.get("store") is True):
            wire[name] = value
        elif value not in ("auto", "default"):
            ledger.lose_member(Feature.PARAMETERS, name)


def _others(request: Request, aim: Aim, wire: dict[str, object], ledger: Ledger, *, own: bool) -> None:
    same = request.dialect is Dialect.OPENAI_RESPONSES and aim.vendor == "openai"
    for name, value in request.others.items():
        if own:
            if name == "stream_options":
                wire[name] = {**mapping(value), "include_usage": True}
            else:
                wire[name] = value
        elif same and name in _SHARED:
            wire[name] = value
        elif name not in _MEANINGLESS and value not in (None, False, "", [], {}):
            ledger.lose(_FEATURES.get(name, Feature.PARAMETERS), name)


def _take_back(aim: Aim, wire: dict[str, object], ledger: Ledger) -> None:
    """Members this provider or this model refuses."""
    quirks = aim.quirks
    refused = set(quirks.drops)
    name = aim.model.lower()
    if any(fnmatchcase(name, pattern) for pattern in quirks.reasoning_models):
        refused.update(_SAMPLING, ("stop",))
    for member in sorted(refused & wire.keys()):
        del wire[member]
        if member not in _GATES_OWN:
            ledger.lose_member(_FEATURES.get(member, Feature.PARAMETERS), _CANONICAL.get(member, member))

"""A canonical request as the body of a messages request. https://platform.claude.com/docs/en/api/messages

A request that came in this dialect keeps its blocks, tools and unknown members. What came in another one is put so that
the API takes it: a limit, turns in order, settings the model knows (`models.traits`).
"""

import msgspec

from gate.core.loss import Feature, LossAction
from gate.protocols.anthropic_messages import encode_thinking
from gate.protocols.anthropic_messages.body import array
from gate.protocols.anthropic_messages.decode_blocks import DIALECT, NATIVE
from gate.protocols.anthropic_messages.encode_blocks import BlockWriter, text_block
from gate.protocols.anthropic_messages.encode_messages import write_messages
from gate.protocols.anthropic_messages.encode_tools import ToolWriter
from gate.protocols.anthropic_messages.ledger import Ledger
from gate.protocols.anthropic_messages.models import Traits, traits
from gate.protocols.anthropic_messages.own_messages import own_messages, own_system
from gate.protocols.anthropic_messages.parameters import write_others, write_sampling
from gate.protocols.canonical.parts import Wire
from gate.protocols.canonical.request import Request
from gate.protocols.fields import mapping
from gate.protocols.translation import Aim, Encoded

DEFAULT_LIMIT = 8192
"""`max_tokens` where neither the client nor the catalog gives a limit: every model since Claude 3.5 can give as much
(platform.claude.com/docs/en/about-claude/models/overview, read 2026-11-21)."""
ADAPTIVE_LIMIT = 32_000
"""The same for models that decide themselves how much to think, which counts against the limit; all can give 64,000 or
more (the same page)."""
SYSTEM_TURNS = "messages.system"
"""Named in a provider's `Quirks.drops` where it takes no system messages among the messages."""
_COUNTED = frozenset(
    {
        "model",
        "messages",
        "system",
        "tools",
        "tool_choice",
        "thinking",
        "output_config",
        "cache_control",
        "context_management",
        "mcp_servers",
        "compaction",
        "speed",
    }
)
_DROPPED_FEATURES = {
    "thinking": Feature.THINKING,
    "output_config": Feature.THINKING,
    "tool_choice": Feature.TOOL_CHOICE,
    "temperature": Feature.SAMPLING,
    "top_p": Feature.SAMPLING,
    "top_k": Feature.SAMPLING,
    "cache_control": Feature.CACHE_HINTS,
    "mcp_servers": Feature.SERVER_TOOLS,
    "container": Feature.STATE,
}


def encode_request(request: Request, aim: Aim) -> Encoded:
    """See `gate.protocols.translation.Translator`."""
    ledger = Ledger(request.dialect)
    wire = _Writer(request, aim, ledger).wire()
    for name in sorted(aim.quirks.drops & wire.keys()):
        del wire[name]
        ledger.lose(_DROPPED_FEATURES.get(name, Feature.PARAMETERS), name, LossAction.DROPPED)
    return Encoded(msgspec.json.encode(wire), ledger.losses)


def encode_count(request: Request, aim: Aim) -> Encoded:
    """The same body with what `POST /v1/messages/count_tokens` takes of it (github.com/anthropics/anthropic-sdk-python
    2.12.0, types/beta/message_count_tokens_params.py, read 2026-11-21)."""
    ledger = Ledger(request.dialect)
    wire = _Writer(request, aim, ledger).wire()
    kept = {name: value for name, value in wire.items() if name in _COUNTED and name not in aim.quirks.drops}
    return Encoded(msgspec.json.encode(kept), ledger.losses)


class _Writer:
    def __init__(self, request: Request, aim: Aim, ledger: Ledger) -> None:
        self._request = request
        self._aim = aim
        self._ledger = ledger
        self._traits: Traits = traits(aim.model)
        self._own = request.dialect is DIALECT
        self._blocks = BlockWriter(aim, ledger, request.dialect)

    def wire(self) -> dict[str, object]:
        request = self._request
        wire: dict[str, object] = {"model": self._aim.model, "max_tokens": self._limit()}
        tools = ToolWriter(request, self._aim, self._traits, self._ledger)
        offered = tools.tools()
        form = tools.output()
        choice = tools.choice(offered)
        system = self._conversation(wire)
        if self._own:
            self._own_settings(wire, form)
        else:
            if not offered:
                offered = tools.called()
                choice = {"type": "none"} if offered else None
            self._settings(wire, form, choice)
            write_sampling(request, self._traits, wire, self._ledger)
        if offered or (self._own and request.tools is not None):
            wire["tools"] = offered
        if choice is not None:
            wire["tool_choice"] = choice
        _instruct(wire, system, tools.instructions)
        if request.stop:
            self._stops(wire)
        if request.stream:
            wire["stream"] = True
        write_others(request, wire, self._ledger, native=self._aim.vendor == NATIVE)
        return wire

    def _limit(self) -> int:
        """A client's own limit, but never more than another vendor's client may know the model gives."""
        asked, most = self._request.max_tokens, self._aim.max_output_tokens
        if asked is None:
            if most is not None:
                return most
            if self._traits.adaptive:
                return ADAPTIVE_LIMIT
            return DEFAULT_LIMIT + encode_thinking.needed(self._request.reasoning)
        if most is not None and asked > most and not self._own:
            self._ledger.setting(Feature.PARAMETERS, "max_tokens", LossAction.APPROXIMATED)
            return most
        return asked

    def _conversation(self, wire: dict[str, object]) -> object:
        """Writes the messages; gives the system prompt."""
        request, vendor = self._request, self._aim.vendor
        if self._own:
            wire["messages"] = own_messages(request.messages, self._blocks, vendor)
            return own_system(request.messages, self._blocks, vendor)
        turns_of_system = self._traits.system and vendor == NATIVE and SYSTEM_TURNS not in self._aim.quirks.drops
        talk = write_messages(
            request.messages,
            self._blocks,
            system_turns=turns_of_system,
            prefill=self._traits.prefill and request.reasoning is None,
        )
        wire["messages"] = talk.turns
        return talk.system or None

    def _own_settings(self, wire: dict[str, object], form: Wire | None) -> None:
        """As they came; but a budget that the API would refuse since thinking was lost gives way."""
        asked = self._request.reasoning
        raw: Wire | None = {} if asked is None else asked.raw
        config: dict[str, object] = {}
        if raw is None:
            plan = self._plan(wire, None)
            thinking, effort = plan.thinking, plan.effort
        else:
            thinking, effort = self._kept(raw.get("thinking"), wire), raw.get("effort")
        if thinking is not None:
            wire["thinking"] = thinking
        if effort is not None:
            config["effort"] = effort
        if form is not None:
            config["format"] = form
        if config:
            wire["output_config"] = config
        sampling = self._request.sampling
        for name in ("temperature", "top_p", "top_k"):
            value = getattr(sampling, name)
            if value is not None:
                wire[name] = value

    def _kept(self, thinking: object, wire: dict[str, object]) -> object:
        if mapping(thinking).get("type") != "enabled" or not encode_thinking.lacks_thinking(wire["messages"]):
            return thinking
        adaptive = self._traits.adaptive
        self._ledger.lose(Feature.THINKING, "thinking", LossAction.APPROXIMATED if adaptive else LossAction.DROPPED)
        return {"type": "adaptive"} if adaptive else None

    def _settings(self, wire: dict[str, object], form: Wire | None, choice: Wire | None) -> None:
        plan = self._plan(wire, choice)
        if plan.thinking is not None:
            wire["thinking"] = plan.thinking
        config: dict[str, object] = {}
        if plan.effort is not None:
            config["effort"] = plan.effort
        if form is not None:
            config["format"] = form
        if config:
            wire["output_config"] = config

    def _plan(self, wire: dict[str, object], choice: Wire | None) -> encode_thinking.Plan:
        asked = self._request.reasoning
        if asked is not None and self._aim.thinks is False:
            if asked.on is not False and not asked.adaptive:
                self._ledger.setting(Feature.THINKING, "reasoning", LossAction.DROPPED)
            return encode_thinking.Plan(on=False)
        limit = wire["max_tokens"]
        return encode_thinking.planned(
            asked,
            self._traits,
            self._ledger,
            limit=limit if isinstance(limit, int) else DEFAULT_LIMIT,
            forced=choice is not None and choice.get("type") in ("any", "tool"),
            broken=encode_thinking.lacks_thinking(wire["messages"]),
        )

    def _stops(self, wire: dict[str, object]) -> None:
        """A stop sequence of white space alone is refused."""
        kept: list[str] = []
        for at, word in enumerate(self._request.stop):
            if word.strip() or self._own:
                kept.append(word)
            else:
                self._ledger.setting(Feature.PARAMETERS, "stop", LossAction.DROPPED, at)
        if kept:
            wire["stop_sequences"] = kept


def _instruct(wire: dict[str, object], system: object, instructions: list[str]) -> None:
    """The system prompt, with what has to be said in words after it."""
    said = [text_block(text) for text in instructions]
    if said:
        wire["system"] = [*([text_block(system)] if isinstance(system, str) else array(system)), *said]
    elif system is not None:
        wire["system"] = system

"""Canonical messages as `contents` and `systemInstruction` for an upstream.

What Gemini wants of a history (ai.google.dev/gemini-api/docs/function-calling, .../thought-signatures, read
2026-11-21): turns of `user` and `model` only; the results of a turn's calls all together in the next turn, each with
the function's name; no empty part; a signature on the first call of every turn. So turns of the same side are joined,
results stand before everything else in the order of their calls, and a result that answers no call becomes a text.
"""

from dataclasses import dataclass, field

from gate.core.dialect import Dialect
from gate.core.loss import Feature, Loss, LossAction
from gate.protocols.canonical.parts import (
    Foreign,
    Media,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Wire,
)
from gate.protocols.canonical.request import Message, Request, Role
from gate.protocols.gemini.encode_media import media_parts
from gate.protocols.gemini.encode_parts import function_call, merge_signature, thought
from gate.protocols.gemini.encode_result import function_response
from gate.protocols.gemini.models import Traits, traits
from gate.protocols.gemini.names import others
from gate.protocols.gemini.thoughts import FOREIGN_CALL
from gate.protocols.translation import Aim

_MODEL, _USER = "model", "user"
_SIDES = {Role.ASSISTANT: _MODEL, Role.USER: _USER}
_A = LossAction


@dataclass(slots=True)
class Written:
    """system: parts of `systemInstruction`, beside: its other members. contents: the turns."""

    system: list[Wire] = field(default_factory=list[Wire])
    beside: Wire = field(default_factory=dict[str, object])
    contents: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    losses: list[Loss] = field(default_factory=list[Loss])


def write_messages(request: Request, aim: Aim) -> Written:
    """All messages of a request."""
    writer = _Native(request, aim) if request.dialect is Dialect.GEMINI else _Writer(aim)
    for message in request.messages:
        writer.message(message)
    writer.close()
    return writer.out


class _Writer:
    """Of a request that came in another dialect."""

    def __init__(self, aim: Aim) -> None:
        self.out = Written()
        self._aim = aim
        self._traits: Traits = traits(aim.model)
        self._turns: list[_Turn] = []

    def message(self, message: Message) -> None:
        if message.name is not None:
            self._lose(Feature.PARAMETERS, f"{message.path}.name", _A.DROPPED)
        role = _SIDES.get(message.role)
        if role is None:
            self._instruction(message)
            return
        turn = self._turn(role)
        for index, part in enumerate(message.parts):
            self._part(part, turn, f"{message.path}.content[{index}]")

    def _instruction(self, message: Message) -> None:
        """One within the conversation keeps its place, as the user's words: Gemini has no role for it there."""
        within = bool(self._turns) and not message.top
        if within:
            self._lose(Feature.OTHER, message.path, _A.APPROXIMATED)
        turn = self._turn(_USER) if within else _Turn("", parts=self.out.system)
        for index, part in enumerate(message.parts):
            self._part(part, turn, f"{message.path}.content[{index}]")

    def _turn(self, role: str) -> "_Turn":
        if not self._turns or self._turns[-1].role != role:
            calls = self._turns[-1].calls if self._turns and role == _USER else []
            self._turns.append(_Turn(role, asked=calls))
        return self._turns[-1]

    def _part(self, part: Part, turn: "_Turn", path: str) -> None:
        match part:
            case Text():
                self._text(part, turn, path)
            case Refusal():
                turn.say(part.text)
            case Media():
                turn.parts += self._media(part, path)
            case Thinking():
                self._thinking(part, turn, path)
            case ToolCall():
                self._cached(part.cache, path)
                turn.call(part, function_call(part, path, self.out.losses, self._aim.vendor))
            case ToolResult():
                self._cached(part.cache, path)
                self._result(part, turn, path)
            case Foreign():
                self._foreign(part, turn, path)

    def _text(self, part: Text, turn: "_Turn", path: str) -> None:
        self._cached(part.cache, path)
        if part.citations:
            self._lose(Feature.CITATIONS, f"{path}.citations", _A.DROPPED)
        turn.say(part.text)

    def _media(self, part: Media, path: str) -> list[Wire]:
        self._cached(part.cache, path)
        return media_parts(part, path, self._aim, self.out.losses)

    def _thinking(self, part: Thinking, turn: "_Turn", path: str) -> None:
        if part.opaque is None or part.opaque.origin != self._aim.vendor:
            if part.text or part.opaque is not None:
                self._lose(Feature.THINKING, path, _A.DROPPED)
            return
        if part.text:
            turn.parts.append(thought(part.text, part.opaque.data))
        elif part.opaque.data and not merge_signature(turn.parts, part.opaque.data):
            turn.parts.append({"text": "", "thoughtSignature": part.opaque.data})

    def _result(self, part: ToolResult, turn: "_Turn", path: str) -> None:
        call = turn.waiting(part.id)
        if call is None:
            self._lose(Feature.OTHER, path, _A.REPLACED)
            for index, inner in enumerate(part.content):
                self._part(inner, turn, f"{path}.content[{index}]")
            return
        made = function_response(part, call.name, path, self._aim, self._traits, self.out.losses)
        turn.results.setdefault(part.id, []).append(made.response)
        turn.parts += made.beside

    def _foreign(self, part: Foreign, turn: "_Turn", path: str) -> None:
        feature = Feature.SERVER_TOOLS if part.server else Feature.OTHER
        self._lose(feature, path, _A.REPLACED if part.text else _A.DROPPED)
        turn.say(part.text or "")

    def _cached(self, cache: Wire | None, path: str) -> None:
        if cache is not None:
            self._lose(Feature.CACHE_HINTS, f"{path}.cache_control", _A.DROPPED)

    def _lose(self, feature: Feature, path: str, action: LossAction) -> None:
        self.out.losses.append(Loss(feature, path, action))

    def close(self) -> None:
        for turn in self._turns:
            parts = turn.whole()
            if parts:
                self.out.contents.append({"role": turn.role, "parts": parts})
        if not self.out.contents and self.out.system:
            # Gemini wants something to answer.
            self.out.contents.append({"role": _USER, "parts": self.out.system})
            self.out.system = []


@dataclass(slots=True)
class _Turn:
    """asked: the calls of the turn before, in order. calls, results: of this turn; results by the id of their call."""

    role: str
    parts: list[Wire] = field(default_factory=list[Wire])
    asked: list[ToolCall] = field(default_factory=list[ToolCall])
    calls: list[ToolCall] = field(default_factory=list[ToolCall])
    results: dict[str, list[Wire]] = field(default_factory=dict[str, list[Wire]])

    def waiting(self, call_id: str) -> ToolCall | None:
        """The first call with this id that has no result yet."""
        asked = [call for call in self.asked if call.id == call_id]
        answered = len(self.results.get(call_id, ()))
        return asked[answered] if answered < len(asked) else None

    def say(self, text: str) -> None:
        if text:
            self.parts.append({"text": text})

    def call(self, call: ToolCall, made: dict[str, object]) -> None:
        if not self.calls and "thoughtSignature" not in made:
            made["thoughtSignature"] = FOREIGN_CALL
        self.calls.append(call)
        self.parts.append(made)

    def whole(self) -> list[Wire]:
        given = {call_id: iter(results) for call_id, results in self.results.items()}
        found = (next(given[call.id], None) for call in self.asked if call.id in given)
        return [*(one for one in found if one is not None), *self.parts]


class _Native(_Writer):
    """Of a request that came in Gemini's own form: turns and parts as they were, wherever they still have it."""

    def __init__(self, request: Request, aim: Aim) -> None:
        super().__init__(aim)
        calls = (part for message in request.messages for part in message.parts if isinstance(part, ToolCall))
        self._names = {call.id: call.name for call in calls}

    def message(self, message: Message) -> None:
        parts = self._native_parts(message)
        if message.role is Role.SYSTEM and message.top:
            self.out.system.extend(parts)
            self.out.beside = {} if message.raw is None else others(message.raw, ("parts",))
            return
        told = None if message.raw is None else message.raw.get("role")
        role = told if isinstance(told, str) else _MODEL if message.role is Role.ASSISTANT else _USER
        if parts:
            self.out.contents.append({"role": role, "parts": parts})

    def _native_parts(self, message: Message) -> list[Wire]:
        turn = _Turn(_USER)
        for index, part in enumerate(message.parts):
            path = f"{message.path}.parts[{index}]"
            raw = part.raw
            match part:
                case Thinking() if not part.text and raw is None:
                    self._thinking(part, turn, path)
                case ToolCall() if raw is not None:
                    turn.calls.append(part)
                    turn.parts.append(raw)
                case _ if raw is not None:
                    turn.parts.append(raw)
                case ToolResult():
                    name = part.name or self._names.get(part.id) or ""
                    made = function_response(part, name, path, self._aim, self._traits, self.out.losses)
                    turn.parts += [made.response, *made.beside]
                case _:
                    self._part(part, turn, path)
        return turn.parts

    def close(self) -> None:
        """Nothing is put in another order."""

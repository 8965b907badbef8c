"""Tools of an answer put back into the client's own terms: the other half of `canonical.tools`."""

import json
from collections.abc import Sequence

from msgspec.structs import replace

from gate.protocols.canonical.answer import Close, Delta, Event, Open
from gate.protocols.canonical.parts import CallKind, ToolCall
from gate.protocols.canonical.tools import INPUT, Names
from gate.protocols.opaque import sign_id


class Restorer:
    """State of one answer. names: as `prepare` made them. keeps_signature: the client's dialect carries a call's
    signature by itself, otherwise it rides in the id. token: hex digits for ids the upstream did not give."""

    def __init__(self, names: Names, *, keeps_signature: bool, token: str) -> None:
        self._names = names
        self._keeps_signature = keeps_signature
        self._token = token
        self._made = 0
        # Arguments of emulated custom tools: only whole they tell the one text the client's tool takes.
        self._held: dict[int, list[str]] = {}

    @property
    def idle(self) -> bool:
        """Whether nothing is held back."""
        return not self._held

    def feed(self, events: Sequence[Event]) -> Sequence[Event]:
        """The same events, calls renamed. Nothing is done to streams without calls."""
        if not self._held and not any(isinstance(event, Open) and isinstance(event.part, ToolCall) for event in events):
            return events
        out: list[Event] = []
        for event in events:
            self._take(event, out)
        return out

    def _take(self, event: Event, out: list[Event]) -> None:
        match event:
            case Open(part=ToolCall() as call):
                restored = self._call(call)
                if restored.kind is CallKind.CUSTOM and call.kind is not CallKind.CUSTOM:
                    self._held[event.index] = [call.arguments]
                    restored = replace(restored, arguments="")
                out.append(Open(event.index, restored))
            case Delta() if event.index in self._held:
                self._held[event.index].append(event.text)
            case Close() if event.index in self._held:
                out += [Delta(event.index, _free_text("".join(self._held.pop(event.index)))), event]
            case _:
                out.append(event)

    def _call(self, call: ToolCall) -> ToolCall:
        named = self._names.get(call.name)
        if named is not None:
            call = replace(call, name=named.name, kind=named.kind, namespace=named.namespace, raw=None)
        if not call.id and not self._keeps_signature:
            call = replace(call, id=f"call_{self._token}{self._made}", raw=None)
            self._made += 1
        if call.opaque is not None and not self._keeps_signature:
            call = replace(call, id=sign_id(call.id, call.opaque), opaque=None, raw=None)
        return call


def _free_text(arguments: str) -> str:
    """The text inside `{"input": ...}`; what is not of that shape is handed on as it is."""
    try:
        value = json.loads(arguments)
    except (ValueError, RecursionError):
        return arguments
    text = value.get(INPUT) if isinstance(value, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return text if isinstance(text, str) else arguments

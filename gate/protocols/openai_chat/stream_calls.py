"""The tool calls of one chat answer while it streams.

OpenAI names a call by its index and tells id and name in its first piece. Others leave the index or the id out, send
`null`, repeat the name, put several calls at one index with different ids, or send a call in one piece; every call is
told apart by what there is.
"""

from gate.protocols.canonical.answer import Close, Event, Open
from gate.protocols.canonical.answer import Delta as More
from gate.protocols.canonical.parts import CallKind, Opaque, ToolCall
from gate.protocols.fields import decoded
from gate.protocols.openai_chat.blocks import Blocks
from gate.protocols.openai_chat.chunk import Call, Function
from gate.protocols.openai_chat.decode_messages import signature_of

_NOTHING = Function()


class _State:
    """A call under way. index: of its block, None while its name is not known."""

    __slots__ = ("id", "index", "kind", "name", "opaque", "said")

    def __init__(self, call_id: str) -> None:
        self.id = call_id
        self.name = ""
        self.kind = CallKind.FUNCTION
        self.opaque: Opaque | None = None
        self.index: int | None = None
        self.said: list[str] = []


class Calls:
    """Every call of one answer, all open until the end."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks
        self._all: list[_State] = []
        self._at: dict[int, _State] = {}
        self._old: _State | None = None

    @property
    def any(self) -> bool:
        return bool(self._all)

    def take(self, call: Call, out: list[Event]) -> None:
        """A piece of a call."""
        custom = call.custom is not None and bool(call.custom.name or call.custom.input)
        function = (call.custom if custom else call.function) or _NOTHING
        state = self._state(call, function)
        if custom:
            state.kind = CallKind.CUSTOM
        if call.extra_content is not None:
            state.opaque = signature_of({"extra_content": call.extra_content}) or state.opaque
        self._more(state, function, out)

    def old(self, function: Function, out: list[Event]) -> None:
        """A piece of the one `function_call`."""
        if self._old is None:
            if not function.name:
                return  # all members of such a call may be there and empty
            self._old = self._new("")
        self._more(self._old, function, out)

    def finish(self, out: list[Event]) -> None:
        """The answer is over: a call that never got a name is told without one."""
        for state in self._all:
            if state.index is None:
                self._open(state, out)
            assert state.index is not None
            out.append(Close(state.index))

    def _state(self, call: Call, function: Function) -> _State:
        if call.index is None:
            known = self._unnumbered(call, function)
        else:
            known = self._at.get(call.index)
            if known is not None and _another(known, call, function):
                known = None
        if known is None:
            known = self._new(call.id or "")
        if call.index is not None:
            self._at[call.index] = known
        if call.id and not known.id and known.index is None:
            known.id = self._free(call.id)
        return known

    def _unnumbered(self, call: Call, function: Function) -> _State | None:
        """Without an index: the call of this id, or the last one unless a new one begins."""
        if call.id:
            return next((state for state in self._all if state.id == call.id), None)
        return None if function.name or not self._all else self._all[-1]

    def _new(self, call_id: str) -> _State:
        state = _State(self._free(call_id))
        self._all.append(state)
        return state

    def _free(self, call_id: str) -> str:
        """The id, unless another call of this answer has it: an empty one is made up later."""
        return "" if any(state.id == call_id for state in self._all) else call_id

    def _more(self, state: _State, function: Function, out: list[Event]) -> None:
        if function.name and not state.name:
            state.name = function.name
        text = function.input or function.arguments
        if text:
            state.said.append(text)
        if state.index is None:
            if state.name:
                self._open(state, out)
        elif text:
            out.append(More(state.index, text))

    def _open(self, state: _State, out: list[Event]) -> None:
        self._blocks.close(out)
        state.index = self._blocks.new()
        out.append(Open(state.index, ToolCall(state.id, state.name, kind=state.kind, opaque=state.opaque)))
        said = "".join(state.said)
        if said:
            out.append(More(state.index, said))


def _another(known: _State, call: Call, function: Function) -> bool:
    """Whether a piece at the index of a known call begins another one."""
    if not function.name or not known.name:
        return False
    if call.id and known.id:
        return call.id != known.id
    # Without ids a repeated name may mean anything; what is whole already does not go on.
    return isinstance(decoded("".join(known.said).encode("utf-8", "surrogatepass")), dict)

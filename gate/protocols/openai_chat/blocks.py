"""The blocks of one chat answer while it streams: thinking, text and refusal, one open at a time, and whole ones."""

from collections.abc import Sequence
from typing import Any, Literal

from gate.protocols.canonical.answer import Cite, Close, Event, Open, Sign
from gate.protocols.canonical.answer import Delta as More
from gate.protocols.canonical.parts import Citation, Part, Refusal, Text, Thinking, Wire
from gate.protocols.fields import mapping
from gate.protocols.openai_chat.chunk import Delta
from gate.protocols.openai_chat.citations import read_annotations, reference
from gate.protocols.openai_chat.content import read_content, read_part, said, text_of
from gate.protocols.openai_chat.decode_answer import executed, spoken
from gate.protocols.openai_chat.reasoning import SERVER_CALL, detail_text, server_call, token_of

_Kind = Literal["text", "thinking", "refusal"]
_EMPTY: dict[_Kind, Part] = {"text": Text(""), "thinking": Thinking(), "refusal": Refusal("")}


class Blocks:
    """front: index of the open block, if one is. used: something was opened. maker: of opaque tokens."""

    def __init__(self, maker: str) -> None:
        self._maker = maker
        self._next = 0
        self._kind: _Kind | None = None
        self._detail: dict[str, object] = {}
        self._cited = False
        self._audio: dict[str, object] = {}
        self._sound: list[str] = []
        self._executed: dict[object, Wire] = {}
        self.front = 0
        self.text_open = False

    @property
    def used(self) -> bool:
        return self._next > 0

    def new(self) -> int:
        """The index of one more block."""
        self._next += 1
        return self._next - 1

    def text(self, text: str, out: list[Event]) -> None:
        self._more("text", text, out)

    def refuse(self, text: str, out: list[Event]) -> None:
        self._more("refusal", text, out)

    def close(self, out: list[Event]) -> None:
        """Whatever is open."""
        if self._kind is None:
            return
        if self._detail:
            out.append(Sign(self.front, token_of(self._detail, self._maker)))
            self._detail = {}
        out.append(Close(self.front))
        self._kind = None
        self.text_open = False

    def whole(self, part: Part, out: list[Event]) -> None:
        """A block that is not streamed."""
        self.close(out)
        index = self.new()
        out += [Open(index, part), Close(index)]

    def think(self, delta: Delta, out: list[Event]) -> None:
        """Thinking, from whichever member holds it. A piece told twice (OpenRouter) is taken once."""
        told = self._details(delta.reasoning_details, out) if delta.reasoning_details else False
        plain = delta.reasoning_content or delta.reasoning
        if plain and not told:
            self._more("thinking", plain, out)

    def parts(self, content: Sequence[Any], out: list[Event]) -> None:
        """A delta's content as a list of parts (Mistral)."""
        for value in content:
            part = mapping(value)
            kind = part.get("type")
            if isinstance(value, str) or kind == "text":
                self.text(value if isinstance(value, str) else said(part, "text"), out)
            elif kind == "thinking":
                self._more("thinking", text_of(part.get("thinking")), out)
            elif kind == "reference":
                self._cite([reference(part)], out)
            elif (other := read_part(part)) is not None:
                self.whole(other, out)

    def annotate(self, annotations: Sequence[Any], out: list[Event]) -> None:
        self._cite(read_annotations(annotations), out)

    def others(self, delta: Delta, out: list[Event]) -> None:
        """Pictures at once; sound and the tools a vendor ran when they are whole."""
        for part in read_content(delta.images):
            self.whole(part, out)
        if delta.audio:
            self.text(said(delta.audio, "transcript"), out)
            self._sound.append(said(delta.audio, "data"))
            self._audio |= {name: value for name, value in delta.audio.items() if name not in ("data", "transcript")}
        for value in delta.executed_tools or ():
            tool = mapping(value)
            self._executed[tool.get("index")] = tool

    def finish(self, sources: Sequence[Citation], out: list[Event]) -> None:
        """sources: what the whole answer rests on, where the text has no citations of its own."""
        if not self._cited:
            self._cite(sources, out)
        self.close(out)
        sound = "".join(self._sound)
        if sound:
            self.whole(spoken({**self._audio, "data": sound}, sound), out)
        for part in executed(list(self._executed.values())):
            self.whole(part, out)

    def _more(self, kind: _Kind, text: str, out: list[Event]) -> None:
        if not text:
            return
        if self._kind != kind:
            self._begin(kind, out)
        out.append(More(self.front, text))

    def _begin(self, kind: _Kind, out: list[Event]) -> None:
        self.close(out)
        self.front = self.new()
        self._kind = kind
        self.text_open = kind == "text"
        out.append(Open(self.front, _EMPTY[kind]))

    def _cite(self, citations: Sequence[Citation], out: list[Event]) -> None:
        if self.text_open and citations:
            self._cited = True
            out.extend(Cite(self.front, citation) for citation in citations)

    def _details(self, details: Sequence[Any], out: list[Event]) -> bool:
        """Whether there was text among them."""
        told = False
        for value in details:
            detail = mapping(value)
            kind = detail.get("type")
            if kind == SERVER_CALL:
                self.whole(server_call(detail), out)
            elif kind in ("reasoning.text", "reasoning.summary"):
                self._belongs(detail, out)
                text = detail_text(detail)
                told = told or bool(text)
                self._more("thinking", text, out)
            elif isinstance(kind, str):
                self.whole(Thinking("", token_of(detail, self._maker)), out)
        return told

    def _belongs(self, detail: Wire, out: list[Event]) -> None:
        """Open the block this piece belongs to, and keep what it says beside its text."""
        known, index = self._detail.get("index"), detail.get("index")
        if self._kind != "thinking" or (self._detail and index is not None and index != known):
            self._begin("thinking", out)
        self._detail |= {name: value for name, value in detail.items() if value is not None or name not in self._detail}
        self._detail.pop("text", None)
        self._detail.pop("summary", None)

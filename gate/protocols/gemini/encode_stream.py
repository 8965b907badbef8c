"""Writes a streamGenerateContent stream for a client: every event an answer of its own, as Gemini sends them.

Texts and thoughts go out as they come; calls go out whole; the last event has the finish reason. Counts, model and id
stand in every event. A thought's token comes in a part of its own after its words.
"""

from collections.abc import Sequence

from gate.core.dialect import Dialect
from gate.core.errors import GateError
from gate.core.loss import Feature, Loss, LossAction
from gate.core.usage import NOT_REPORTED, Usage
from gate.protocols.canonical.answer import Cite, Close, Counted, Delta, Done, Event, Finish, Open, Sign, Start
from gate.protocols.canonical.parts import (
    Citation,
    Foreign,
    Media,
    Opaque,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Wire,
)
from gate.protocols.canonical.request import Request
from gate.protocols.gemini.decode_stream import CANDIDATE
from gate.protocols.gemini.encode_parts import function_call, thought
from gate.protocols.gemini.errors import error_event
from gate.protocols.gemini.grounding import write_grounding
from gate.protocols.gemini.media import write_media
from gate.protocols.gemini.thoughts import FOREIGN_CALL, VENDOR, write_token
from gate.protocols.gemini.usage import write_usage
from gate.protocols.gemini.words import word_of
from gate.protocols.sse import make_event
from gate.protocols.translation import Mint


class GeminiEncoder:
    """See `gate.protocols.translation.StreamEncoder`."""

    def __init__(self, request: Request, mint: Mint) -> None:
        self._beside: dict[str, object] = {"modelVersion": request.model, "responseId": mint.token}
        self._counts: Wire | None = None
        self._usage: Usage = NOT_REPORTED
        self._part: Part | None = None
        self._pieces: list[str] = []
        self._opaque: Opaque | None = None
        self._worded = False
        self._called = False
        self._said = 0
        self._extras: dict[str, object] = {}
        self._cited: list[Citation] = []
        self._text: list[str] = []
        self._finish: Finish | None = None
        self._losses: list[Loss] = []

    @property
    def losses(self) -> Sequence[Loss]:
        return self._losses

    def encode(self, events: Sequence[Event]) -> bytes:
        out: list[bytes] = []
        for event in events:
            for candidate in self.candidates(event):
                out.append(make_event(None, self.chunk(candidate)))
        return b"".join(out)

    def chunk(self, candidate: Wire) -> dict[str, object]:
        """An event, or a whole answer, with this candidate."""
        chunk: dict[str, object] = {"candidates": [candidate]}
        if self._counts is not None:
            chunk["usageMetadata"] = self._counts
        return chunk | self._beside

    def candidates(self, event: Event) -> Sequence[Wire]:
        """What one event adds, as candidates."""
        match event:
            case Delta():
                return self._delta(event.text)
            case Open():
                return self._opened(event.part)
            case Close():
                part, self._part = self._part, None
                return [_candidate([made]) for made in self._closed(part)]
            case Sign():
                self._opaque = event.opaque
            case Cite():
                self._cited.append(event.citation)
            case Start():
                self._started(event)
            case Counted():
                self._count(event.usage)
            case Finish():
                self._finish = event
            case Done():
                return [self._last([{"text": ""}])]
            case _:
                pass
        return ()

    def _started(self, event: Start) -> None:
        if event.model is not None:
            self._beside["modelVersion"] = event.model
        if event.id is not None:
            self._beside["responseId"] = event.id
        self._count(event.usage)

    def _count(self, usage: Usage) -> None:
        if usage != self._usage:
            self._usage, self._counts = usage, write_usage(usage)

    def _opened(self, part: Part) -> Sequence[Wire]:
        self._part = part
        self._opaque = part.opaque if isinstance(part, Thinking) else None
        self._pieces.clear()
        self._worded = False
        self._said += 1
        return self._delta(part.text) if isinstance(part, Text | Refusal | Thinking) and part.text else ()

    def _delta(self, text: str) -> Sequence[Wire]:
        if isinstance(self._part, ToolCall):
            self._pieces.append(text)
            return ()
        if not text:
            return ()
        if isinstance(self._part, Thinking):
            self._worded = True
            return (_candidate([thought(text, "")]),)
        self._text.append(text)
        return (_candidate([{"text": text}]),)

    def _closed(self, part: Part | None) -> Sequence[Wire]:
        """What is only known now."""
        match part:
            case Thinking():
                return _signed(self._opaque, worded=self._worded)
            case ToolCall():
                return (self._call(part),)
            case Media():
                made = write_media(part)
                if made is None:
                    self._lose(Feature.OTHER, LossAction.DROPPED)
                return () if made is None else (made,)
            case Foreign():
                return self._foreign(part)
            case ToolResult():
                self._lose(Feature.SERVER_TOOLS, LossAction.DROPPED)
                return ()
            case _:
                return ()

    def _call(self, part: ToolCall) -> Wire:
        whole = ToolCall(part.id, part.name, part.arguments + "".join(self._pieces), opaque=part.opaque or self._opaque)
        made = function_call(whole, self._path, self._losses, None)
        if not self._called:
            # The client keeps it, so that its session may go on with a Gemini model.
            made.setdefault("thoughtSignature", FOREIGN_CALL)
        self._called = True
        return made

    def _foreign(self, part: Foreign) -> Sequence[Wire]:
        if part.dialect is Dialect.GEMINI:
            if part.kind != CANDIDATE:
                return (part.raw,)
            self._extras |= part.raw
            return ()
        # Its plain reading would stand among the words of the model.
        self._lose(Feature.SERVER_TOOLS if part.server else Feature.OTHER, LossAction.DROPPED)
        return ()

    def _last(self, parts: list[Wire]) -> Wire:
        """The candidate that ends the answer."""
        extras = self._extras
        if self._cited and "groundingMetadata" not in extras and "citationMetadata" not in extras:
            grounding = write_grounding(self._cited, "".join(self._text))
            extras = extras if grounding is None else {**extras, "groundingMetadata": grounding}
            lost = sum(citation.url is None for citation in self._cited)
            self._losses += [Loss(Feature.CITATIONS, "citations", LossAction.DROPPED)] * min(lost, 1)
        end = self._finish
        word = word_of(None, None) if end is None else word_of(end.stop, end.word)
        return {**_candidate(parts), "finishReason": word, **extras}

    @property
    def _path(self) -> str:
        return f"content[{self._said - 1}]"

    def _lose(self, feature: Feature, action: LossAction) -> None:
        self._losses.append(Loss(feature, self._path, action))

    def error_event(self, error: GateError) -> bytes:
        return error_event(error)


def _candidate(parts: list[Wire]) -> dict[str, object]:
    return {"content": {"parts": parts, "role": "model"}, "index": 0}


def _signed(opaque: Opaque | None, *, worded: bool) -> Sequence[Wire]:
    """The part that holds a thought's token. Google's own, of a thought without words, is that of the text before."""
    token = "" if opaque is None else write_token(opaque)
    if not token or opaque is None:
        return ()
    of_text = opaque.origin == VENDOR and not worded
    return ({"text": "", "thoughtSignature": token} if of_text else thought("", token),)

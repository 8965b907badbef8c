"""Reads a streamGenerateContent stream, and whole answers, which are streams of one chunk.

What is particular about it (ai.google.dev/api/generate-content, google-genai 3.4.0): texts come in pieces without a
sign where one ends; calls come whole, with or without an id; the signature of a text comes with its last, often empty,
piece; counts come with every chunk and replace the earlier ones; older models repeat `finishReason` in each chunk, so
only the end of the stream ends the answer.
"""

import msgspec

from gate.core.dialect import Dialect
from gate.core.failure import Failure, FailureKind
from gate.core.usage import NOT_REPORTED, Usage
from gate.protocols.canonical.answer import (
    Cite,
    Close,
    Counted,
    Delta,
    Done,
    Event,
    Failed,
    Finish,
    Open,
    Sign,
    Start,
    Stop,
)
from gate.protocols.canonical.parts import Foreign, Opaque, Part, Text, Thinking, ToolCall, Wire
from gate.protocols.classify import in_band
from gate.protocols.fields import decoded, mapping
from gate.protocols.gemini.decode_content import foreign_part, written
from gate.protocols.gemini.grounding import EXTRAS, read_citations
from gate.protocols.gemini.media import read_media
from gate.protocols.gemini.names import object_of, objects, text_of
from gate.protocols.gemini.thoughts import KIND
from gate.protocols.gemini.usage import read_usage
from gate.protocols.gemini.words import stop_of
from gate.protocols.splice import mend_surrogates
from gate.protocols.sse import iter_events

_FEW = 2
"""`content` and `index`: all that most candidates of a stream have."""
CANDIDATE = "candidate"
"""The kind of the block that keeps what a candidate says beside its content."""


class GeminiDecoder:
    """See `gate.protocols.translation.StreamDecoder`."""

    def __init__(self, vendor: str) -> None:
        self._vendor = vendor
        self._next = 0
        self._started = False
        self._over = False
        # The block under way: a text or a thought, where it stands and what it said.
        self._open: Text | Thinking | None = None
        self._said: list[str] = []
        # Of a text, told when the block is over.
        self._token: str | None = None
        self._extras: dict[str, object] = {}
        self._usage: Usage = NOT_REPORTED
        self._counts: object = None
        self._word: str | None = None
        self._blocked: str | None = None
        self._calls = False

    def feed(self, events: bytes) -> list[Event]:
        out: list[Event] = []
        for _, data in iter_events(events):
            value = decoded(data)
            if value is None:
                value = decoded(mend_surrogates(data))
            self.chunk(mapping(value), out)
        return out

    def chunk(self, value: Wire, out: list[Event]) -> None:
        """One decoded chunk."""
        if self._over or not value:
            return
        error = value.get("error")
        if error is not None:
            self._over = True
            message = text_of(mapping(error), "message") or ""
            out.append(Failed(in_band(error), message))
            return
        counts = value.get("usageMetadata")
        if counts is not None and counts != self._counts:
            self._counts, self._usage = counts, read_usage(counts)
            if self._started:
                out.append(Counted(self._usage))
        if not self._started:
            self._started = True
            out.append(Start(text_of(value, "responseId"), text_of(value, "modelVersion"), usage=self._usage))
        if "promptFeedback" in value:
            self._blocked = text_of(mapping(value["promptFeedback"]), "blockReason") or self._blocked
        for candidate in objects(value.get("candidates")):
            if not candidate.get("index"):  # the first one counts
                self._candidate(candidate, out)

    def _candidate(self, candidate: Wire, out: list[Event]) -> None:
        for part in objects(mapping(candidate.get("content")).get("parts")):
            self._part(part, out)
        if len(candidate) > _FEW:
            self._extras |= {name: candidate[name] for name in EXTRAS if candidate.get(name) is not None}
        word = candidate.get("finishReason")
        if isinstance(word, str) and word:
            self._word = word

    def _part(self, part: Wire, out: list[Event]) -> None:
        text = part.get("text")
        token = part.get("thoughtSignature")
        token = token if isinstance(token, str) else None
        if isinstance(text, str):
            if part.get("thought") is True:
                self._thought(text, token, out)
            else:
                self._text(text, token, out)
            return
        call = object_of(part, "functionCall")
        if call:
            self._call(call, token, out)
            return
        block: Part | None = read_media(part, part) or foreign_part(part)
        if block is not None:
            self._whole(block, out)
        if not isinstance(block, Foreign):  # which keeps its own
            self._token = token or self._token

    def _text(self, text: str, token: str | None, out: list[Event]) -> None:
        if text:
            if not isinstance(self._open, Text) or self._token is not None:
                self._close(out)
                self._begin(Text(""), out)
            self._said.append(text)
            out.append(Delta(self._next, text))
        self._token = token or self._token

    def _thought(self, text: str, token: str | None, out: list[Event]) -> None:
        if text or token:
            if not isinstance(self._open, Thinking):
                self._close(out)
                self._begin(Thinking(), out)
            if text:
                out.append(Delta(self._next, text))
        if token:
            self._token = token
            self._close(out)

    def _call(self, call: Wire, token: str | None, out: list[Event]) -> None:
        opaque = None if token is None else Opaque(self._vendor, KIND, token)
        arguments = written(call.get("args") or {})
        self._calls = True
        made = ToolCall(text_of(call, "id") or "", text_of(call, "name") or "", opaque=opaque)
        self._close(out)
        out += (Open(self._next, made), Delta(self._next, arguments), Close(self._next))
        self._next += 1

    def _whole(self, block: Part, out: list[Event]) -> None:
        self._close(out)
        out += (Open(self._next, block), Close(self._next))
        self._next += 1

    def _begin(self, part: Text | Thinking, out: list[Event]) -> None:
        self._open = part
        self._said.clear()
        out.append(Open(self._next, part))

    def _close(self, out: list[Event]) -> None:
        """End the block under way. A thought is always signed, without data where the model gave none: so whoever gets
        it back knows who made it. The signature of anything else is a thought without words."""
        token, self._token = self._token, None
        if isinstance(self._open, Thinking):
            out.append(Sign(self._next, Opaque(self._vendor, KIND, token or "")))
            token = None
        if self._open is not None:
            out.append(Close(self._next))
            self._next += 1
            self._open = None
        if token is not None:
            out += (Open(self._next, Thinking()), Sign(self._next, Opaque(self._vendor, KIND, token)))
            out.append(Close(self._next))
            self._next += 1

    def finish(self) -> list[Event]:
        if self._over:
            return []
        self._over = True
        out: list[Event] = []
        word = self._word or self._blocked
        if word is None:
            why = Failure(FailureKind.TRUNCATED_STREAM, "the upstream's stream ended without a finish reason")
            return [Failed(why)]
        if isinstance(self._open, Text):
            citations = read_citations(self._extras, "".join(self._said))
            out += [Cite(self._next, citation) for citation in citations]
        self._close(out)
        if self._extras:
            self._whole(Foreign(Dialect.GEMINI, CANDIDATE, self._extras, server=True), out)
        stop = stop_of(word, calls=self._calls) if self._word else Stop.REFUSAL
        out += (Counted(self._usage), Finish(stop, word), Done())
        return out


def decode_whole(body: bytes, vendor: str) -> list[Event]:
    """The events of a whole answer, or of the array of chunks that is a stream without `alt=sse`. Raises ValueError
    when it is none."""
    try:
        value: object = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        value = decoded(mend_surrogates(body))
    decoder = GeminiDecoder(vendor)
    out: list[Event] = []
    for chunk in objects(value):
        decoder.chunk(chunk, out)
    out += decoder.finish()
    if not isinstance(out[-1], Done):
        raise ValueError("not a whole answer")
    return out

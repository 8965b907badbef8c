"""A chat stream as canonical events. https://platform.openai.com/docs/api-reference/chat-streaming

Thinking, text and refusal are open one at a time; calls stay open until the end, because parallel ones interleave. The
end is told at `[DONE]`, or at the close of the connection after a finish reason: usage, and with some servers content,
still comes after the finish reason. Comments (`: OPENROUTER PROCESSING`) and what is no JSON object say nothing.
"""

import msgspec

from gate.core.failure import Failure, FailureKind
from gate.core.usage import NOT_REPORTED
from gate.protocols.canonical.answer import Counted, Done, Event, Failed, Finish, Start
from gate.protocols.canonical.answer import Delta as More
from gate.protocols.canonical.parts import Citation
from gate.protocols.classify import in_band
from gate.protocols.error_words import read_words
from gate.protocols.openai_chat.blocks import Blocks
from gate.protocols.openai_chat.chunk import Choice, Chunk, Delta, read_chunk
from gate.protocols.openai_chat.citations import read_sources
from gate.protocols.openai_chat.stream_calls import Calls
from gate.protocols.openai_chat.usage import read_usage
from gate.protocols.openai_chat.words import UNSAID, stop_of
from gate.protocols.sse import parse_event, split_events

_DATA = b"data: {"


class ChatStreamDecoder:
    """See `gate.protocols.translation.StreamDecoder`. vendor: who made the opaque tokens in it."""

    def __init__(self, vendor: str) -> None:
        self._blocks = Blocks(vendor)
        self._calls = Calls(self._blocks)
        self._first: int | None = None
        self._started = False
        self._over = False
        self._word: str | None = None
        self._native: str | None = None
        self._met: str | None = None
        self._usage = NOT_REPORTED
        self._sources: list[Citation] = []

    def feed(self, events: bytes) -> list[Event]:
        """See `gate.protocols.translation.StreamDecoder`."""
        out: list[Event] = []
        for event in split_events(events):
            if self._over:
                break
            if event.startswith(_DATA) and event.count(b"\n") == 2:
                self._take(event[6:], out)
            elif (parsed := parse_event(event)) is not None:
                self._take(parsed[1], out)
        return out

    def finish(self) -> list[Event]:
        """See `gate.protocols.translation.StreamDecoder`."""
        out: list[Event] = []
        if not self._over:
            if self._word is not None:
                self._end(out)
            else:
                self._truncated(out)
        return out

    def _take(self, data: bytes, out: list[Event]) -> None:
        chunk = read_chunk(data)
        if chunk is None:
            if data.strip() == b"[DONE]":
                # Of a stream that said nothing the marker makes no answer.
                if self._blocks.used or self._word is not None:
                    self._end(out)
                else:
                    self._truncated(out)
            return
        if chunk.choices:
            if not self._started:
                self._start(chunk, out)
            for choice in chunk.choices:
                self._choice(choice, out)
                if self._over:
                    return
        if chunk.usage is not None or chunk.x_groq is not None:
            self._count(chunk, out)
        if (failure := chunk.failure) is not None:
            self._fail(failure, out)
        elif chunk.citations or chunk.search_results:
            self._sources = read_sources({"citations": chunk.citations, "search_results": chunk.search_results})

    def _start(self, chunk: Chunk, out: list[Event]) -> None:
        self._started = True
        out.append(Start(chunk.id or None, chunk.model or None, chunk.created))

    def _count(self, chunk: Chunk, out: list[Event]) -> None:
        groq = chunk.x_groq or {}
        if isinstance(groq.get("error"), str):
            self._fail({"message": groq["error"]}, out)
            return
        usage = read_usage(chunk.usage or groq.get("usage"))
        if usage != NOT_REPORTED and usage != self._usage:
            if not self._started:
                self._start(chunk, out)
            self._usage = usage
            out.append(Counted(usage))

    def _choice(self, choice: Choice, out: list[Event]) -> None:
        if self._first is None:
            self._first = choice.index
        if choice.index != self._first:
            return
        delta = choice.delta or choice.message
        if delta is not None:
            # Most chunks of most streams: more text of the block that is open.
            text = delta.content
            if isinstance(text, str) and text and self._blocks.text_open and _only_text(delta):
                out.append(More(self._blocks.front, text))
            else:
                self._delta(delta, out)
        if choice.finish_reason is not None and choice.finish_reason not in UNSAID:
            self._word = choice.finish_reason
            self._native = choice.native_finish_reason
            self._met = choice.stop_reason if isinstance(choice.stop_reason, str) else None
        if choice.error is not None:
            self._fail(choice.error, out)

    def _delta(self, delta: Delta, out: list[Event]) -> None:
        blocks = self._blocks
        blocks.think(delta, out)
        if isinstance(delta.content, str):
            if delta.content:
                blocks.text(delta.content, out)
        elif delta.content:
            blocks.parts(delta.content, out)
        if delta.annotations:
            blocks.annotate(delta.annotations, out)
        if delta.refusal:
            blocks.refuse(delta.refusal, out)
        if delta.images or delta.audio or delta.executed_tools:
            blocks.others(delta, out)
        for call in delta.tool_calls or ():
            self._calls.take(call, out)
        if delta.function_call is not None:
            self._calls.old(delta.function_call, out)

    def _end(self, out: list[Event]) -> None:
        self._over = True
        if self._word == "error":
            out.append(Failed(Failure(FailureKind.STREAM_ERROR, "the upstream ended its stream with an error")))
            return
        if not self._started:
            out.append(Start(None, None))
        self._blocks.finish(self._sources, out)
        self._calls.finish(out)
        word = "stop_sequence" if self._word == "stop" and self._met is not None else self._word
        stop = stop_of(word, self._native, called=self._calls.any)
        out += [Finish(stop, self._word, self._met), Done()]

    def _truncated(self, out: list[Event]) -> None:
        self._over = True
        out.append(Failed(Failure(FailureKind.TRUNCATED_STREAM, "the upstream's stream ended without a finish reason")))

    def _fail(self, error: dict[str, object], out: list[Event]) -> None:
        self._over = True
        out.append(Failed(in_band(error), read_words(msgspec.json.encode(error)).message))


def _only_text(delta: Delta) -> bool:
    return not (
        delta.tool_calls
        or delta.reasoning_content
        or delta.reasoning
        or delta.reasoning_details
        or delta.refusal
        or delta.function_call
        or delta.annotations
        or delta.images
        or delta.audio
        or delta.executed_tools
    )

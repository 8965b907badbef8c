"""A stream as chat chunks. https://platform.openai.com/docs/api-reference/chat-streaming

Order: the role, then deltas, a chunk with the finish reason, the usage alone if it was asked for, `[DONE]`. The id, the
time and the model are the same in every chunk. Where usage was asked for the other chunks say `"usage": null`, as
OpenAI's do.
"""

from collections.abc import Sequence

import msgspec

from gate.core.errors import GateError
from gate.core.loss import Feature, Loss, LossAction
from gate.core.usage import NOT_REPORTED
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
)
from gate.protocols.canonical.parts import CallKind, Part, Refusal, Text, Thinking, ToolCall
from gate.protocols.canonical.request import Request
from gate.protocols.openai_chat.client_parts import THINKING, annotation, call_head, whole_part
from gate.protocols.openai_chat.decode_tools import legacy
from gate.protocols.openai_chat.usage import write_usage
from gate.protocols.openai_chat.words import finish_of
from gate.protocols.openai_errors import error_body
from gate.protocols.sse import make_event
from gate.protocols.translation import Mint

_DONE = b"data: [DONE]\n\n"
_encode = msgspec.json.encode


class ChatStreamEncoder:
    """See `gate.protocols.translation.StreamEncoder`."""

    def __init__(self, request: Request, mint: Mint) -> None:
        self._mint = mint
        self._model = request.model
        self._wants_usage = request.include_usage
        self._old = legacy(request.tools)
        self._usage = NOT_REPORTED
        self._head = b""
        self._tail = b""
        # Of the open block: its part, the bytes around a piece of it, and whether a piece has come.
        self._part: Part | None = None
        self._before = b""
        self._after = b""
        self._said = False
        # What separates this thinking from the one before, as in a whole answer.
        self._gap = ""
        self._thought = False
        self._place = 0
        self._calls = 0
        # Characters of text so far, and where the open text begins.
        self._length = 0
        self._begins = 0
        self._losses: list[Loss] = []

    @property
    def losses(self) -> Sequence[Loss]:
        """See `gate.protocols.translation.StreamEncoder`."""
        return self._losses

    def encode(self, events: Sequence[Event]) -> bytes:
        """See `gate.protocols.translation.StreamEncoder`."""
        out: list[bytes] = []
        for event in events:
            if isinstance(event, Delta):
                self._more(event.text, out)
            else:
                self._one(event, out)
        return b"".join(out)

    def error_event(self, error: GateError) -> bytes:
        """See `gate.protocols.translation.StreamEncoder`. No `[DONE]` after it: a client that does not know the error
        chunk would take the answer for whole."""
        return make_event(None, {"error": error_body(error)})

    def _more(self, text: str, out: list[bytes]) -> None:
        if not text or not self._before:
            return
        self._said = True
        if isinstance(self._part, Text):
            self._length += len(text)
        elif self._gap:
            text, self._gap = self._gap + text, ""
        out += (self._before, _encode(text), self._after)

    def _one(self, event: Event, out: list[bytes]) -> None:
        match event:
            case Start():
                self._start(event, out)
            case Open():
                self._open(event.part, out)
            case Close():
                self._close(out)
            case Cite():
                self._cite(event, out)
            case Sign():
                # The text is told, what proves it is not.
                if isinstance(self._part, Thinking):
                    self._lose(Feature.THINKING, LossAction.APPROXIMATED if self._said else LossAction.DROPPED)
            case Counted():
                self._usage = event.usage
            case Finish():
                out.append(self._chunk({}, finish_of(event.stop, legacy=self._old)))
            case Done():
                self._done(out)
            case Delta() | Failed():
                pass

    def _start(self, event: Start, out: list[bytes]) -> None:
        self._usage = event.usage
        head: dict[str, object] = {
            "id": event.id or f"chatcmpl-{self._mint.token}",
            "object": "chat.completion.chunk",
            "created": event.created or self._mint.now,
            "model": event.model or self._model,
        }
        self._head = b"data: " + _encode(head)[:-1]
        self._tail = b',"usage":null}\n\n' if self._wants_usage else b"}\n\n"
        out.append(self._chunk({"role": "assistant", "content": "", "refusal": None}))

    def _chunk(self, delta: object, finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return b"".join((self._head, b',"choices":[', _encode(choice), b"]", self._tail))

    def _open(self, part: Part, out: list[bytes]) -> None:
        self._part, self._said = part, False
        match part:
            case Text():
                self._begins = self._length
                self._pieces(b'{"content":', b"}")
                self._more(part.text, out)
            case Refusal():
                self._pieces(b'{"refusal":', b"}")
                self._more(part.text, out)
            case Thinking():
                self._pieces(b'{"' + THINKING.encode() + b'":', b"}")
                self._gap = "\n\n" if self._thought else ""
                self._more(part.text, out)
                if part.opaque is not None:
                    self._lose(Feature.THINKING, LossAction.APPROXIMATED if part.text else LossAction.DROPPED)
            case ToolCall():
                self._call(part, out)
            case _:
                made = whole_part(part, self._path(), self._mint.token, self._mint.now)
                if isinstance(made, Loss):
                    self._losses.append(made)
                else:
                    name, value = made
                    out.append(self._chunk({name: value}))

    def _pieces(self, before: bytes, after: bytes) -> None:
        """The bytes around each piece of the open block, made once."""
        self._before = self._head + b',"choices":[{"index":0,"delta":' + before
        self._after = after + b',"logprobs":null,"finish_reason":null}]' + self._tail

    def _call(self, call: ToolCall, out: list[bytes]) -> None:
        at = self._calls
        self._calls += 1
        if self._old:
            if at:
                self._lose(Feature.OTHER, LossAction.DROPPED)
                return
            out.append(self._chunk({"function_call": {"name": call.name, "arguments": ""}}))
            self._pieces(b'{"function_call":{"arguments":', b"}}")
        else:
            member = b'"custom":{"input":' if call.kind is CallKind.CUSTOM else b'"function":{"arguments":'
            out.append(self._chunk({"tool_calls": [{"index": at, **call_head(call, "")}]}))
            self._pieces(b'{"tool_calls":[{"index":%d,%b' % (at, member), b"}}]}")
        self._more(call.arguments, out)

    def _close(self, out: list[bytes]) -> None:
        part = self._part
        self._thought = self._thought or (isinstance(part, Thinking) and self._said)
        self._gap = ""
        if isinstance(part, ToolCall) and part.kind is not CallKind.CUSTOM and not self._said:
            self._more("{}", out)  # clients parse the arguments
        self._part, self._before = None, b""
        self._place += 1

    def _cite(self, event: Cite, out: list[bytes]) -> None:
        made = annotation(event.citation, self._begins, self._length, self._path())
        if isinstance(made, Loss):
            self._losses.append(made)
        else:
            out.append(self._chunk({"annotations": [made]}))

    def _done(self, out: list[bytes]) -> None:
        usage = write_usage(self._usage)
        if self._wants_usage and usage is not None:
            out += (self._head, b',"choices":[],"usage":', _encode(usage), b"}\n\n")
        out.append(_DONE)

    def _path(self) -> str:
        return f"content[{self._place}]"

    def _lose(self, feature: Feature, action: LossAction) -> None:
        self._losses.append(Loss(feature, self._path(), action))

"""An answer in canonical form: whole, or as the events of a stream."""

from enum import StrEnum

import msgspec

from gate.core.failure import Failure
from gate.core.usage import NOT_REPORTED, Usage
from gate.protocols.canonical.parts import Citation, Opaque, Part, Wire


class Stop(StrEnum):
    """Why an answer ended. An answer with tool calls that ended normally is `tool_use`, whatever its vendor calls
    it."""

    END = "end"
    MAX_TOKENS = "max_tokens"
    STOP_SEQUENCE = "stop_sequence"
    TOOL_USE = "tool_use"
    PAUSE = "pause"
    REFUSAL = "refusal"
    CONTEXT_FULL = "context_full"
    OTHER = "other"


class Response(msgspec.Struct, frozen=True, gc=False):
    """A whole answer. id, model: as the upstream gave them, None when it did not. created: seconds since 1970.
    stop_word: the vendor's own word for `stop`. stop_sequence: the one that was met."""

    id: str | None
    model: str | None
    parts: tuple[Part, ...]
    stop: Stop | None
    usage: Usage = NOT_REPORTED
    created: int | None = None
    stop_word: str | None = None
    stop_sequence: str | None = None
    raw: Wire | None = None
    """Members of the answer beside its parts that only its own dialect knows."""


class Start(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The first event, once. usage: what is known of it at the start."""

    id: str | None
    model: str | None
    created: int | None = None
    usage: Usage = NOT_REPORTED


class Open(msgspec.Struct, frozen=True, gc=False, tag=True):
    """A block begins. index: names it until it is closed; any numbers, each used once. part: its kind and what is known
    at its start (the id and name of a call); its text and arguments are empty and come as deltas. Blocks that are never
    streamed (Foreign, Media) come whole."""

    index: int
    part: Part


class Delta(msgspec.Struct, frozen=True, gc=False, tag=True):
    """More text of a Text, Refusal or Thinking, or more of a call's arguments."""

    index: int
    text: str


class Cite(msgspec.Struct, frozen=True, gc=False, tag=True):
    """A citation for the Text block."""

    index: int
    citation: Citation


class Sign(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The opaque token of a Thinking or ToolCall that became known only now. Comes before the block closes."""

    index: int
    opaque: Opaque


class Close(msgspec.Struct, frozen=True, gc=False, tag=True):
    index: int


class Counted(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Usage so far; replaces what was told before."""

    usage: Usage


class Finish(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Why it ended, after every block is closed; once. A `Counted` may still follow."""

    stop: Stop
    word: str | None = None
    sequence: str | None = None
    raw: Wire | None = None


class Failed(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The upstream reported an error inside the stream. message: its own words, possibly empty. Nothing follows."""

    failure: Failure
    message: str = ""


class Done(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The stream is whole. Nothing follows."""


Event = Start | Open | Delta | Cite | Sign | Close | Counted | Finish | Failed | Done

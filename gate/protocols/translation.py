"""What a dialect has beside its `Codec` so that it can be translated: decoders to and encoders from the canonical form.

Sans-IO and pure. Times, ids and models come in as values. A dialect's package has a `TRANSLATOR` object beside its
`CODEC`; `gate.protocols.registry` finds both. Request encoders return the losses; answers' encoders collect theirs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from gate.core.dialect import Dialect
from gate.core.errors import GateError
from gate.core.loss import Loss, LossAction, Use
from gate.core.profile import NO_QUIRKS, Quirks
from gate.protocols.canonical.answer import Event, Response
from gate.protocols.canonical.request import Request, ToolKind


@dataclass(frozen=True, slots=True)
class Aim:
    """Whom a request is encoded for.

    model: the name sent upstream. vendor: whose opaque tokens it reads. max_output_tokens: what the model can give at
    most, None = unknown; used where a dialect demands a limit and the client gave none. thinks: whether the model can
    think, None = unknown.
    """

    model: str
    vendor: str
    quirks: Quirks = NO_QUIRKS
    max_output_tokens: int | None = None
    thinks: bool | None = None


@dataclass(frozen=True, slots=True)
class Encoded:
    """A request for an upstream, with everything that was lost on the way."""

    body: bytes
    losses: tuple[Loss, ...] = ()


@dataclass(frozen=True, slots=True)
class Mint:
    """What an answer needs that the upstream may not have given. token: hex digits, new for every request. now: seconds
    since 1970."""

    token: str
    now: int


@dataclass(frozen=True, slots=True)
class ToolRules:
    """What tools a dialect knows, and how it spells them.

    kinds: tool kinds it has of its own; the others are emulated or lost before an encoder sees them. namespaces: it has
    namespace tools. defers: it can load a tool's schema later. name: pattern of a tool's name (whole). call_id: pattern
    of a call's id (whole). keeps_signature: a call itself can carry a thought signature. takes_signature: in requests
    it can, though clients of the dialect do not keep it.
    """

    kinds: frozenset[ToolKind]
    name: str
    call_id: str
    namespaces: bool = False
    defers: bool = False
    keeps_signature: bool = False
    takes_signature: bool = False


class StreamDecoder(Protocol):
    """Reads one upstream stream. Never raises on what an upstream sends.

    The events it yields are well formed: one `Start` first; every `Delta`, `Cite` and `Sign` between its block's `Open`
    and `Close`; every block closed before `Finish`; then at most `Counted`s; then `Done`. Blocks may be open at the
    same time. A stream the upstream broke ends with `Failed` instead, at any point, blocks left open.
    """

    def feed(self, events: bytes) -> list[Event]:
        """events: one or more whole SSE events (each with its terminating blank line)."""
        ...

    def finish(self) -> list[Event]:
        """The upstream closed: what completes the stream (`Close`, `Finish`, `Done`) where only the end marker is
        missing, or `Failed` with `truncated_stream`. Nothing when `Done` or `Failed` was told already."""
        ...


class StreamEncoder(Protocol):
    """Writes one client stream. Gets well-formed events of which only one block is open at a time (see
    `canonical.sequence`)."""

    def encode(self, events: Sequence[Event]) -> bytes:
        """Whole SSE events, empty when there is nothing to say yet. `Failed` is never among them: see `error_event`."""
        ...

    def error_event(self, error: GateError) -> bytes:
        """The dialect's in-band error, continuing what was written so far (same id, next sequence number)."""
        ...

    @property
    def losses(self) -> Sequence[Loss]:
        """What of the answer could not be carried, so far."""
        ...


class Translator(Protocol):
    """One dialect, as a client's and as an upstream's."""

    @property
    def dialect(self) -> Dialect: ...

    @property
    def cannot(self) -> Mapping[Use, LossAction]:
        """What it cannot carry of a request that came in another dialect. Total in this sense: every loss an encoder
        reports with an action that hurts is of a feature with a use in here (or in the provider's quirks), or of the
        features `sampling`, `parameters`, `tool_choice` and `other`."""
        ...

    @property
    def tools(self) -> ToolRules: ...

    def decode_request(self, body: bytes, *, model: str, stream: bool) -> Request:
        """A client's request. model, stream: as scanned (they are not in every dialect's body). Raises GateError
        (invalid_json, invalid_body, too_deep) with the member at fault, never its value."""
        ...

    def encode_request(self, request: Request, aim: Aim) -> Encoded:
        """The body for an upstream. A request that came in this very dialect keeps all its members and blocks (`raw`,
        `others`) except what Gate controls. Tools are prepared (`canonical.tools.prepare`): kinds, names and ids are
        ones the dialect takes."""
        ...

    def encode_count(self, request: Request, aim: Aim) -> Encoded | None:
        """The body for the dialect's token-counting endpoint, None when it has none."""
        ...

    def decode_count(self, body: bytes) -> int:
        """Input tokens. Raises ValueError."""
        ...

    def encode_count_answer(self, tokens: int) -> bytes:
        """The answer a client of this dialect expects from its counting endpoint."""
        ...

    def decode_answer(self, body: bytes, vendor: str, quirks: Quirks = NO_QUIRKS) -> Response:
        """A whole answer. vendor: who made the opaque tokens in it. Raises ValueError when it is none."""
        ...

    def encode_answer(self, response: Response, request: Request, mint: Mint) -> tuple[bytes, tuple[Loss, ...]]:
        """A whole answer for a client that sent `request` (in this dialect)."""
        ...

    def stream_decoder(self, vendor: str, quirks: Quirks = NO_QUIRKS) -> StreamDecoder: ...

    def stream_encoder(self, request: Request, mint: Mint) -> StreamEncoder: ...

"""One request and its answer between two dialects: everything translation does, put together. Pure.

    client's request -> canonical -> transformers -> tools in the target's terms -> upstream's body
    upstream's events -> canonical -> transformers -> tools in the client's terms -> one block at a time -> client's

A whole answer takes the same way as events and is folded again, so every case exists once.
"""

from collections.abc import Sequence
from dataclasses import replace

from msgspec import structs

from gate.core.errors import ErrorCode, GateError
from gate.core.loss import Feature, Loss, LossAction, Use
from gate.core.usage import NOT_REPORTED
from gate.protocols.canonical.answer import Counted, Delta, Done, Event, Failed, Finish, Open, Response, Start
from gate.protocols.canonical.events import events_of, folded
from gate.protocols.canonical.request import Request, ToolKind
from gate.protocols.canonical.restore import Restorer
from gate.protocols.canonical.sequence import Sequencer
from gate.protocols.canonical.tools import Names, prepare
from gate.protocols.codec import Answer, Piece
from gate.protocols.transformers.chain import NO_TRANSFORMERS, Transformers
from gate.protocols.translation import Aim, Encoded, Mint, ToolRules, Translator

_KINDS = {
    Use.CLIENT_TOOL: ToolKind.VENDOR,
    Use.WEB_SEARCH: ToolKind.WEB_SEARCH,
    Use.SERVER_TOOL: ToolKind.SERVER,
}
_ANYTHING = ToolRules(frozenset(ToolKind), r"[\s\S]*", r"[\s\S]*", namespaces=True, defers=True)
_OPENAI_TOOLS = frozenset({ToolKind.CUSTOM, ToolKind.SEARCH})


class Crossing:
    """One attempt. body: for the upstream. losses: of the request, and of as much of the answer as has come.

    client, upstream: the two dialects; they may be the same. request: as decoded from the client's dialect.
    """

    def __init__(
        self,
        client: Translator,
        upstream: Translator,
        request: Request,
        aim: Aim,
        mint: Mint,
        transformers: Transformers = NO_TRANSFORMERS,
        *,
        counting: bool = False,
    ) -> None:
        """counting: the body is for the upstream's token-counting endpoint. Raises GateError upstream_rejected when it
        has none."""
        self._client = client
        self._upstream = upstream
        self._request = request
        self._aim = aim
        self._mint = mint
        self._transformers = transformers
        own = client.dialect is upstream.dialect
        rules = _rules(upstream, aim, own=own)
        asked, clamped = transformers.request(request, aim), ()
        if not own:
            asked, clamped = _within_limit(asked, aim)
        prepared = prepare(asked, rules, aim.quirks.tool_id)
        self._names = prepared.names
        encoded = _encoded(upstream, prepared.request, aim, counting=counting)
        self.body = encoded.body
        self._losses = (*clamped, *prepared.losses, *encoded.losses)
        self._answer_losses: tuple[Loss, ...] = ()
        self._tap: TranslatedTap | None = None

    @property
    def losses(self) -> tuple[Loss, ...]:
        streamed = () if self._tap is None else self._tap.losses
        return (*self._losses, *self._answer_losses, *streamed)

    def tap(self) -> "TranslatedTap":
        """The way of a streamed answer."""
        self._tap = TranslatedTap(self._client, self._upstream, self._request, self._aim, self._mint, self._pipe())
        return self._tap

    def whole(self, body: bytes) -> tuple[Answer, bytes]:
        """The way of a whole answer: what was read of it, and what the client gets. Raises ValueError when the body is
        not an answer."""
        response = self._upstream.decode_answer(body, self._aim.vendor, self._aim.quirks)
        pipe = self._pipe()
        made = folded(pipe.feed(events_of(response)))
        out, self._answer_losses = self._client.encode_answer(made, self._request, self._mint)
        return _read(response), out

    def streamed(self, body: bytes) -> tuple[Answer, bytes]:
        """A whole answer for a client that asked for a stream. Raises ValueError like `whole`."""
        response = self._upstream.decode_answer(body, self._aim.vendor, self._aim.quirks)
        encoder = self._client.stream_encoder(self._request, self._mint)
        out = encoder.encode(self._pipe().feed(events_of(response)))
        self._answer_losses = tuple(encoder.losses)
        return _read(response), out

    def counted(self, body: bytes) -> tuple[Answer, bytes]:
        """The way of a token count. Raises ValueError."""
        tokens = self._upstream.decode_count(body)
        return Answer(input_tokens=tokens), self._client.encode_count_answer(tokens)

    def _pipe(self) -> "_Pipe":
        return _Pipe(self._transformers, self._names, self._client, self._mint)


def _within_limit(request: Request, aim: Aim) -> tuple[Request, tuple[Loss, ...]]:
    """No more output asked for than the model can give. Coding clients ask for all that their own model could give, and
    mean no more by it than that they do not want to be cut short."""
    most = aim.max_output_tokens
    if most is None or request.max_tokens is None or request.max_tokens <= most:
        return request, ()
    loss = Loss(Feature.PARAMETERS, "max_tokens", LossAction.APPROXIMATED)
    return structs.replace(request, max_tokens=most), (loss,)


def _rules(upstream: Translator, aim: Aim, *, own: bool) -> ToolRules:
    """Custom tools, tool search and namespaces are OpenAI's own; others who speak its dialects do not know them. In the
    client's own dialect everything stays as the client put it."""
    rules = upstream.tools
    if own:
        return replace(_ANYTHING, keeps_signature=rules.keeps_signature)
    refused = {_KINDS[use] for use in aim.quirks.cannot if use in _KINDS}
    openai = aim.vendor == "openai" or not (rules.kinds & _OPENAI_TOOLS or rules.namespaces)
    if openai:
        return replace(rules, kinds=rules.kinds - refused) if refused else rules
    return replace(rules, kinds=rules.kinds - _OPENAI_TOOLS - refused, namespaces=False, defers=False)


def _encoded(upstream: Translator, request: Request, aim: Aim, *, counting: bool) -> Encoded:
    if not counting:
        return upstream.encode_request(request, aim)
    encoded = upstream.encode_count(request, aim)
    if encoded is None:
        raise GateError(ErrorCode.UPSTREAM_REJECTED, f"{upstream.dialect.value} has no endpoint that counts tokens")
    return encoded


class _Pipe:
    """From the upstream's events to the client's, one block at a time."""

    def __init__(self, transformers: Transformers, names: Names, client: Translator, mint: Mint) -> None:
        self._hook = transformers.answer()
        self._restorer = Restorer(names, keeps_signature=client.tools.keeps_signature, token=mint.token)
        self._sequencer = Sequencer()

    def passes(self, delta: Delta) -> bool:
        """Whether a delta goes through as it is."""
        return self._hook is None and self._restorer.idle and self._sequencer.front == delta.index

    def feed(self, events: Sequence[Event]) -> Sequence[Event]:
        if self._hook is not None:
            events = self._hook.feed(events)
        return self._sequencer.feed(self._restorer.feed(events))


def _read(response: Response) -> Answer:
    return Answer(response.usage, _reasons(response.stop_word, response.stop), response.model, response.id)


def _reasons(word: str | None, stop: object) -> tuple[str, ...]:
    """The upstream's own word, like on the raw lane."""
    told = word or (str(stop) if stop is not None else None)
    return () if told is None else (told,)


class TranslatedTap:
    """A `gate.protocols.codec.StreamTap` whose client reads another dialect than its upstream writes."""

    def __init__(
        self, client: Translator, upstream: Translator, request: Request, aim: Aim, mint: Mint, pipe: _Pipe
    ) -> None:
        self._decoder = upstream.stream_decoder(aim.vendor, aim.quirks)
        self._encoder = client.stream_encoder(request, mint)
        self._pipe = pipe
        self._content = False
        self._done = False
        self._start: Start | None = None
        self._finish: Finish | None = None
        self._usage = NOT_REPORTED

    @property
    def losses(self) -> tuple[Loss, ...]:
        return tuple(self._encoder.losses)

    def feed(self, events: bytes) -> Piece:
        return self._piece(self._decoder.feed(events))

    def end(self) -> Piece:
        return self._piece(self._decoder.finish())

    def _piece(self, events: Sequence[Event]) -> Piece:
        if len(events) == 1 and isinstance(events[0], Delta) and self._pipe.passes(events[0]):
            # By far the most frequent piece of a stream.
            out = self._encoder.encode(events)
            return Piece(out, True, out.count(b"\n\n"))
        for event in events:
            self._note(event)
        crossed = self._pipe.feed(events) if events else events
        failed = crossed[-1] if crossed and isinstance(crossed[-1], Failed) else None
        if failed is not None:
            crossed = crossed[:-1]
        out = self._encoder.encode(crossed) if crossed else b""
        count = out.count(b"\n\n")
        if failed is None:
            return Piece(out, self._content, count, None, self._done)
        return Piece(out, self._content, count, failed.failure, self._done, words=failed.message)

    def _note(self, event: Event) -> None:
        match event:
            case Open():
                self._content = True
            case Start():
                self._start = event
                self._usage = event.usage
            case Counted():
                self._usage = event.usage
            case Finish():
                self._content = True
                self._finish = event
            case Done():
                self._done = True
            case _:
                pass

    def answer(self) -> Answer:
        start, end = self._start, self._finish
        return Answer(
            self._usage,
            () if end is None else _reasons(end.word, end.stop),
            None if start is None else start.model,
            None if start is None else start.id,
        )

    def error_event(self, error: GateError) -> bytes:
        return self._encoder.error_event(error)

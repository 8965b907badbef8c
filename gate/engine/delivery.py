"""From the head of an upstream's answer to the last byte at the client, or to the failure it was instead.

Every 2xx that is no answer (HTML, nothing, garbage, half a stream) is a failure with a name. Nothing is written to the
client before the first content event of a stream, or before a whole answer was read.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import NoReturn

from gate.core.dialect import Operation
from gate.core.errors import ErrorCode, GateError
from gate.core.execution import Outcome, TokenCount
from gate.core.failure import Failure, FailureKind
from gate.core.profile import NO_RATE_LIMITS
from gate.engine.exchange import Draft, Exchange
from gate.engine.headers import first, to_client
from gate.engine.ports import Header, TransportFailure, UpstreamAnswer
from gate.engine.stream import EVENT_STREAM
from gate.engine.upstream_error import ToldError, UpstreamError, gate_error, read_error
from gate.protocols.codec import Piece, StreamTap
from gate.protocols.encoding import Decoder, decoder
from gate.protocols.rate_limits import read_allowances, spent_for
from gate.protocols.registry import codec
from gate.protocols.sse import EventSplitter, SseOverflow, iter_events


def _fail(kind: FailureKind, detail: str, status: int | None = None) -> NoReturn:
    raise TransportFailure(Failure(kind, detail, status))


async def deliver(x: Exchange, draft: Draft, answer: UpstreamAnswer) -> None:
    """Serve the client with this answer. Raises TransportFailure when it cannot, with nothing of it sent (or, after
    the commit, with the stream ended by an error event), ClientGone and ClientStalled."""
    draft.status = answer.status
    headers = answer.headers
    upstream_id = first(headers, b"request-id") or first(headers, b"x-request-id")
    draft.upstream_request_id = upstream_id.decode("latin-1")[:128] if upstream_id else None
    names = x.snapshot.targets[draft.planned.provider].profile.rate_limits
    if names is not NO_RATE_LIMITS:
        draft.allowances = read_allowances(headers, names, x.epoch_s())
    decode = _decoder_of(headers, draft)
    if not 200 <= answer.status < 300:
        await _upstream_error(x, draft, answer, decode)
    media = (first(headers, b"content-type") or b"").split(b";")[0].strip().lower()
    if answer.status == 204:
        _fail(FailureKind.EMPTY_BODY, "the upstream answered 204 without a body", 204)
    if x.scanned.stream and media == b"text/event-stream":
        await _stream(x, draft, answer, decode)
        return
    if media not in (b"application/json", b"") and not media.endswith(b"+json"):
        _fail(FailureKind.UNEXPECTED_CONTENT, f"the upstream answered {_shown(media)} instead of JSON", answer.status)
    body = await _read(answer.chunks(), decode, x.snapshot.limits.answer_bytes)
    if not body.strip():
        _fail(FailureKind.EMPTY_BODY, "the upstream answered without a body", answer.status)
    await _whole(x, draft, headers, body)


def _decoder_of(headers: Sequence[Header], draft: Draft) -> Decoder | None:
    encoding = (first(headers, b"content-encoding") or b"identity").strip().lower()
    if encoding in (b"identity", b""):
        return None
    draft.decoded = True
    try:
        return decoder(encoding.decode("latin-1"))
    except GateError:
        _fail(FailureKind.UNEXPECTED_CONTENT, f"the upstream used content-encoding {_shown(encoding)} against our wish")


def _shown(value: bytes) -> str:
    return value[:60].decode("ascii", "replace") or "no content-type"


async def _read(chunks: AsyncIterator[bytes], decode: Decoder | None, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for chunk in chunks:
        data = chunk if decode is None else _decoded(decode, chunk)
        size += len(data)
        if size > limit:
            _fail(FailureKind.UNEXPECTED_CONTENT, f"the upstream's answer is larger than {limit} bytes")
        parts.append(data)
    if decode is not None:
        parts.append(_decoded(decode, None))
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _decoded(decode: Decoder, chunk: bytes | None) -> bytes:
    """The next decoded bytes; None for `chunk` is the end."""
    try:
        return decode.finish() if chunk is None else decode.feed(chunk)
    except GateError:
        _fail(FailureKind.MALFORMED_BODY, "the upstream's compressed answer does not decode")


async def _upstream_error(x: Exchange, draft: Draft, answer: UpstreamAnswer, decode: Decoder | None) -> NoReturn:
    try:
        body = await _read(answer.chunks(), decode, x.snapshot.limits.error_bytes)
    except TransportFailure:
        body = b""
    draft.error = UpstreamError(answer.status, list(answer.headers), body)
    failure = codec(draft.way.dialect).classify(answer.status, answer.headers, body)
    raise TransportFailure(_with_reset(failure, draft))


def _with_reset(failure: Failure, draft: Draft) -> Failure:
    """A 429 that does not say when to come back, but whose limits do."""
    if failure.status != 429 or failure.retry_after_s is not None:
        return failure
    return replace(failure, retry_after_s=spent_for(draft.allowances))


async def _whole(x: Exchange, draft: Draft, headers: Sequence[Header], body: bytes) -> None:
    try:
        draft.answer, out = draft.way.streamed(body) if x.scanned.stream else draft.way.whole(body)
    except ValueError:
        _fail(FailureKind.MALFORMED_BODY, "the upstream's body is not an answer of this dialect", draft.status)
    x.claim(draft)
    x.status = 200
    draft.done = True
    if x.inbound.operation is Operation.COUNT_TOKENS:
        x.token_count = TokenCount.PROVIDER
    if x.scanned.stream:
        # The upstream answered JSON to a streaming request: the client gets the stream it asked for.
        draft.first_chunk, draft.chunks = x.now(), out.count(b"\n\n")
        kept = [(name, value) for name, value in headers if name.lower() != b"content-type"]
        await x.client_stream.commit([*_client_headers(x, draft, kept), EVENT_STREAM], out)
        await _served_stream(x)
        return
    x.outcome = Outcome.SERVED
    await x.answer(draft.status or 200, _client_headers(x, draft, headers), out)


def _client_headers(x: Exchange, draft: Draft, headers: Sequence[Header]) -> list[Header]:
    own = x.scope.headers(x.decision, x.execution(serving=draft.record(x.now())))
    return to_client(headers, decoded=draft.decoded, dialect=x.inbound.dialect, made_up_id=x.request_id, own=own)


async def _events(answer: UpstreamAnswer, decode: Decoder | None, splitter: EventSplitter) -> AsyncIterator[bytes]:
    """Whole SSE events as they come, several at a time. Raises TransportFailure."""
    async for chunk in answer.chunks():
        try:
            events = splitter.feed(chunk if decode is None else _decoded(decode, chunk))
        except SseOverflow:
            _fail(FailureKind.MALFORMED_BODY, "the upstream sent an SSE event without an end")
        if events:
            yield events


async def _stream(x: Exchange, draft: Draft, answer: UpstreamAnswer, decode: Decoder | None) -> None:
    tap = draft.way.tap()
    splitter = EventSplitter(x.snapshot.stream.event_bytes)
    relay = _Relay(x, draft, answer.headers, tap)
    failure: Failure | None = None
    try:
        async for events in _events(answer, decode, splitter):
            failure = await relay.forward(tap.feed(events))
            if failure is not None:
                break
        else:
            failure = await relay.forward(tap.end())
    except TransportFailure as failed:
        # After the end marker the answer is whole, whatever becomes of the connection.
        failure = None if draft.done else failed.failure
    finally:
        draft.answer = tap.answer()
    if failure is None:
        await _served_stream(x)
        return
    draft.cut = True
    if x.committed:
        await _interrupted(x, draft, failure, relay)
    raise TransportFailure(failure)


class _Relay:
    """Holds back what comes before the content, then passes everything on."""

    def __init__(self, x: Exchange, draft: Draft, headers: Sequence[Header], tap: StreamTap) -> None:
        self._x = x
        self._draft = draft
        self._headers = headers
        self._tap = tap
        self._held: list[bytes] = []
        self.told = False
        self.words: str | None = None

    async def forward(self, piece: Piece) -> Failure | None:
        """The failure the upstream itself reported in these events, if it did."""
        x, draft, stream = self._x, self._draft, self._x.client_stream
        draft.chunks = (draft.chunks or 0) + piece.events
        if piece.content and not x.committed:
            x.claim(draft)
        self.words = piece.words
        told = piece.failure is not None and piece.words is None and bool(piece.forward)
        self.told = stream.failed = told and (x.committed or piece.content)
        if piece.done:
            draft.done, x.outcome = True, Outcome.SERVED
        if x.committed:
            if piece.forward:
                await stream.write(piece.forward)
        elif piece.content:
            draft.first_chunk = x.now()
            x.status, x.tap = 200, self._tap
            await stream.commit(_client_headers(x, draft, self._headers), b"".join([*self._held, piece.forward]))
        elif piece.failure is not None:
            draft.error = _in_band_error(x, draft, piece)
        else:
            self._held.append(piece.forward)
        return piece.failure


def _in_band_error(x: Exchange, draft: Draft, piece: Piece) -> UpstreamError | None:
    """An error event that came before any content, as the plain error answer it would have been: with the upstream's
    own body where the dialect's error event has the same one, else worded by the dialect."""
    events = list(iter_events(piece.forward))
    if piece.failure is None:
        return None
    told = None if piece.words is None else ToldError(piece.words or piece.failure.detail, None)
    if told is None and events:
        told = read_error(events[-1][1])
    if told is None:
        return None
    error = gate_error(piece.failure, told.message, x.decision.request, x.snapshot.routes.get(draft.planned.route))
    status, headers, body = x.codec.error_response(error, x.request_id.decode("latin-1"))
    return UpstreamError(status, list(headers), told.body or body)


async def _served_stream(x: Exchange) -> None:
    x.outcome = Outcome.SERVED
    await x.client_stream.end()


async def _interrupted(x: Exchange, draft: Draft, failure: Failure, relay: _Relay) -> None:
    """End a stream that has content with an error event of the client's dialect; a clean end would lose tool calls.
    Where the upstream told its error in another dialect, its words and its kind are put into the client's."""
    x.outcome = Outcome.INTERRUPTED
    x.error_code = ErrorCode.UPSTREAM_INTERRUPTED.value
    if relay.told:
        await x.client_stream.end()
        return
    if relay.words:
        error = gate_error(failure, relay.words, x.decision.request, x.snapshot.routes.get(draft.planned.route))
        await x.client_stream.fail(x.error_event(error))
        return
    message = f"the upstream broke off in the middle of its answer ({failure.kind.value}); please try again"
    await x.client_stream.fail(x.error_event(GateError(ErrorCode.UPSTREAM_INTERRUPTED, message)))

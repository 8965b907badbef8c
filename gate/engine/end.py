"""The one end of a request: whatever happens, it has one answer, one root span, one log line and one count."""

import asyncio
from collections.abc import Callable

from gate.core.errors import ErrorCode, GateError
from gate.core.execution import Outcome
from gate.engine.exchange import Exchange
from gate.engine.headers import to_client
from gate.engine.ports import (
    ClientGone,
    ClientStalled,
    DecisionStore,
    Header,
    Inbound,
    RequestScope,
    Responder,
    Telemetry,
)
from gate.engine.stream import ClientStream
from gate.planner.recording import Recording
from gate.protocols.codec import Codec

_DRAINED_TEXT = "Gate is being stopped; please send the request again"


class End:
    """The one end of a request: answers what is still to be answered and tells telemetry, once."""

    def __init__(
        self,
        telemetry: Telemetry,
        store: DecisionStore,
        scope: RequestScope,
        codec_: Codec,
        inbound: Inbound,
        out: Responder,
        request_id: bytes,
        clock: Callable[[], float],
    ) -> None:
        self.scope = scope
        self.codec = codec_
        self.request_id = request_id
        self.exchange: Exchange | None = None
        self._telemetry = telemetry
        self._store = store
        self._inbound = inbound
        self._out = out
        self._clock = clock
        self._outcome: Outcome | None = None
        self._status: int | None = None
        self._code: str | None = None

    async def refuse(self, error: GateError, outcome: Outcome = Outcome.REJECTED) -> None:
        """Answer an error of Gate's own, as a plain answer or, where the head is out, in the stream; not at all where
        an answer is on its way as a whole, for nothing can follow it."""
        x = self.exchange
        if x is not None and x.head_sent is not None:
            return
        self._outcome = x.outcome if x is not None and x.outcome is Outcome.NO_ROUTE else outcome
        self._code = error.code.value
        try:
            if x is not None and x.stream is not None and x.head_is_out:
                await x.stream.fail(x.error_event(error))
                return
            status, made, body = self.codec.error_response(error, self.request_id.decode())
            self._status = status
            own = self.scope.error_headers() if x is None else self.scope.headers(x.decision, x.execution())
            if error.code is ErrorCode.METHOD_NOT_ALLOWED:
                own = [*own, (b"allow", b"POST")]
            headers = to_client(made, decoded=False, dialect=self._inbound.dialect, made_up_id=self.request_id, own=own)
            await self._answer(status, headers, body)
        except (ClientGone, ClientStalled):
            self._outcome = Outcome.CLIENT_GONE
        except asyncio.CancelledError:
            uncancel()
            if x is None or not x.draining:
                self._outcome = Outcome.CLIENT_GONE
            elif x.head_sent is None:
                await self._end_stream(x.stream)
        except Exception as defect:
            self._telemetry.crash("refusal", defect)
            self._outcome = Outcome.INTERNAL_ERROR

    async def _answer(self, status: int, headers: list[Header], body: bytes) -> None:
        if self.exchange is not None:
            await self.exchange.answer(status, headers, body)
        else:
            await self._out.whole(status, headers, body)

    async def drained(self) -> None:
        """Gate stops: end what is open with an error the client understands."""
        x = self.exchange
        if x is not None and x.outcome is Outcome.SERVED and (x.stream is None or x.stream.bytes_out):
            await self._end_stream(x.stream)
            return
        await self.refuse(GateError(ErrorCode.DRAINING, _DRAINED_TEXT, retry_after_s=1), Outcome.DRAINED)

    async def _end_stream(self, stream: ClientStream | None) -> None:
        """What there is to say is with the client but for the end."""
        try:
            if stream is not None:
                await stream.end()
        except (ClientGone, ClientStalled, asyncio.CancelledError):
            uncancel()
        except Exception as defect:
            self._telemetry.crash("end of a stream", defect)

    def client_gone(self) -> None:
        # A cut stream was cut before its client left: the connection ends with it.
        if self.exchange is None or self.exchange.outcome not in (Outcome.SERVED, Outcome.INTERRUPTED):
            self._outcome = Outcome.CLIENT_GONE

    def client_stalled(self) -> None:
        self._outcome = Outcome.CLIENT_GONE
        self._code = "client_stalled"

    def close(self) -> None:
        x = self.exchange
        duration = self._clock() - self._inbound.received
        if x is None:
            self.scope.rejected(self._code, self._outcome or Outcome.REJECTED, self._status, duration)
            return
        if x.stream is not None:
            x.stream.stop()
        x.outcome = self._outcome or x.outcome or Outcome.INTERNAL_ERROR
        x.error_code = x.error_code or self._code
        execution = x.execution(duration_s=duration)
        self._store.put(Recording(x.decision, execution, x.situation))
        self.scope.finished(x.decision, execution)


def uncancel() -> None:
    """What was asked to stop is told to its client first."""
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()

"""Carries a decision out: asks `next_step` what to do, does it, records what happened. The only loop over attempts.

Streaming and not streaming run the same cases; how an answer reaches the client is in `delivery`.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from typing import Any

from gate.catalog.pricing import cost
from gate.core.dialect import Operation
from gate.core.errors import ErrorCode, GateError
from gate.core.execution import AttemptRecord, Outcome, TokenCount
from gate.core.failure import Failure, FailureKind
from gate.engine.address import address
from gate.engine.count_tokens import (
    COUNT_WITHIN_S,
    JSON,
    estimated_answer,
    is_the_clients,
    learn,
    note_silence,
    question,
)
from gate.engine.delivery import deliver
from gate.engine.exchange import Draft, Exchange
from gate.engine.headers import error_to_client, to_client, to_upstream
from gate.engine.health_book import HealthBook
from gate.engine.hedge import race
from gate.engine.next_step import Fail, Finish, StepState, Try, Wait, next_step
from gate.engine.ports import AttemptScope, ClientGone, ClientStalled, Transport, TransportFailure, UpstreamCall
from gate.engine.snapshot import Target
from gate.engine.token_book import TokenBook
from gate.engine.translate import passage_of
from gate.engine.upstream_error import UpstreamError, gate_error, needs_rewording


class Executor:
    """transports: finds the transport of a configured provider. via: Gate's own `Via` value. book: what was learned of
    how models count."""

    def __init__(
        self,
        transports: Callable[[Target], Transport],
        health: HealthBook,
        via: bytes,
        clock: Callable[[], float],
    ) -> None:
        self._transports = transports
        self._health = health
        self._via = via
        self._clock = clock
        self.book = TokenBook()

    async def run(self, x: Exchange) -> None:
        """Walk the plan until the client is served or told why not. Raises ClientGone, ClientStalled,
        CancelledError."""
        if x.inbound.operation is Operation.COUNT_TOKENS:
            await self._count(x)
            return
        while True:
            step = next_step(x.decision, tuple(x.records), self._state(x))
            match step:
                case Try():
                    await self._make(x, step)
                case Wait():
                    await asyncio.sleep(step.seconds)
                    await self._make(x, step.then)
                case Finish():
                    return
                case Fail():
                    await self._refuse(x, step)
                    return

    async def _count(self, x: Exchange) -> None:
        """One call to the endpoint of the planned route that counts, if it has one; whatever becomes of it, the client
        gets a number, or the vendor's own answer to its own mistake."""
        step = next_step(x.decision, (), self._state(x))
        asked = question(x, self.book)
        if isinstance(step, Try) and asked is not None:
            counted = replace(step, attempt=asked, timeout_s=min(step.timeout_s, COUNT_WITHIN_S))
            await self._attempt(x, _draft(x, counted, 0), counted)
            failure = x.records[0].failure
            if failure is None:
                return
            note_silence(self.book, asked, x.codec.dialect, failure, self._clock())
            if is_the_clients(x.records[0], failure):
                await self._refuse(x, Fail(0, failure.kind))
                return
        body = estimated_answer(x, self.book)
        x.outcome, x.token_count = Outcome.SERVED, TokenCount.ESTIMATED
        own = x.scope.headers(x.decision, x.execution())
        headers = to_client([JSON], decoded=False, dialect=x.inbound.dialect, made_up_id=x.request_id, own=own)
        await x.answer(200, headers, body)

    def _state(self, x: Exchange) -> StepState:
        timeouts = x.snapshot.timeouts
        return StepState(
            now_s=x.now(),
            deadline_s=timeouts.total_s,
            attempt_timeout_s=timeouts.first_byte_s if x.scanned.stream else timeouts.whole_s,
            committed=x.committed,
            head_sent=x.head_is_out,
            draining=x.draining,
            max_attempts=x.snapshot.world.policy.max_attempts,
            max_wait_s=x.snapshot.retry_wait_cap_s,
            hedge_after_s=x.snapshot.world.policy.hedge_after_s,
        )

    async def _make(self, x: Exchange, step: Try) -> None:
        """The attempt, and the one beside it if it comes to that."""
        first, hedge = _draft(x, step, len(x.records)), step.hedge
        if hedge is None:
            await self._attempt(x, first, step)
            return

        def start() -> Draft:
            return _draft(x, hedge.then, first.index + 1, hedge=True)

        await race(x, (first, step), hedge, start, partial(self._attempt, x))

    async def _attempt(self, x: Exchange, draft: Draft, step: Try) -> None:
        planned = draft.planned
        target = x.snapshot.targets[planned.provider]
        scope = x.scope.attempt(x.decision, planned, draft.index, step.relation, target)
        # What a counting endpoint does says nothing of how the route answers.
        counted = x.inbound.operation is not Operation.COUNT_TOKENS
        x.under_way.append(draft)
        started = ended = False
        try:
            if counted:
                own = planned.own_credential
                self._health.started(planned.route, self._clock(), x.snapshot.breaker, own_credential=own)
                draft.answered = partial(self._health.answered, planned.route, self._clock(), x.snapshot.breaker, own)
                started = True
            await self._in_time(x, draft, self._call(x, draft, target, scope, step.timeout_s))
            ended = True
        except TransportFailure as failed:
            draft.failure = failed.failure
            ended = True
        except (ClientGone, ClientStalled):
            raise
        except Exception:  # a defect of Gate's own: named as one here, answered and logged by the gateway
            draft.failure = Failure(FailureKind.INTERNAL, "an unexpected condition inside Gate")
            ended = True
            raise
        finally:
            if not ended and not draft.done and draft.failure is None:
                kind = FailureKind.DRAINING if x.draining else FailureKind.CLIENT_GONE
                draft.failure = Failure(kind, "the request ended before its answer")
            ended_s = x.now()
            try:
                route = x.snapshot.routes.get(planned.route)
                if route is not None:
                    draft.cost = cost(draft.answer.usage, route.prices)
                draft.estimate_error = learn(x, draft, self.book)
            finally:
                record = draft.record(ended_s)
                x.ended(draft, record)
                if started:
                    self._health.ended(record, self._clock(), x.snapshot.breaker)
                scope.end(record)

    async def _in_time(self, x: Exchange, draft: Draft, call: Coroutine[Any, Any, None]) -> None:
        """The call, ended where it has nothing for the client when the request's time is over: until then each wait of
        it has a limit of its own, but their number has none. Raises TransportFailure."""
        total_s = x.snapshot.timeouts.total_s
        left_s = total_s - x.now()
        if x.inbound.operation is Operation.COUNT_TOKENS:
            left_s = min(left_s, COUNT_WITHIN_S)
        limit = draft.until_content = asyncio.timeout(left_s)
        try:
            async with limit:
                await call
        except TimeoutError:
            if not limit.expired():
                raise
            raise TransportFailure(Failure(FailureKind.DEADLINE_EXCEEDED, "nothing came in time")) from None

    async def _call(self, x: Exchange, draft: Draft, target: Target, scope: AttemptScope, timeout_s: float) -> None:
        passage = draft.passage = passage_of(x, draft, target)
        endpoint = target.profile.endpoints[passage.dialect]
        timeouts = x.snapshot.timeouts
        body = passage.body
        operation, model, stream = x.inbound.operation, draft.planned.model, x.scanned.stream
        query = b"" if passage.translated else x.inbound.query
        path, query = address(endpoint, operation, model, query, stream=stream)
        call = UpstreamCall(
            target=target,
            dialect=passage.dialect,
            path=path,
            query=query,
            headers=to_upstream(
                x.inbound.headers,
                endpoint=endpoint,
                key=target.key,
                own_credential=draft.planned.own_credential,
                extra=target.headers,
                via=self._via,
                body_bytes=len(body),
                translated=passage.translated,
            ),
            body=body,
            stream=stream,
            connect_s=min(timeouts.connect_s, timeout_s),
            first_byte_s=timeout_s,
            idle_s=timeouts.idle_s,
            operation=operation,
        )
        answer = await self._transports(target).send(call, scope)
        try:
            await deliver(x, draft, answer)
        finally:
            await answer.aclose()

    async def _refuse(self, x: Exchange, step: Fail) -> None:
        """Tell the client why it is not served: with the upstream's own answer where there is one and nothing was
        sent."""
        record = x.records[step.index]
        error = x.errors[step.index]
        failure = record.failure or Failure(FailureKind.INTERNAL)
        x.outcome = Outcome.DRAINED if failure.kind is FailureKind.DRAINING else Outcome.UPSTREAM_ERROR
        told = _error_of(x, record, failure, error)
        if x.stream is not None and x.head_is_out:
            x.status, x.error_code = 200, told.code.value
            await x.client_stream.fail(x.error_event(told))
            return
        own = x.scope.headers(x.decision, x.execution())
        # An answer in another dialect than the client's says nothing to it but its words.
        if error is not None and record.dialect is None and not needs_rewording(failure.kind, error, x.inbound.dialect):
            headers = to_client(
                error.headers, decoded=record.decoded, dialect=x.inbound.dialect, made_up_id=x.request_id, own=own
            )
            await x.answer(error.status, error_to_client(error.status, headers, failure.retry_after_s), error.body)
            return
        x.error_code = told.code.value
        status, headers, body = x.codec.error_response(told, x.request_id.decode("latin-1"))
        made = to_client(headers, decoded=False, dialect=x.inbound.dialect, made_up_id=x.request_id, own=own)
        await x.answer(status, made, body)


def _draft(x: Exchange, step: Try, index: int, *, hedge: bool = False) -> Draft:
    return Draft(
        step.attempt, step.relation, step.downgrade_reason, index, x.now(), binding=x.situation.binding, hedge=hedge
    )


def _error_of(x: Exchange, record: AttemptRecord, failure: Failure, error: UpstreamError | None) -> GateError:
    words = None if error is None else error.words()
    message = words or f"{record.provider}: {failure.kind.value}: {failure.detail or 'no answer'}"
    made = gate_error(failure, message, x.decision.request, x.snapshot.routes.get(record.route))
    if words is not None and failure.status == 404 and made.code is ErrorCode.UPSTREAM_INVALID:
        made.code = ErrorCode.UPSTREAM_NOT_FOUND  # a file, a stored prompt: the API itself said that it is not there
    elif words is None and made.code is ErrorCode.UPSTREAM_ERROR:
        made.code = ErrorCode.UPSTREAM_INVALID  # a page of something in between, not the API's own error
    return made

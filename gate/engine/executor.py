"""Carries a decision out: asks `next_step` what to do, does it, records what happened. The only loop over attempts.

Streaming and not streaming run the same cases; how an answer reaches the client is in `delivery`.
"""

import asyncio
from collections.abc import Callable

from gate.catalog.pricing import cost
from gate.core.dialect import Operation
from gate.core.errors import GateError
from gate.core.execution import Outcome
from gate.core.failure import Failure, FailureKind
from gate.engine.delivery import deliver
from gate.engine.exchange import Draft, Exchange
from gate.engine.headers import error_to_client, to_client, to_upstream
from gate.engine.health_book import HealthBook
from gate.engine.next_step import Fail, Finish, StepState, Try, Wait, next_step
from gate.engine.ports import AttemptScope, ClientGone, ClientStalled, Transport, TransportFailure, UpstreamCall
from gate.engine.snapshot import Target
from gate.engine.upstream_error import code_of, needs_rewording


class Executor:
    """transports: finds the transport of a configured provider. via: Gate's own `Via` value."""

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

    async def run(self, x: Exchange) -> None:
        """Walk the plan until the client is served or told why not. Raises ClientGone, ClientStalled,
        CancelledError."""
        while True:
            step = next_step(x.decision, tuple(x.records), self._state(x))
            match step:
                case Try():
                    await self._attempt(x, step)
                case Wait():
                    await asyncio.sleep(step.seconds)
                    await self._attempt(x, step.then)
                case Finish():
                    return
                case Fail():
                    await self._refuse(x, step)
                    return

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
        )

    async def _attempt(self, x: Exchange, step: Try) -> None:
        planned = step.attempt
        target = x.snapshot.targets[planned.provider]
        draft = Draft(planned, step.relation, step.downgrade_reason, len(x.records), x.now())
        scope = x.scope.attempt(x.decision, planned, draft.index, step.relation, target)
        self._health.started(planned.route, self._clock(), x.snapshot.breaker)
        ended = False
        try:
            await self._call(x, draft, target, scope, step.timeout_s)
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
            if not ended and not draft.done:
                kind = FailureKind.DRAINING if x.draining else FailureKind.CLIENT_GONE
                draft.failure = Failure(kind, "the request ended before its answer")
            route = x.snapshot.routes.get(planned.route)
            if route is not None:
                draft.cost = cost(draft.answer.usage, route.prices)
            record = draft.record(x.now(), x.own_credential)
            x.records.append(record)
            x.errors.append(draft.error)
            self._health.ended(record, self._clock(), x.snapshot.breaker)
            scope.end(record)

    async def _call(self, x: Exchange, draft: Draft, target: Target, scope: AttemptScope, timeout_s: float) -> None:
        endpoint = target.profile.endpoints[x.inbound.dialect]
        counting = x.inbound.operation is Operation.COUNT_TOKENS and endpoint.count_tokens_path
        timeouts = x.snapshot.timeouts
        body = x.codec.rewrite(x.body, x.scanned, draft.planned.model)
        call = UpstreamCall(
            target=target,
            dialect=x.inbound.dialect,
            path=endpoint.count_tokens_path if counting and endpoint.count_tokens_path else endpoint.path,
            query=x.inbound.query,
            headers=to_upstream(
                x.inbound.headers,
                endpoint=endpoint,
                key=target.key,
                own_credential=x.own_credential,
                extra=target.headers,
                via=self._via,
                body_bytes=len(body),
            ),
            body=body,
            stream=x.scanned.stream,
            connect_s=min(timeouts.connect_s, timeout_s),
            first_byte_s=timeout_s,
            idle_s=timeouts.idle_s,
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
        gate_error = _gate_error(failure, record.provider, error.words() if error is not None else None)
        if x.stream is not None and x.head_is_out:
            x.status, x.error_code = 200, gate_error.code.value
            await x.client_stream.fail(x.error_event(gate_error))
            return
        own = x.scope.headers(x.decision, x.execution())
        if error is not None and not needs_rewording(failure.kind, error):
            headers = to_client(
                error.headers, decoded=record.decoded, dialect=x.inbound.dialect, made_up_id=x.request_id, own=own
            )
            await x.answer(error.status, error_to_client(error.status, headers), error.body)
            return
        x.error_code = gate_error.code.value
        status, headers, body = x.codec.error_response(gate_error, x.request_id.decode("latin-1"))
        made = to_client(headers, decoded=False, dialect=x.inbound.dialect, made_up_id=x.request_id, own=own)
        await x.answer(status, made, body)


def _gate_error(failure: Failure, provider: str, words: str | None) -> GateError:
    message = words or f"{provider}: {failure.kind.value}: {failure.detail or 'no answer'}"
    return GateError(code_of(failure.kind), message, retry_after_s=failure.retry_after_s)

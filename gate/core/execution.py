"""What happened when a decision was carried out: attempts as they ended, and the whole."""

from dataclasses import dataclass
from enum import StrEnum

from gate.core.allowance import Allowance
from gate.core.decision import Relation
from gate.core.dialect import Dialect
from gate.core.failure import DowngradeReason, Failure
from gate.core.loss import Loss
from gate.core.money import UNKNOWN_COST, Cost
from gate.core.shadow import ShadowPlan
from gate.core.usage import NOT_REPORTED, Usage


class TokenCount(StrEnum):
    """Who counted the tokens of a counting request: the provider's own endpoint, or Gate, which only estimates."""

    PROVIDER = "provider"
    ESTIMATED = "estimated"


class Outcome(StrEnum):
    """How a request ended for the client.

    served: a whole answer was delivered. upstream_error: the client got an error an upstream caused. no_route: nothing
    could be tried. rejected: Gate refused it (bad input, limits, keys). client_gone: the client left first.
    interrupted: content had begun and the answer ended with an error event. drained: cut by a stop of Gate.
    """

    SERVED = "served"
    UPSTREAM_ERROR = "upstream_error"
    NO_ROUTE = "no_route"
    REJECTED = "rejected"
    CLIENT_GONE = "client_gone"
    INTERRUPTED = "interrupted"
    DRAINED = "drained"
    INTERNAL_ERROR = "internal_error"


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """One upstream call, ended. Times in seconds from the arrival of the request.

    index: position in the executed order, from 0. failure: None when it served. status: the upstream's HTTP status.
    upstream_request_id: as the upstream sent it. model: the name sent upstream; response_model: the name it answered.
    time_to_first_chunk_s: first content, streams only. chunks: whole SSE events forwarded, streams only.
    decoded: the upstream compressed against our wish and Gate decoded it. dialect: the one the upstream was asked in,
    None for the client's own. losses: what was not carried, of the request and of the answer. estimate_error: by what
    part of the reported input tokens Gate's own estimate was off (below zero: too low), None where the two were not
    compared. allowances: what the upstream said is left of its limits. cache_loss_pico: see `PlannedAttempt`. hedge: it
    was started beside another attempt that was still under way.
    """

    index: int
    route: str
    provider: str
    model: str
    lane: str
    relation: Relation
    started_s: float
    ended_s: float
    failure: Failure | None = None
    downgrade_reason: DowngradeReason | None = None
    status: int | None = None
    upstream_request_id: str | None = None
    response_model: str | None = None
    response_id: str | None = None
    usage: Usage = NOT_REPORTED
    cost: Cost = UNKNOWN_COST
    finish_reasons: tuple[str, ...] = ()
    time_to_first_chunk_s: float | None = None
    chunks: int | None = None
    own_credential: bool = False
    decoded: bool = False
    dialect: Dialect | None = None
    losses: tuple[Loss, ...] = ()
    estimate_error: float | None = None
    allowances: tuple[Allowance, ...] = ()
    cache_loss_pico: int | None = None
    hedge: bool = False

    @property
    def served(self) -> bool:
        return self.failure is None


@dataclass(frozen=True, slots=True)
class Execution:
    """Everything that happened to one request, so far or in the end (`outcome` None while it runs).

    head_sent_s / committed_s: when the response head and the first content byte went to the client, None if not yet.
    status: the HTTP status sent to the client. error_code: Gate's own error, when it made one. upstream_s: seconds
    spent waiting for upstreams; overhead is duration minus that. token_count: only of a counting request that was
    answered. repeats: how often this very turn of the session was seen before within the guard's window, None where the
    guard does not look. shadow: what a candidate policy would have done, None without one.
    """

    attempts: tuple[AttemptRecord, ...] = ()
    outcome: Outcome | None = None
    status: int | None = None
    error_code: str | None = None
    head_sent_s: float | None = None
    committed_s: float | None = None
    duration_s: float | None = None
    upstream_s: float | None = None
    response_bytes: int = 0
    token_count: TokenCount | None = None
    repeats: int | None = None
    shadow: ShadowPlan | None = None

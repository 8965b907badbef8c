"""Counting requests: the provider's own endpoint where the planned route has one, an estimate everywhere else.

A counting request is planned like the request it is about, and asked of the first route of that plan only: a count by
another model's tokenizer is worth less than an estimate. Whatever becomes of the question, the client gets a number:
what fails ends in the estimate, except where the fault is the client's own and only it can mend it.
"""

from collections.abc import Collection
from dataclasses import replace

from gate.core.decision import PlannedAttempt, Relation
from gate.core.dialect import Dialect, Operation
from gate.core.errors import GateError
from gate.core.execution import AttemptRecord
from gate.core.failure import Failure, FailureKind
from gate.core.loss import Use
from gate.core.profile import Endpoint
from gate.core.route import Route
from gate.engine.exchange import Draft, Exchange
from gate.engine.snapshot import Target
from gate.engine.token_book import TokenBook, error_of
from gate.protocols.estimate.models import family_of
from gate.protocols.estimate.request import estimate
from gate.protocols.registry import translator

COUNT_WITHIN_S = 10.0
"""After so long the estimate is answered: a client that counts is waiting for its next step."""
JSON = (b"content-type", b"application/json")

_UNSEEN = frozenset(
    {
        Use.IMAGE_DATA,
        Use.IMAGE_URL,
        Use.IMAGE_FILE,
        Use.TOOL_RESULT_IMAGE,
        Use.DOCUMENT_DATA,
        Use.DOCUMENT_URL,
        Use.DOCUMENT_FILE,
        Use.DOCUMENT_TEXT,
        Use.AUDIO,
        Use.VIDEO,
        Use.STORED_STATE,
        Use.SERVER_TOOL_HISTORY,
    }
)
"""What has tokens that no text shows. Nothing is learned about tokenizers from such requests."""
_OTHERS = (Dialect.ANTHROPIC_MESSAGES, Dialect.OPENAI_RESPONSES, Dialect.GEMINI)
"""Where a provider that counts in none of the likelier dialects is asked."""


def question(x: Exchange, book: TokenBook) -> PlannedAttempt | None:
    """The one attempt that asks the provider, in a dialect it counts in, which need not be the one the request itself
    would be asked in. None when it does not count, did not answer lately, or is only a last resort."""
    planned = x.decision.attempts[0]
    target = x.snapshot.targets[planned.provider]
    client = x.codec.dialect
    dialect = counting_dialect(client, planned.dialect, target, x.snapshot.routes.get(planned.route))
    if dialect is None or planned.relation is Relation.LAST_RESORT:
        return None
    if book.is_silent(planned.provider, dialect.value, x.clock()):
        return None
    return replace(planned, dialect=None if dialect is client else dialect)


def counting_dialect(client: Dialect, asked_in: Dialect | None, target: Target, route: Route | None) -> Dialect | None:
    """The dialect a provider is to count in: the client's own, the one the request itself would be asked in, any other
    the route has."""
    endpoints = target.profile.endpoints
    served: Collection[Dialect] = endpoints if route is None else route.dialects
    for dialect in (client, asked_in, *_OTHERS):
        endpoint: Endpoint | None = None if dialect is None else endpoints.get(dialect)
        if endpoint is not None and endpoint.count_tokens_path is not None and dialect in served:
            return dialect
    return None


def is_the_clients(record: AttemptRecord, failure: Failure) -> bool:
    """Whether a failed count is the client's to hear of: its request or its credential, by its own vendor's word. In
    translation a refusal may be of Gate's making, and a refused key of Gate's operator is nothing the client can mend:
    there the estimate is the better answer."""
    match failure.rule.blame:
        case "client":
            return True
        case "credential":
            return record.own_credential
        case "request":
            return record.dialect is None
        case _:
            return failure.kind is FailureKind.DRAINING


def note_silence(book: TokenBook, asked: PlannedAttempt, client: Dialect, failure: Failure, now: float) -> None:
    """An endpoint that does not answer is not asked again for a while: Claude Code asks 25 times at once."""
    if failure.rule.blame == "route":
        book.silent(asked.provider, (asked.dialect or client).value, now)


def estimated_answer(x: Exchange, book: TokenBook) -> bytes:
    """The answer of the dialect's counting endpoint, with Gate's own figure for the first planned route. Raises
    GateError for a body that is no request of the dialect."""
    model = x.decision.attempts[0].model if x.decision.attempts else x.scanned.model
    ratio = book.ratio(family_of(model))
    return translator(x.codec.dialect).encode_count_answer(estimate(x.request(), model).tokens(ratio))


def learn(x: Exchange, draft: Draft, book: TokenBook) -> float | None:
    """Compare what a provider reported with what Gate would have estimated. By what part of it the estimate was off
    (below zero: too low); None where nothing was compared. Nearly free: the full estimate is seldom made."""
    counting = x.inbound.operation is Operation.COUNT_TOKENS
    reported = draft.answer.input_tokens if counting else draft.answer.usage.input
    features = x.decision.request
    if draft.failure is not None or not reported or not _UNSEEN.isdisjoint(features.uses):
        return None
    family = family_of(draft.planned.model)
    book.learn_rough(family, features.token_estimate, reported)
    if not book.wants(family, x.clock()):
        return None
    try:
        found = estimate(x.request(), draft.planned.model)
    except GateError:
        return None
    error = error_of(found.tokens(book.ratio(family)), reported)
    book.learn(family, found.text, reported - found.other)
    return error

"""Who counts, whose a failure is, and what is learned from answers. The whole way: tests/e2e/test_count_tokens.py."""

from types import SimpleNamespace
from typing import Any

import pytest

from gate.core.decision import PlannedAttempt, Relation
from gate.core.dialect import Dialect, Operation
from gate.core.errors import ErrorCode, GateError
from gate.core.execution import AttemptRecord
from gate.core.failure import RULES, Failure, FailureKind
from gate.core.loss import Use
from gate.core.profile import ProviderProfile
from gate.core.request import RequestFeatures
from gate.core.usage import Usage
from gate.engine.count_tokens import counting_dialect, is_the_clients, learn, note_silence
from gate.engine.exchange import Draft
from gate.engine.snapshot import Target
from gate.engine.token_book import EAGER, TokenBook
from gate.protocols.canonical.parts import Text
from gate.protocols.canonical.request import Message, Request, Role
from gate.protocols.codec import Answer
from gate.providers import anthropic, gemini, groq, openai, vllm
from tests.planner.worlds import route

MESSAGES, CHAT, RESPONSES, GEMINI = Dialect
PLANNED = PlannedAttempt("p/m", "p", "some-model", "x/y", Relation.PRIMARY)
WORDS = "Nobody was on the pier when the ferry came in. " * 30


@pytest.mark.parametrize(
    ("profile", "client", "asked_in", "counted_in"),
    [
        (anthropic.PROFILE, MESSAGES, None, MESSAGES),
        (anthropic.PROFILE, GEMINI, MESSAGES, MESSAGES),
        (openai.PROFILE, RESPONSES, None, RESPONSES),
        (openai.PROFILE, MESSAGES, CHAT, RESPONSES),
        (gemini.PROFILE, MESSAGES, GEMINI, GEMINI),
        (gemini.PROFILE, GEMINI, None, GEMINI),
        (vllm.PROFILE, RESPONSES, None, MESSAGES),
        (groq.PROFILE, MESSAGES, CHAT, None),
    ],
)
def test_where_a_provider_counts(
    profile: ProviderProfile, client: Dialect, asked_in: Dialect | None, counted_in: Dialect | None
) -> None:
    assert counting_dialect(client, asked_in, Target(profile, "http://127.0.0.1:9"), None) is counted_in


def test_only_in_a_dialect_the_route_has() -> None:
    target = Target(vllm.PROFILE, "http://127.0.0.1:9")
    only_chat = route("vllm/m", "x/y", dialects=frozenset({CHAT}))
    assert counting_dialect(MESSAGES, CHAT, target, only_chat) is None


def record(kind: FailureKind, *, translated: bool = False, own: bool = False) -> AttemptRecord:
    dialect = CHAT if translated else None
    failure = Failure(kind)
    return AttemptRecord(
        0, "p/m", "p", "m", "x/y", Relation.PRIMARY, 0.0, 1.0, failure, own_credential=own, dialect=dialect
    )


@pytest.mark.parametrize("kind", [kind for kind, rule in RULES.items() if rule.blame == "route"])
def test_what_is_the_routes_fault_is_never_the_clients_to_hear(kind: FailureKind) -> None:
    for translated in (False, True):
        for own in (False, True):
            assert not is_the_clients(record(kind, translated=translated, own=own), Failure(kind))


@pytest.mark.parametrize(
    ("kind", "options", "told"),
    [
        (FailureKind.INVALID_REQUEST, {}, True),
        (FailureKind.INVALID_REQUEST, {"translated": True}, False),
        (FailureKind.CONTEXT_OVERFLOW, {}, True),
        (FailureKind.INVALID_AUTH, {}, False),
        (FailureKind.INVALID_AUTH, {"own": True}, True),
        (FailureKind.BILLING, {"own": True, "translated": True}, True),
        (FailureKind.UNTRANSLATABLE, {"translated": True}, False),
        (FailureKind.POOL_TIMEOUT, {}, False),
        (FailureKind.CLIENT_GONE, {}, True),
        (FailureKind.DRAINING, {}, True),
    ],
)
def test_whose_a_failure_is(kind: FailureKind, options: dict[str, bool], told: bool) -> None:
    assert is_the_clients(record(kind, **options), Failure(kind)) is told


def test_silence_is_noted_of_endpoints_only() -> None:
    book = TokenBook()
    note_silence(book, PLANNED, MESSAGES, Failure(FailureKind.INVALID_REQUEST), 0.0)
    note_silence(book, PLANNED, MESSAGES, Failure(FailureKind.INVALID_AUTH), 0.0)
    assert not book.is_silent("p", MESSAGES.value, 1.0)
    note_silence(book, PLANNED, MESSAGES, Failure(FailureKind.MODEL_UNAVAILABLE), 0.0)
    assert book.is_silent("p", MESSAGES.value, 1.0)


def exchange(
    operation: Operation = Operation.CHAT, uses: frozenset[Use] = frozenset(), clock: float = 0.0, words: str = WORDS
) -> Any:
    features = RequestFeatures(MESSAGES, operation, "m", False, len(words), len(words) // 4, uses=uses)
    turns = (Message(Role.USER, (Text(words),)),)
    return SimpleNamespace(
        inbound=SimpleNamespace(operation=operation),
        decision=SimpleNamespace(request=features),
        clock=lambda: clock,
        request=lambda: Request(MESSAGES, "m", turns),
    )


def draft(answer: Answer, failure: Failure | None = None) -> Draft:
    return Draft(PLANNED, Relation.PRIMARY, None, 0, 0.0, answer=answer, failure=failure)


SERVED = draft(Answer(Usage(input=500)))


def test_an_answer_teaches_both_estimates() -> None:
    book = TokenBook()
    first = learn(exchange(), SERVED, book)
    assert first is not None
    assert -0.5 < first < 0, "the 500 reported are more than was estimated"
    last = first
    for _ in range(EAGER - 1):
        last = learn(exchange(), SERVED, book)
    assert last is not None
    assert abs(last) < 0.5 * abs(first)
    assert book.ratio("some-model") > 1.2
    assert book.rough_ratio("some-model") > 1.2


def test_a_providers_count_teaches_too() -> None:
    book = TokenBook()
    assert learn(exchange(Operation.COUNT_TOKENS), draft(Answer(input_tokens=500)), book) is not None
    assert book.ratio("some-model") > 1.1


@pytest.mark.parametrize(
    ("x", "attempt"),
    [
        (exchange(), draft(Answer(), None)),
        (exchange(), draft(Answer(Usage(input=0)))),
        (exchange(), draft(Answer(Usage(input=500)), Failure(FailureKind.TRUNCATED_STREAM))),
        (exchange(uses=frozenset({Use.IMAGE_DATA})), SERVED),
        (exchange(uses=frozenset({Use.STORED_STATE})), SERVED),
        (exchange(Operation.COUNT_TOKENS), SERVED),
    ],
    ids=["no usage", "zero", "cut off", "a picture", "stored state", "an uncounted count"],
)
def test_what_teaches_nothing(x: Any, attempt: Draft) -> None:
    book = TokenBook()
    assert learn(x, attempt, book) is None
    assert (book.ratio("some-model"), book.rough_ratio("some-model")) == (1.0, 1.0)


def test_later_only_the_cheap_estimate_is_compared() -> None:
    """The full one now and then: a request is decoded for it only then."""
    book = TokenBook()
    for _ in range(EAGER):
        learn(exchange(), SERVED, book)
    before = book.rough_ratio("some-model")
    x = exchange(clock=1.0)
    x.request = lambda: pytest.fail("decoded for nothing")
    assert learn(x, SERVED, book) is None
    assert book.rough_ratio("some-model") != before


def test_a_body_that_cannot_be_decoded_is_let_be() -> None:
    def refuse() -> Request:
        raise GateError(ErrorCode.INVALID_BODY, "no")

    x = exchange()
    x.request = refuse
    book = TokenBook()
    assert learn(x, SERVED, book) is None
    assert book.ratio("some-model") == 1.0

"""In which dialect a route is asked."""

from dataclasses import replace
from typing import Any

from gate.core.dialect import Dialect
from gate.core.loss import Feature, LossAction, Use
from gate.core.reason import ReasonCode
from gate.planner.carriage import Carriage, best_carriage
from tests.planner.worlds import CHAT, MESSAGES, RESPONSES, codes, decide, provider, request, route, world

CARRIES: dict[Dialect, dict[Use, LossAction]] = {
    MESSAGES: {Use.LOGPROBS: LossAction.DROPPED},
    CHAT: {Use.DOCUMENT_DATA: LossAction.DROPPED, Use.THINKING_HISTORY: LossAction.DROPPED},
    RESPONSES: {Use.THINKING_HISTORY: LossAction.DROPPED, Use.CACHE_HINTS: LossAction.APPROXIMATED},
}


def carried(dialects: tuple[Dialect, ...], order: tuple[Dialect, ...] = (), **features: Any) -> Carriage | None:
    view = replace(provider("p", *dialects), order=order)
    of = route("p/m", "a/mid", dialects=frozenset(dialects))
    return best_carriage(of, view, request(**features), replace(world(routes=[of], providers=[view]), carries=CARRIES))


def test_the_clients_own_dialect_is_taken_and_loses_nothing() -> None:
    every = frozenset(Use)
    assert carried((MESSAGES, CHAT), dialect=MESSAGES, uses=every) == Carriage(MESSAGES)
    assert carried((CHAT, RESPONSES), (RESPONSES, CHAT), dialect=CHAT, uses=every) == Carriage(CHAT)


def test_among_others_the_one_that_loses_least_by_the_policy() -> None:
    uses = frozenset({Use.DOCUMENT_DATA, Use.THINKING_HISTORY})
    assert carried((CHAT, RESPONSES), (CHAT, RESPONSES), dialect=MESSAGES, uses=uses) == Carriage(
        RESPONSES, (Feature.THINKING,)
    )


def test_among_equals_the_providers_own_order() -> None:
    assert carried((CHAT, RESPONSES), (RESPONSES, CHAT), dialect=MESSAGES) == Carriage(RESPONSES)
    assert carried((CHAT, RESPONSES), (CHAT, RESPONSES), dialect=MESSAGES) == Carriage(CHAT)


def test_what_a_provider_does_not_take_is_lost_too_and_what_is_only_approximated_is_not() -> None:
    view = replace(provider("p", RESPONSES), cannot={RESPONSES: frozenset({Use.IMAGE_URL})})
    of = route("p/m", "a/mid", dialects=frozenset({RESPONSES}))
    uses = frozenset({Use.IMAGE_URL, Use.CACHE_HINTS})
    found = best_carriage(of, view, request(uses=uses), replace(world(routes=[of], providers=[view]), carries=CARRIES))
    assert found == Carriage(RESPONSES, (Feature.IMAGES,))


def test_a_dialect_nobody_can_write_is_no_way() -> None:
    assert carried((Dialect.GEMINI,), dialect=MESSAGES) is None


def test_the_plan_says_in_which_dialect_and_what_is_lost() -> None:
    view = provider("p", CHAT)
    of = route("p/m", "a/mid", dialects=frozenset({CHAT}))
    where = replace(world(routes=[of], providers=[view]), carries=CARRIES)
    planned = decide(request(uses=frozenset({Use.THINKING_HISTORY})), where).attempts[0]
    assert (planned.dialect, planned.losses) == (CHAT, (Feature.THINKING,))
    refused = decide(request(uses=frozenset({Use.DOCUMENT_DATA})), where)
    assert refused.attempts == ()
    assert codes(refused, "p/m") == [ReasonCode.WOULD_LOSE]

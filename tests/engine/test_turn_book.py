"""A turn is recognised by what its conversation says, and by nothing else."""

import json
from typing import Any

import pytest

from gate.admission.turns import GuardSettings, TurnAction
from gate.core.dialect import Dialect, Operation
from gate.core.request import NO_SESSION, ClientProfile, RequestFeatures, Session
from gate.engine.turn_book import TAIL_BYTES, TurnBook
from gate.protocols.codec import Scanned
from gate.protocols.registry import codec

SETTINGS = GuardSettings()
LONG = "Read all of it. " * 400
BODIES: dict[Dialect, dict[str, Any]] = {
    Dialect.ANTHROPIC_MESSAGES: {
        "model": "m",
        "max_tokens": 5,
        "metadata": {"user_id": "1"},
        "messages": [{"role": "user", "content": f"{LONG} one"}],
        "system": "Be brief.",
    },
    Dialect.OPENAI_CHAT: {
        "model": "m",
        "user": "1",
        "messages": [{"role": "user", "content": f"{LONG} one"}],
        "temperature": 1,
    },
    Dialect.OPENAI_RESPONSES: {
        "metadata": {"turn": "1"},
        "model": "m",
        "input": f"{LONG} one",
        "instructions": "Be brief.",
    },
    Dialect.GEMINI: {
        "labels": {"turn": "1"},
        "contents": [{"role": "user", "parts": [{"text": f"{LONG} one"}]}],
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
    },
}


class Turns:
    """One client at one book."""

    def __init__(self, dialect: Dialect = Dialect.OPENAI_CHAT, book: TurnBook | None = None) -> None:
        self.dialect = dialect
        self.book = TurnBook(b"k" * 32) if book is None else book
        self.now = 0.0

    def send(
        self,
        body: dict[str, Any] | bytes,
        client: ClientProfile = ClientProfile.OPENCODE,
        session: Session = Session("s1"),  # noqa: B008 - frozen
        peer: str = "10.0.0.1",
        settings: GuardSettings = SETTINGS,
        **more: Any,
    ) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        operation = more.pop("operation", Operation.CHAT)
        scanned = codec(self.dialect).scan(raw, operation)
        features = RequestFeatures(
            self.dialect,
            operation,
            more.pop("model", scanned.model),
            False,
            len(raw),
            len(raw) // 4,
            client=client,
            session=session,
            conversation_id=session.id or scanned.user_id,
            **more,
        )
        self.now += 0.01
        return self.book.see(features, scanned, raw, peer, self.now, settings)

    def repeats(self, body: dict[str, Any] | bytes, **more: Any) -> int:
        verdict = self.send(body, **more)
        assert verdict is not None
        return verdict.repeats


@pytest.mark.parametrize("dialect", BODIES)
def test_the_same_turn_is_the_same_whatever_stands_around_it(dialect: Dialect) -> None:
    turns, body = Turns(dialect), BODIES[dialect]
    assert turns.repeats(body) == 0
    assert turns.repeats(body) == 1
    changed = body | {"metadata": {"user_id": "another", "turn": "2"}, "user": "x", "labels": {"turn": "2"}}
    assert turns.repeats(changed) == 2
    assert turns.repeats(dict(reversed(body.items()))) == 3
    assert turns.repeats(body | {"stream": False}) == 4


@pytest.mark.parametrize("dialect", BODIES)
def test_another_turn_is_another_one(dialect: Dialect) -> None:
    turns, body = Turns(dialect), BODIES[dialect]
    text = json.dumps(body)
    for other in (
        text.replace(" one", " two"),
        text.replace(" one", " one more"),
        text.replace("Read all of it. ", "Read none of it ", 1),
        text.replace("Be brief.", "Be very brief.") if dialect is not Dialect.OPENAI_CHAT else text.replace("one", "1"),
    ):
        turns.now += 100.0
        turns.repeats(body)
        turns.repeats(body)
        assert turns.repeats(other.encode()) <= 1, "no more than the one sighting nothing is known of"
        assert turns.repeats(body) == 2


def test_a_batch_of_texts_that_end_alike_is_never_refused() -> None:
    """One question about many documents of one length, under one session's name."""
    turns = Turns()
    question = "What is it about? " * 100
    assert len(question) > TAIL_BYTES
    seen = [
        turns.repeats({"model": "m", "messages": [{"role": "user", "content": f"{number:04} {question}"}]})
        for number in range(100)
    ]
    assert sum(seen) <= 1


def test_the_same_input_after_another_answer_is_another_turn() -> None:
    turns = Turns(Dialect.OPENAI_RESPONSES)
    for number in range(20):
        assert turns.repeats({"model": "m", "input": "go on", "previous_response_id": f"resp_{number}"}) == 0


def test_ways_to_ask_are_kept_apart() -> None:
    turns, body = Turns(), BODIES[Dialect.OPENAI_CHAT]
    ways: list[dict[str, Any]] = [
        {},
        {"session": Session("s2")},
        {"session": Session("s1", agent="helper")},
        {"client": ClientProfile.CURSOR},
        {"client_key": "team"},
        {"model": "another"},
    ]
    assert [turns.repeats(body, **way) for way in ways] == [0] * len(ways)
    assert [turns.repeats(body, **way) for way in ways] == [1] * len(ways)


def test_without_a_session_the_address_tells_clients_apart() -> None:
    turns, body = Turns(), BODIES[Dialect.OPENAI_CHAT] | {"user": None}
    cursor: dict[str, Any] = {"client": ClientProfile.CURSOR, "session": NO_SESSION}
    assert turns.repeats(body, **cursor) == 0
    assert turns.repeats(body, **cursor, peer="10.0.0.2") == 0
    assert turns.repeats(body, **cursor) == 1


def test_sampling_one_prompt_many_times_at_once_is_only_counted() -> None:
    turns, body = Turns(), BODIES[Dialect.OPENAI_CHAT]
    script: dict[str, Any] = {"client": ClientProfile.AUTOMATION, "session": NO_SESSION}
    actions = {turns.send(body, **script).action for _ in range(200)}
    assert actions == {None, TurnAction.COUNTED}
    assert turns.send(body, **script).repeats == 64, "what is remembered is bounded"


def test_refused_turns_do_not_count_and_time_forgives() -> None:
    turns, body = Turns(), BODIES[Dialect.OPENAI_CHAT]
    actions = [turns.send(body).action for _ in range(30)]
    assert actions[:8] == [None, *[TurnAction.COUNTED] * 7]
    assert set(actions[8:]) == {TurnAction.REFUSED}
    turns.now += 10.0
    assert turns.send(body).action is TurnAction.COUNTED
    turns.now += 80.0
    assert turns.send(body).action is None


def test_a_slowed_turn_counts_from_when_it_goes_on() -> None:
    turns, body = Turns(), BODIES[Dialect.OPENAI_CHAT]
    settings = GuardSettings(slow=True)
    waits = [round(turns.send(body, settings=settings).wait_s) for _ in range(8)]
    assert waits == [0, 0, 0, 0, 2, 5, 7, 10]


def test_what_is_not_looked_at() -> None:
    turns = Turns(Dialect.ANTHROPIC_MESSAGES)
    body = BODIES[Dialect.ANTHROPIC_MESSAGES]
    assert turns.send(body, operation=Operation.COUNT_TOKENS) is None
    assert turns.send(body, settings=GuardSettings(enabled=False)) is None
    assert len(turns.book) == 0
    nothing = Scanned("m", None, stream=False)
    features = RequestFeatures(Dialect.OPENAI_RESPONSES, Operation.CHAT, "m", False, 2, 0)
    assert turns.book.see(features, nothing, b"{}", "", 0.0, SETTINGS) is None


def test_the_book_is_bounded_and_forgets_the_oldest() -> None:
    turns = Turns(book=TurnBook(b"k", kept=50))
    first = {"model": "m", "messages": [{"role": "user", "content": "0"}]}
    assert turns.repeats(first) == 0
    for number in range(1, 50):
        turns.repeats({"model": "m", "messages": [{"role": "user", "content": str(number)}]})
    assert len(turns.book) == 50
    assert turns.repeats(first) == 1, "the one seen last is kept"
    for number in range(50, 200):
        turns.repeats({"model": "m", "messages": [{"role": "user", "content": str(number)}]})
    assert len(turns.book) == 50
    assert turns.repeats(first) == 0


def test_digests_differ_from_process_to_process() -> None:
    body = BODIES[Dialect.OPENAI_CHAT]
    kept: list[set[bytes]] = []
    for key in (b"a", b"b"):
        turns = Turns(book=TurnBook(key))
        turns.repeats(body)
        kept.append(set(turns.book._turns))  # pyright: ignore[reportPrivateUsage]
    assert kept[0].isdisjoint(kept[1])


@pytest.mark.parametrize("dialect", BODIES)
def test_the_place_of_a_conversation_is_its_value(dialect: Dialect) -> None:
    body = BODIES[dialect]
    raw = json.dumps(body, indent=1).encode()
    at = codec(dialect).scan(raw, Operation.CHAT).conversation_at
    assert at is not None
    name = next(name for name in ("messages", "input", "contents") if name in body)
    assert json.loads(raw[at.start : at.end]) == body[name]


def test_the_place_within_a_counting_request_of_gemini() -> None:
    inner = {"model": "models/m", "contents": [{"parts": [{"text": "hi"}]}]}
    raw = json.dumps({"generateContentRequest": inner}).encode()
    at = codec(Dialect.GEMINI).scan(raw, Operation.COUNT_TOKENS).conversation_at
    assert at is not None
    assert json.loads(raw[at.start : at.end]) == inner["contents"]


def test_a_request_without_a_conversation_has_no_turn() -> None:
    assert codec(Dialect.OPENAI_RESPONSES).scan(b'{"model":"m"}', Operation.CHAT).conversation_at is None


def test_what_others_let_through_counts_and_what_cannot_be_stopped_is_not_told() -> None:
    told: list[tuple[bytes, float, float]] = []
    here = Turns(book=TurnBook(b"k", tell=lambda turn, at, for_s, heard: told.append((turn, at, for_s))))
    body = BODIES[Dialect.OPENAI_CHAT]
    here.send(body)
    here.send(body, ClientProfile.AUTOMATION, NO_SESSION)
    ((turn, at, for_s),) = told
    assert at == here.now - 0.01 and for_s == 80.0
    # Seven more by replicas, and one's own second that they had not heard of yet.
    here.send(body)
    here.book.heard(turn, [at - 0.002, at, *(at + 0.001 * more for more in range(1, 6))])
    verdict = here.send(body)
    assert verdict.action is TurnAction.REFUSED and verdict.repeats == 8
    here.book.heard(turn, [])
    here.book.heard(b"forgotten", [1.0])
    assert here.send(body).repeats == 8

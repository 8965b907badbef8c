"""Traces: the same for the same seed, and of the shape that was asked for."""

from itertools import pairwise

from simulate.setting import STREAMS
from simulate.traffic import Stream, drawn

SINGLE = Stream("batch", 0.5, first=1_000, writes=100)
SESSIONS = Stream("coding", 0.05, turns=8, gap_s=10.0, first=10_000, grows=1_000, writes=200)


def test_the_same_seed_gives_the_same_trace_and_another_one_another() -> None:
    assert drawn(STREAMS, 3, 600) == drawn(STREAMS, 3, 600)
    assert drawn(STREAMS, 3, 600) != drawn(STREAMS, 4, 600)


def test_turns_come_in_order_and_are_numbered() -> None:
    turns = drawn(STREAMS, 1, 600)
    assert [turn.id for turn in turns] == list(range(len(turns)))
    assert all(one.at <= two.at for one, two in pairwise(turns))
    assert turns[0].at >= 0 and turns[-1].at < 600


def test_arrivals_are_a_poisson_process() -> None:
    counts = [len(drawn((SINGLE,), seed, 200)) for seed in range(200)]
    mean = sum(counts) / len(counts)
    spread = sum((count - mean) ** 2 for count in counts) / len(counts)
    assert 97 < mean < 103, "0.5 per second for 200 seconds"
    assert 70 < spread < 135, "its variance is its mean"


def test_a_session_grows_by_what_was_said() -> None:
    turns = drawn((SESSIONS,), 2, 2_000)
    sessions = {turn.session for turn in turns}
    assert None not in sessions and len(sessions) > 50
    longest = max(([one for one in turns if one.session == number] for number in sessions), key=len)
    assert len(longest) > 10 and longest[0].context == 0
    for one, two in pairwise(longest):
        assert two.context == one.input + one.writes
        assert two.at > one.at
        assert two.group == one.group == f"session {one.session}"


def test_a_trace_is_the_same_whatever_other_streams_there_are_before_it_ends() -> None:
    alone = [turn.at for turn in drawn((SINGLE,), 1, 100)]
    both = [turn.at for turn in drawn((SINGLE, SESSIONS), 1, 100) if turn.intent == "batch"]
    assert alone == both


def test_single_requests_belong_to_no_session() -> None:
    assert {(turn.session, turn.group) for turn in drawn((SINGLE,), 1, 100)} == {(None, "intent batch")}

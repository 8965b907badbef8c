"""Which clients are stopped when they repeat a turn, and which never are."""

from dataclasses import replace
from itertools import accumulate, chain, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.admission.turns import (
    FIRST,
    HABITS,
    SIGHTINGS,
    GuardSettings,
    TurnAction,
    Verdict,
    is_guarded,
    is_looked_at,
    judge,
    refusal_text,
    remembered_s,
)
from gate.core.dialect import Dialect, Operation
from gate.core.request import NO_SESSION, ClientProfile, RequestFeatures, Session

SETTINGS = GuardSettings()
CLAUDE, OPENCODE, CODEX = ClientProfile.CLAUDE, ClientProfile.OPENCODE, ClientProfile.CODEX
AUTOMATION = ClientProfile.AUTOMATION


def asked(client: ClientProfile = AUTOMATION, session: Session = NO_SESSION) -> RequestFeatures:
    return RequestFeatures(Dialect.OPENAI_CHAT, Operation.CHAT, "m", False, 10, 2, client=client, session=session)


def sent(
    times: list[float],
    client: ClientProfile = OPENCODE,
    settings: GuardSettings = SETTINGS,
    *,
    stop: bool = True,
) -> list[Verdict]:
    """The verdicts on one turn sent at these times; a refused one does not count."""
    passed: list[float] = []
    verdicts: list[Verdict] = []
    for now in times:
        known = [time for time in passed if time > now - remembered_s(client, settings)]
        verdict = judge(known, now, client, settings, stop=stop)
        verdicts.append(verdict)
        if verdict.action is not TurnAction.REFUSED:
            passed.append(now + verdict.wait_s)
    return verdicts


def refused(verdicts: list[Verdict]) -> list[int]:
    return [index for index, verdict in enumerate(verdicts) if verdict.action is TurnAction.REFUSED]


def doubling(first: float, most: float, count: int) -> list[float]:
    """When a client sends, that waits `first` seconds and then twice as long each time, `most` at the most."""
    return [0.0, *accumulate(min(most, first * 2**turn) for turn in range(count))]


def test_a_first_sending_is_nothing_to_speak_of() -> None:
    assert judge([], 5.0, CLAUDE, SETTINGS, stop=True) is FIRST
    assert (FIRST.repeats, FIRST.action, FIRST.wait_s) == (0, None, 0.0)


def test_eight_equal_turns_pass_within_ten_seconds_and_no_more() -> None:
    verdicts = sent([0.1 * turn for turn in range(20)])
    assert [verdict.action for verdict in verdicts[:8]] == [None, *[TurnAction.COUNTED] * 7]
    assert [verdict.repeats for verdict in verdicts[:9]] == [0, 1, 2, 3, 4, 5, 6, 7, 8]
    assert refused(verdicts) == list(range(8, 20))
    assert verdicts[8].too_many == (8, 10.0)


def test_a_client_that_waits_as_it_was_told_gets_through() -> None:
    burst = [0.0] * 8
    assert refused(sent([*burst, 5.0, 10.001])) == [8], "the second wait of five seconds is enough"


def test_thirteen_a_second_without_end_are_twenty_in_eighty_seconds_at_the_most() -> None:
    """opencode on a stream it cannot read, as it was seen, for ten minutes."""
    times = [turn / 13 for turn in range(13 * 600)]
    passed = [
        time for time, verdict in zip(times, sent(times), strict=True) if verdict.action is not TurnAction.REFUSED
    ]
    assert len([time for time in passed if time < 10]) == 8
    assert len([time for time in passed if time < 80]) == 10, "twice the five retries it makes of its own"
    assert len(passed) <= 10 * 8


@pytest.mark.parametrize("slower", [1.0, 1.25], ids=["without jitter", "with all of it"])
def test_claude_codes_ten_retries_in_three_minutes_never_trip_it(slower: float) -> None:
    """Half a second, doubled up to 32 s, up to a quarter more: 160 to 200 s for the ten."""
    times = [time * slower for time in doubling(0.5, 32.0, 10)]
    assert 150 < times[-1] < 200
    verdicts = sent(times, CLAUDE)
    assert refused(verdicts) == []
    assert 4 <= verdicts[-1].repeats <= 10


def test_nor_do_they_after_a_stream_that_broke_off_and_the_repeat_without_streaming() -> None:
    again = [2.0 + time for time in doubling(0.5, 32.0, 10)]
    assert refused(sent([0.0, 1.0, *again], CLAUDE)) == []


def test_nor_do_six_tries_of_a_400_with_fewer_features_and_then_the_ten() -> None:
    tries = [0.3 * turn for turn in range(6)]
    assert refused(sent([*tries, *(12.0 + time for time in doubling(0.5, 32.0, 10))], CLAUDE)) == []


def test_opencodes_own_five_retries_never_trip_it() -> None:
    assert refused(sent(doubling(2.0, 1e9, 5))) == []


def test_claude_code_at_a_steady_pace_is_stopped_by_twice_its_own_retries() -> None:
    verdicts = sent([5.0 * turn for turn in range(60)], CLAUDE)
    assert refused(verdicts)[0] == 20
    assert verdicts[20].too_many == (20, 180.0)


def test_codex_is_let_eight_of_the_thirty_requests_it_makes_of_a_lasting_500() -> None:
    """200 ms doubled, four times in each of six streams, and the pauses between these: most come too fast."""
    pauses = chain.from_iterable([0.2, 0.4, 0.8, 1.6, 0.2 * 2**stream] for stream in range(6))
    times = [0.0, *accumulate(pauses)][:30]
    assert times[8] < 10
    assert refused(sent(times, CODEX))[0] == 8


def test_scripts_without_a_session_are_only_counted() -> None:
    verdicts = sent([0.0] * 200, AUTOMATION, stop=is_guarded(asked()))
    assert {verdict.action for verdict in verdicts} == {None, TurnAction.COUNTED}
    slow = sent([0.0] * 50, AUTOMATION, replace(SETTINGS, slow=True), stop=is_guarded(asked()))
    assert sum(verdict.wait_s for verdict in slow) == 0


@pytest.mark.parametrize(
    ("client", "session", "guarded"),
    [
        (AUTOMATION, NO_SESSION, False),
        (AUTOMATION, Session(agent="a"), False),
        (AUTOMATION, Session("s"), True),
        (CLAUDE, NO_SESSION, True),
        (ClientProfile.CURSOR, NO_SESSION, True),
        (OPENCODE, Session("s"), True),
    ],
)
def test_who_is_stopped_and_who_is_counted(client: ClientProfile, session: Session, guarded: bool) -> None:
    assert is_guarded(asked(client, session)) is guarded


def test_counting_requests_are_not_looked_at() -> None:
    assert is_looked_at(asked(), SETTINGS)
    assert not is_looked_at(replace(asked(), operation=Operation.COUNT_TOKENS), SETTINGS)
    assert not is_looked_at(asked(CLAUDE), replace(SETTINGS, enabled=False))


def test_slow_keeps_a_client_that_waits_for_its_answers_below_the_limit() -> None:
    """It answers at once, so that the client's own pace is all there is."""
    settings = replace(SETTINGS, slow=True)
    now, passed, verdicts = 0.0, list[float](), list[Verdict]()
    for _ in range(200):
        known = [time for time in passed if time > now - 10.0]
        verdict = judge(known, now, ClientProfile.CURSOR, settings, stop=True)
        verdicts.append(verdict)
        now += verdict.wait_s + 0.01
        passed.append(now)
    assert refused(verdicts) == []
    assert {verdict.action for verdict in verdicts} == {None, TurnAction.COUNTED, TurnAction.SLOWED}
    assert max(verdict.wait_s for verdict in verdicts) <= 2.5 + 1e-9


def test_slow_still_refuses_what_comes_all_at_once() -> None:
    verdicts = sent([0.0] * 12, settings=replace(SETTINGS, slow=True))
    assert refused(verdicts) == [8, 9, 10, 11]
    assert [verdict.wait_s for verdict in verdicts[3:8]] == [0.0, 2.5, 5.0, 7.5, 10.0]


@given(
    st.lists(st.floats(0, 30), min_size=1, max_size=80),
    st.sampled_from(list(ClientProfile)),
    st.integers(2, 12),
    st.floats(0.5, 20),
    st.booleans(),
)
def test_no_window_ever_holds_more_than_its_limit(
    pauses: list[float], client: ClientProfile, turns: int, window_s: float, slow: bool
) -> None:
    settings = GuardSettings(turns=turns, window_s=window_s, slow=slow)
    times = list(accumulate(pauses))
    verdicts = sent(times, client, settings)
    passed = [
        time + verdict.wait_s
        for time, verdict in zip(times, verdicts, strict=True)
        if verdict.action is not TurnAction.REFUSED
    ]
    habit = HABITS.get(client)
    limits = [(turns, window_s), *([] if habit is None else [(2 * habit.retries, habit.within_s)])]
    for most, seconds in limits:
        for begin in times:
            assert sum(begin - seconds < time <= begin for time in passed) <= most


@given(st.floats(0.1, 20), st.integers(2, 60))
def test_who_stays_below_both_limits_is_never_refused(window_s: float, turns: int) -> None:
    pace = window_s / turns * 1.001
    verdicts = sent(list(accumulate(repeat(pace, 200))), ClientProfile.CURSOR, GuardSettings(True, turns, window_s))
    assert refused(verdicts) == []


def test_every_limit_fits_into_what_is_remembered() -> None:
    assert all(2 * habit.retries <= SIGHTINGS for habit in HABITS.values())
    assert remembered_s(CLAUDE, SETTINGS) == 180.0
    assert remembered_s(CLAUDE, replace(SETTINGS, window_s=300.0)) == 300.0
    assert remembered_s(AUTOMATION, SETTINGS) == 10.0


def test_the_client_is_told_what_happened_and_what_to_do() -> None:
    text = refusal_text(sent([0.0] * 9)[-1])
    assert "8 times within 10 s" in text
    assert "guard.turns" in text
    assert "Wait" in text

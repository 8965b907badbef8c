"""The two-half window."""

from hypothesis import given, settings
from hypothesis import strategies as st

from gate.health.window import EMPTY_WINDOW, Window, counted


def test_no_calls_have_no_rate() -> None:
    assert EMPTY_WINDOW.rate is None
    assert EMPTY_WINDOW.calls == 0


def test_counts_within_a_half_add_up() -> None:
    window = EMPTY_WINDOW
    for at, failed in ((100.0, True), (101.0, False), (102.0, False), (103.0, True)):
        window = counted(window, at, 30.0, failed=failed)
    assert (window.calls, window.failures, window.rate) == (4, 2, 0.5)


def test_the_half_before_still_counts_and_the_one_before_that_does_not() -> None:
    window = counted(EMPTY_WINDOW, 0.0, 30.0, failed=True)
    window = counted(window, 16.0, 30.0, failed=False)
    assert (window.calls, window.failures) == (2, 1)
    window = counted(window, 31.0, 30.0, failed=False)
    assert (window.calls, window.failures) == (2, 0)


def test_after_a_silence_everything_is_forgotten() -> None:
    window = counted(counted(EMPTY_WINDOW, 0.0, 30.0, failed=True), 500.0, 30.0, failed=False)
    assert window == Window(500.0, 1, 0)


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 40), st.booleans()), max_size=60))
def test_never_more_than_what_the_last_seconds_held(events: list[tuple[float, bool]]) -> None:
    now, window, seen = 1_000.0, EMPTY_WINDOW, list[tuple[float, bool]]()
    for gap, failed in events:
        now += gap
        seen.append((now, failed))
        window = counted(window, now, 30.0, failed=failed)
        recent = [bad for at, bad in seen if now - at <= 30.0]
        surely = [bad for at, bad in seen if now - at < 15.0 and at >= window.started]
        assert len(surely) <= window.calls <= len(recent)
        assert window.failures <= sum(recent)

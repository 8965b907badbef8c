"""Limits, on traces worked out by hand."""

from gate.core.failure import FailureKind
from simulate.limits import FixedWindow, Quota, TokenBucket


def test_a_fixed_window_refuses_what_is_too_much_and_says_when_it_is_over() -> None:
    limit = FixedWindow(2, 60.0)
    assert limit.take(10.0, 1) is None
    assert limit.take(20.0, 1) is None
    assert not limit.open(45.5, 1)
    refused = limit.take(45.5, 1)
    assert refused is not None
    assert (refused.kind, refused.status, refused.retry_after_s) == (FailureKind.RATE_LIMITED, 429, 15.0)
    assert limit.open(60.0, 1) and limit.take(60.0, 1) is None
    assert limit.changes(70.0) == [45.5, 60.55], "over when nobody is asked to stay away any more"


def test_its_headers_say_what_is_left() -> None:
    limit = FixedWindow(4, 60.0)
    limit.take(10.0, 1)
    (told,) = limit.allowances(15.0)
    assert (told.limit, told.remaining, told.resets_in_s, told.left) == (4.0, 3.0, 45.0, 0.75)
    assert FixedWindow(4, 60.0, headers=False).allowances(0.0) == ()


def test_a_limit_that_tells_nothing_gives_a_bare_refusal() -> None:
    limit = FixedWindow(0, 60.0, tells=False)
    refused = limit.take(1.0, 1)
    assert refused is not None and refused.retry_after_s is None


def test_a_bucket_fills_all_the_time() -> None:
    bucket = TokenBucket(10.0, 100.0)
    assert bucket.take(0.0, 80) is None
    refused = bucket.take(1.0, 50)  # 20 left, 10 came back: 20 are missing, 2 s
    assert refused is not None and refused.retry_after_s == 3.0
    assert not bucket.open(2.9, 50)
    assert bucket.open(3.0, 50) and bucket.take(3.0, 50) is None
    assert bucket.changes(5.0) == [1.0, 4.05]
    assert bucket.open(100.0, 5_000), "a call larger than the bucket passes when it is full"


def test_refusals_in_one_spell_are_one_change() -> None:
    bucket = TokenBucket(1.0, 10.0, tells=False)
    bucket.take(0.0, 10)
    for at in (1.0, 2.0, 3.0):
        assert bucket.take(at, 8) is not None
    assert bucket.changes(8.0) == [1.0, 8.0]


def test_a_quota_is_used_up_until_it_is_renewed_and_nobody_says_when() -> None:
    quota = Quota(100, 500.0)
    assert quota.take(1.0, 60) is None
    assert quota.take(2.0, 60) is None, "it is checked before, counted after"
    refused = quota.take(3.0, 1)
    assert refused is not None
    assert (refused.kind, refused.status, refused.retry_after_s) == (FailureKind.QUOTA_EXHAUSTED, 429, None)
    assert not quota.open(499.0, 1) and quota.open(500.0, 1)
    assert quota.take(500.0, 1_000) is None and quota.take(501.0, 1) is None
    assert quota.changes(600.0) == [3.0, 500.0]


def test_asking_whether_it_is_open_changes_nothing() -> None:
    limit = FixedWindow(1, 60.0)
    assert all(limit.open(1.0, 1) for _ in range(5))
    assert limit.take(1.0, 1) is None


def test_headers_tell_when_little_is_left_and_when_there_is_plenty_again() -> None:
    window = FixedWindow(7, 60.0)
    for at in range(1, 8):
        window.take(float(at), 1)  # 0 of 7 left at 7.0; 1 of 7 is not less than a seventh
    assert window.told(59.0) == [7.0] and window.told(60.0) == [7.0, 60.0]
    bucket = TokenBucket(1.0, 100.0)
    bucket.take(0.0, 90)  # 10 left: less than a seventh
    bucket.take(5.0, 10)  # 5 left, so a quarter is there at 25.0
    assert bucket.told(24.9) == [0.0] and bucket.told(25.0) == [0.0, 25.0]
    assert bucket.changes(99.0) == []


def test_a_limit_without_headers_tells_nothing() -> None:
    window = FixedWindow(1, 60.0, headers=False)
    window.take(1.0, 1)
    assert window.told(99.0) == []

"""gate.protocols.error_words: what an error says of itself."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.protocols.error_words import Words, read_words, regained_after, retry_after, words_of


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"type":"error","error":{"type":"overloaded_error","message":"m"}}', Words("overloaded_error error", "m")),
        (b'{"error":{"message":"m","type":null,"code":"X_Y"}}', Words("x_y ", "m")),
        (b'{"code":"Some Code","error":"m"}', Words("some code", "m")),
        (b'[{"error":{"status":"NOT_FOUND","message":"m"}}]', Words("not_found ", "m")),
        (b'{"detail":"Not Found"}', Words(" ", "Not Found")),
        (b'{"error":{"message":"m","metadata":{"raw":"behind"}}}', Words(" ", "m behind")),
        (b"<html>", Words("", "<html>")),
        (b"", Words()),
    ],
)
def test_every_shape(body: bytes, words: Words) -> None:
    assert read_words(body) == words


@pytest.mark.parametrize(
    ("message", "seconds"),
    [
        ("Please try again in 20s.", 20),
        ("Please try again in 7m12.5s. Visit https://x to learn more.", 432.5),
        ("Please try again in 6ms.", 0.006),
        ("Please retry in 34.074824224s.", 34.074824224),
        ("Please retry after 6 seconds. Please go here", 6),
        ("try again in 2 minutes", 120),
        ("retry after 1 hour", 3600),
        ("try again in a while", None),
        ("try again in 5 models", None),
        ("it took 20s", None),
    ],
)
def test_waits_in_words(message: str, seconds: float | None) -> None:
    assert words_of({"error": {"message": message}}).wait_s == seconds


def test_googles_details() -> None:
    retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "3.5s"}
    quota = {"violations": [7, {"quotaId": "TokensPerDay-FreeTier"}]}
    found = words_of({"error": {"message": "Please retry in 9s.", "details": ["odd", retry, quota]}})
    assert (found.wait_s, found.per_day) == (3.5, True)
    assert not words_of({"error": {"details": [{"violations": [{"quotaId": "PerMinute"}]}]}}).per_day


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ([(b"retry-after", b"30")], 30.0),
        ([(b"Retry-After", b" 1.5 ")], 1.5),
        ([(b"retry-after-ms", b"250"), (b"retry-after", b"30")], 0.25),
        ([(b"retry-after-ms", b"soon"), (b"retry-after", b"3")], 3.0),
        ([(b"retry-after", b"-3")], None),
        ([(b"retry-after", b"inf")], None),
        ([(b"retry-after", b"Wed, 21 Oct 2026 07:28:00 GMT")], None),
        (
            [(b"retry-after", b"Wed, 21 Oct 2026 07:28:00 GMT"), (b"Date", b"Wed, 21 Oct 2026 07:27:30 GMT")],
            30.0,
        ),
        (
            [(b"retry-after", b"Wed, 21 Oct 2026 07:00:00 GMT"), (b"date", b"Wed, 21 Oct 2026 07:27:30 GMT")],
            0.0,
        ),
        ([(b"retry-after", b"later"), (b"date", b"Wed, 21 Oct 2026 07:27:30 GMT")], None),
        ([(b"retry-after", b"Wed, 21 Oct 2026 07:28:00"), (b"date", b"Wed, 21 Oct 2026 07:27:30 GMT")], None),
        ([], None),
    ],
)
def test_retry_after(headers: list[tuple[bytes, bytes]], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


@pytest.mark.parametrize(
    ("message", "date", "seconds"),
    [
        ("You will regain access on 2026-12-01 at 00:00 UTC.", b"Mon, 30 Nov 2026 23:59:00 GMT", 60),
        ("You will regain access on 2026-12-01 at 00:00 UTC.", b"Wed, 02 Dec 2026 00:00:00 GMT", 0),
        ("You will regain access on 2026-12-01 at 00:00 UTC.", b"never", None),
        ("You will regain access on 2026-13-01 at 00:00 UTC.", b"Mon, 30 Nov 2026 23:59:00 GMT", None),
        ("You will regain access soon.", b"Mon, 30 Nov 2026 23:59:00 GMT", None),
    ],
)
def test_when_access_is_regained(message: str, date: bytes, seconds: float | None) -> None:
    assert regained_after(message, [(b"Date", date)]) == seconds
    assert regained_after(message, []) is None


def test_long_and_deep_bodies() -> None:
    assert len(read_words(b"x" * 100_000).message) <= 8192
    assert read_words(b"[" * 100_000).codes == ""


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["error", "message", "details", "code", "violations", "retryDelay"]), inner)
    ),
    max_leaves=8,
)


@given(JSON)
def test_total(value: object) -> None:
    words = read_words(json.dumps(value).encode())
    assert words.all == f"{words.codes} {words.message}"
    assert words.wait_s is None or words.wait_s >= 0

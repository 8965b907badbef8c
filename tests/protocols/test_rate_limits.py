"""gate.protocols.rate_limits: every provider's spelling of its limits, as its answers really have it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.core.allowance import Allowance, AllowanceKind
from gate.core.profile import NO_RATE_LIMITS, RateLimitHeaders, ResetFormat
from gate.protocols.rate_limits import LONGEST_S, duration_s, read_allowances, spent_for
from gate.providers.discover import shipped

K = AllowanceKind
NAMES = {name: profile.rate_limits for name, profile in shipped().items()}
NOW = 1755780060.0
"""2025-08-21T12:41:00Z"""


def raw(**values: str) -> list[tuple[bytes, bytes]]:
    return [(name.replace("_", "-").encode(), value.encode()) for name, value in values.items()]


def test_anthropic_as_recorded() -> None:
    """The answer in the tests of tidyllm (rdrr.io/cran/tidyllm), of 2025-08-21."""
    headers = raw(
        content_type="application/json",
        anthropic_ratelimit_input_tokens_limit="80000",
        anthropic_ratelimit_input_tokens_remaining="80000",
        anthropic_ratelimit_input_tokens_reset="2025-08-21T12:40:59Z",
        anthropic_ratelimit_output_tokens_limit="16000",
        anthropic_ratelimit_output_tokens_remaining="16000",
        anthropic_ratelimit_output_tokens_reset="2025-08-21T12:41:00Z",
        anthropic_ratelimit_requests_limit="1000",
        anthropic_ratelimit_requests_remaining="999",
        anthropic_ratelimit_requests_reset="2025-08-21T12:41:30Z",
        anthropic_ratelimit_tokens_limit="96000",
        anthropic_ratelimit_tokens_remaining="96000",
        anthropic_ratelimit_tokens_reset="2025-08-21T12:40:59Z",
    )
    assert read_allowances(headers, NAMES["anthropic"], NOW) == (
        Allowance(K.REQUESTS, 1000, 999, 30),
        Allowance(K.TOKENS, 96000, 96000, 0),
        Allowance(K.INPUT_TOKENS, 80000, 80000, 0),
        Allowance(K.OUTPUT_TOKENS, 16000, 16000, 0),
    )


@pytest.mark.parametrize("provider", ["openai", "groq"])
def test_durations_in_words(provider: str) -> None:
    headers = raw(
        x_ratelimit_limit_requests="5000",
        x_ratelimit_limit_tokens="160000",
        x_ratelimit_remaining_requests="4999",
        x_ratelimit_remaining_tokens="159976",
        x_ratelimit_reset_requests="12ms",
        x_ratelimit_reset_tokens="6m0s",
    )
    assert read_allowances(headers, NAMES[provider], NOW) == (
        Allowance(K.REQUESTS, 5000, 4999, 0.012),
        Allowance(K.TOKENS, 160000, 159976, 360),
    )


def test_azure_counts_seconds_and_writes_minus_one_for_what_it_does_not_know() -> None:
    headers = raw(
        x_ratelimit_limit_tokens="-1",
        x_ratelimit_remaining_tokens="-1",
        x_ratelimit_reset_tokens="0",
        x_ratelimit_remaining_requests="79",
        x_ratelimit_limit_requests="80",
        x_ratelimit_reset_requests="6",
    )
    assert read_allowances(headers, NAMES["azure"], NOW) == (
        Allowance(K.REQUESTS, 80, 79, 6),
        Allowance(K.TOKENS, None, None, 0),
    )


def test_mistral_tells_no_resets() -> None:
    headers = raw(
        x_ratelimit_limit_tokens_minute="5000000",
        x_ratelimit_remaining_tokens_minute="4999911",
        x_ratelimit_tokens_query_cost="52",
        x_ratelimit_limit_req_minute="720",
        x_ratelimit_remaining_req_minute="717",
    )
    assert read_allowances(headers, NAMES["mistral"], NOW) == (
        Allowance(K.REQUESTS, 720, 717),
        Allowance(K.TOKENS, 5000000, 4999911),
    )


def test_openrouter_counts_milliseconds_since_1970() -> None:
    headers = [
        (b"X-RateLimit-Limit", b"50"),
        (b"X-RateLimit-Remaining", b"0"),
        (b"X-RateLimit-Reset", b"1755820800000"),
    ]
    found = read_allowances(headers, NAMES["openrouter"], NOW)
    assert found == (Allowance(K.REQUESTS, 50, 0, 40740),)
    assert found[0].left == 0


def test_cerebras_counts_requests_a_day_and_tokens_a_minute() -> None:
    headers = raw(
        x_ratelimit_limit_requests_day="1000000000",
        x_ratelimit_remaining_requests_day="999997455",
        x_ratelimit_reset_requests_day="33011.382867097855",
        x_ratelimit_limit_tokens_minute="1000000000",
        x_ratelimit_remaining_tokens_minute="999996165",
        x_ratelimit_reset_tokens_minute="11.382867097854614",
    )
    requests, tokens = read_allowances(headers, NAMES["cerebras"], NOW)
    assert (requests.kind, requests.resets_in_s) == (K.REQUESTS, 33011.382867097855)
    assert (tokens.kind, tokens.remaining, tokens.resets_in_s) == (K.TOKENS, 999996165, 11.382867097854614)


def test_together_and_fireworks() -> None:
    together = raw(x_ratelimit_limit="10", x_ratelimit_remaining="0", x_ratelimit_reset="1", x_tokenlimit_limit="3000")
    assert read_allowances(together, NAMES["together"], NOW) == (
        Allowance(K.REQUESTS, 10, 0, 1),
        Allowance(K.TOKENS, 3000),
    )
    fireworks = raw(
        x_ratelimit_limit_tokens_prompt="7200000",
        x_ratelimit_remaining_tokens_prompt="7193993",
        x_ratelimit_limit_tokens_generated="72000",
        x_ratelimit_remaining_tokens_generated="69338",
    )
    assert read_allowances(fireworks, NAMES["fireworks"], NOW) == (
        Allowance(K.INPUT_TOKENS, 7200000, 7193993),
        Allowance(K.OUTPUT_TOKENS, 72000, 69338),
    )


@pytest.mark.parametrize("provider", ["deepseek", "gemini", "xai", "bedrock", "azure-anthropic", "vllm", "ollama"])
def test_who_tells_nothing_is_not_read(provider: str) -> None:
    assert NAMES[provider] is NO_RATE_LIMITS
    assert read_allowances(raw(x_ratelimit_limit_requests="5"), NAMES[provider], NOW) == ()


def test_the_first_of_several_counts_and_case_does_not() -> None:
    headers = [(b"X-Ratelimit-Limit-Requests", b" 5 "), (b"x-ratelimit-limit-requests", b"9")]
    assert read_allowances(headers, NAMES["openai"], NOW) == (Allowance(K.REQUESTS, 5),)


@pytest.mark.parametrize(
    ("written", "value", "seconds"),
    [
        (ResetFormat.RFC3339, "2025-08-21T12:42:00Z", 60),
        (ResetFormat.RFC3339, "2025-08-21T14:42:00.5+02:00", 60.5),
        (ResetFormat.RFC3339, "2025-08-21T12:42:00", None),
        (ResetFormat.RFC3339, "soon", None),
        (ResetFormat.RFC3339, "9999-12-31T23:59:59Z", None),
        (ResetFormat.DURATION, "2m59.56s", 179.56),
        (ResetFormat.DURATION, "1h0m5s", 3605),
        (ResetFormat.DURATION, "750µs", 0.00075),
        (ResetFormat.DURATION, "7.66", None),
        (ResetFormat.DURATION, "-1s", None),
        (ResetFormat.SECONDS, "30", 30),
        (ResetFormat.SECONDS, "1e9", None),
        (ResetFormat.SECONDS, "nan", None),
        (ResetFormat.SECONDS, str(int(LONGEST_S) + 1), None),
        (ResetFormat.EPOCH_S, "1755780000", 0),
        (ResetFormat.EPOCH_S, "1755780090", 30),
        (ResetFormat.EPOCH_MS, "1755780060250", 0.25),
        (ResetFormat.EPOCH_S, "1755780060250", None),
    ],
)
def test_how_resets_are_written(written: ResetFormat, value: str, seconds: float | None) -> None:
    names = RateLimitHeaders(requests_remaining="left", requests_reset="reset", reset=written)
    found = read_allowances([(b"left", b"1"), (b"reset", value.encode())], names, NOW)
    assert found[0].resets_in_s == pytest.approx(seconds, abs=1e-6)


def test_what_is_used_up_is_waited_for() -> None:
    spent, more = Allowance(K.REQUESTS, 5, 0, 3.0), Allowance(K.TOKENS, 9, 0, 7.5)
    ample, silent = Allowance(K.INPUT_TOKENS, 9, 8, 60.0), Allowance(K.OUTPUT_TOKENS, 9, 0)
    assert spent_for([spent, more, ample, silent]) == 7.5
    assert spent_for([ample]) is None
    assert spent_for([silent]) is None
    assert spent_for([Allowance(K.REQUESTS, 5, 0, 0.0)]) is None
    assert spent_for([Allowance(K.REQUESTS, None, None, 4.0), ample]) == 4.0
    assert spent_for([]) is None


VALUES = st.binary(max_size=24) | st.sampled_from(
    [b"0", b"-1", b"1.5", b"6m0s", b"2025-08-21T12:42:00Z", b"\xb2", b"9" * 40]
)


@given(st.sampled_from(sorted(NAMES)), st.data())
def test_total(provider: str, data: st.DataObject) -> None:
    names = NAMES[provider]
    known = [name for _, *columns in names.rows() for name in columns if name] or ["x-none"]
    headers = data.draw(st.lists(st.tuples(st.sampled_from(known).map(str.encode), VALUES), max_size=16))
    for one in read_allowances(headers, names, NOW):
        assert one.limit is None or one.limit >= 0
        assert one.remaining is None or one.remaining >= 0
        assert one.resets_in_s is None or 0 <= one.resets_in_s <= LONGEST_S


@given(st.text(max_size=20))
def test_durations_are_total(text: str) -> None:
    seconds = duration_s(text)
    assert seconds is None or seconds >= 0

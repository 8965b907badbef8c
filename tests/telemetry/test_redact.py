"""Credentials do not survive in URLs and texts; everything else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.telemetry.redact import REDACTED, redact_query, redact_text, redact_url, suspect

SECRET = "sk-ant-REDACTME-0123456789abcdef"


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("key=AIzaSyABC&alt=sse", "key=REDACTED&alt=sse"),
        ("alt=sse&API_KEY=x", "alt=sse&API_KEY=REDACTED"),
        ("api%5Fkey=x", "api%5Fkey=REDACTED"),
        ("token=a=b&x=1", "token=REDACTED&x=1"),
        ("beta=true", "beta=true"),
        ("keys=1&monkey=2", "keys=1&monkey=2"),
        ("key", "key"),
        ("key=", "key="),
        ("", ""),
    ],
)
def test_queries(query: str, shown: str) -> None:
    assert redact_query(query) == shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://h/v1?key=k#f", "https://h/v1?key=REDACTED#f"),
        ("https://user:pw@h/v1", "https://REDACTED:REDACTED@h/v1"),
        ("http://h/a@b?x=1", "http://h/a@b?x=1"),
        ("/v1/messages?beta=true", "/v1/messages?beta=true"),
    ],
)
def test_urls(url: str, shown: str) -> None:
    assert redact_url(url) == shown


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {SECRET}",
        f"authorization={SECRET}",
        f'{{"authorization":"Bearer {SECRET}"}}',
        f"'x-api-key': '{SECRET}'",
        f"x-goog-api-key: {SECRET}",
        f"api_key={SECRET}",
        f"Bearer {SECRET}",
        f"sent {SECRET} upstream",
        f"https://h/?key={SECRET}&x=1",
        "Authorization: Basic cmVkYWN0bWU6UkVEQUNUTUU=",
    ],
)
def test_texts(text: str) -> None:
    shown = redact_text(text)
    assert REDACTED in shown
    assert "REDACTME" not in shown
    assert "cmVkYWN0bWU6UkVEQUNUTUU" not in shown


@pytest.mark.parametrize("key", ["gate-0123456789abcdefghij", "gsk_0123456789abcdefghij", "AIza0123456789abcdefghijk"])
def test_values_that_look_like_a_key(key: str) -> None:
    assert redact_text(f"got {key}.") == f"got {REDACTED}."


@pytest.mark.parametrize(
    "text",
    [
        "gate_requests_total",
        "x-gate-decision-id: gd-0-0123456789abcdef0123",
        "task-force",
        "the key of groq is missing",
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    assert redact_text(text) == text


@given(st.text())
def test_only_a_suspect_text_changes(text: str) -> None:
    assert suspect(text) or redact_text(text) == text

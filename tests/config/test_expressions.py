"""Regular expressions: linear whatever they are, and refused with the reason where RE2 does not take them."""

import sys
import time

import pytest

from gate.config.expressions import MISSING, ExpressionError, searcher


def test_found_anywhere_in_a_text() -> None:
    search = searcher(r"(?i)\bviel ärger")
    assert search("so viel ÄRGER!".encode()) is not None
    assert search(b"none") is None


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(?=a)b", "invalid perl operator: (?="),
        (r"(a)\1", r"invalid escape sequence: \1"),
        ("(a", "missing ): (a"),
        ("a{9999}", "invalid repetition size: {9999}"),
        ("\ud800", "utf-8"),
    ],
)
def test_what_re2_does_not_take_is_refused_with_its_reason(
    pattern: str, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ExpressionError) as caught:
        searcher(pattern)
    assert str(caught.value).startswith("RE2 does not take the expression: ")
    assert said in str(caught.value)
    assert str(caught.value).isprintable()
    assert capfd.readouterr().err == "", "RE2 itself stays silent"


def test_it_takes_no_long_time() -> None:
    search = searcher("(a|a)*(a|aa)*(a*)*b")
    started = time.perf_counter()
    assert search(b"a" * 8_192) is None
    assert time.perf_counter() - started < 1.0, "a backtracking engine would not end at all"


def test_without_re2_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "re2", None)
    with pytest.raises(ExpressionError) as caught:
        searcher("a")
    assert str(caught.value) == MISSING
    assert "otelgate[rules]" in MISSING

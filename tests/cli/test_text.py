from __future__ import annotations

import io

import pytest

from gate.cli import text


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colours_are_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert text.style_for(Terminal())("bad", "no") == "\x1b[31;1mno\x1b[0m"
    assert text.style_for(io.StringIO())("bad", "no") == "no"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colours_can_be_switched_off(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert not text.style_for(Terminal()).colour


def test_an_empty_no_color_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "")
    assert text.style_for(Terminal()).colour


def test_what_a_terminal_would_obey_is_not_printed() -> None:
    assert text.printable("a\x1b[2Jb\r\nc\u202e") == "a?[2Jb??c?"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "unknown"),
        (0, "0 us"),
        (0.000_004, "4 us"),
        (0.0123, "12.3 ms"),
        (1.5, "1.5 s"),
        (75, "75 s"),
        (120, "2 min"),
        (200, "3 min 20 s"),
        (7_500, "2 h 5 min"),
        (200_000, "2 d 7 h"),
    ],
)
def test_durations(value: float | None, said: str) -> None:
    assert text.seconds(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "unknown"),
        (0, "$0"),
        (0.000_000_2, "$2.0e-07"),
        (0.01234, "$0.0123"),
        (3.2, "$3.20"),
        (12_345, "$12,345"),
    ],
)
def test_amounts_are_never_rounded_to_nothing(value: float | None, said: str) -> None:
    assert text.usd(value) == said


def test_a_share_of_nothing_is_no_percentage() -> None:
    assert text.share(0, 0) == "-"
    assert text.share(None, 3) == "unknown"
    assert text.share(1, 3) == "33 %"
    assert text.share(1, 200) == "0.5 %"


def test_a_table_fits_and_never_cuts_a_number() -> None:
    rows = [("NAME", "N", "WHY"), ("a-name-that-is-much-too-long-for-this", "1,234,567", "so")]
    lines = text.table(rows, 30, right=(1,))
    assert lines == ["NAME                    N  WHY", "a-name-that-i…  1,234,567  so"]
    assert max(map(len, lines)) <= 30


def test_wide_columns_are_cut_before_narrow_ones() -> None:
    lines = text.table([("x" * 40, "y" * 12, "z" * 5)], 40)
    assert lines == ["x" * 18 + "…  " + "y" * 12 + "  " + "z" * 5]

"""The examples the vendors give of what a picture costs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.protocols.estimate.pictures import ClaudeRule, FlatRule, GeminiTiles, PatchRule, Rule, TileRule

STANDARD, HIGH = ClaudeRule(1568, 1568), ClaudeRule(2576, 4784)
GPT_4O, GPT_5 = TileRule(85, 170), TileRule(70, 140)
MINI = PatchRule(1.62)
GPT_5_5, GPT_6 = PatchRule(high=2_500, auto=10_000), PatchRule(high=2_500, auto=30_000)
RULES: tuple[Rule, ...] = (STANDARD, HIGH, GPT_4O, MINI, GPT_5_5, GPT_6, GeminiTiles(), FlatRule(1_120))


@pytest.mark.parametrize(
    ("rule", "size", "tokens"),
    [
        # platform.claude.com/docs/en/build-with-claude/vision: A4 at 1075 x 1520 becomes 924 x 1307.
        (STANDARD, (1075, 1520), 33 * 47),
        (STANDARD, (1520, 1075), 33 * 47),
        (STANDARD, (200, 200), 64),
        (STANDARD, (1000, 1000), 36 * 36),
        (HIGH, (1000, 1000), 36 * 36),
        (HIGH, (1920, 1080), 69 * 39),
        (HIGH, (1, 1), 1),
        # developers.openai.com/api/docs/guides/images-vision.
        (GPT_4O, (1024, 1024), 765),
        (GPT_4O, (2048, 4096), 1105),
        (GPT_5, (1024, 1024), 70 + 4 * 140),
        (PatchRule(), (1024, 1024), 1024),
        (PatchRule(), (1800, 2400), 1452),
        (MINI, (1800, 2400), 2353),
        (GPT_5_5, (3840, 2160), 120 * 68),
        (GPT_6, (3840, 2160), 120 * 68),
        # ai.google.dev/gemini-api/docs/image-understanding: 960 x 540 are six tiles.
        (GeminiTiles(), (384, 384), 258),
        (GeminiTiles(), (960, 540), 6 * 258),
        (FlatRule(1_120), (4_000, 3), 1_120),
    ],
)
def test_what_the_vendors_say(rule: Rule, size: tuple[int, int], tokens: int) -> None:
    assert rule(size, None) == tokens


@pytest.mark.parametrize(
    ("rule", "detail", "tokens"),
    [
        (GPT_4O, "low", 85),
        (GPT_4O, "high", 1105),
        (PatchRule(), "low", 16 * 8),
        (GPT_5_5, "low", 16 * 8),
        (GPT_5_5, "original", 64 * 128),
        (GPT_5_5, "auto", 64 * 128),
    ],
)
def test_detail(rule: Rule, detail: str, tokens: int) -> None:
    assert rule((2048, 4096), detail) == tokens


def test_high_detail_has_its_own_budget() -> None:
    assert 2_000 < GPT_5_5((3840, 2160), "high") <= 2_500
    assert 1_400 < PatchRule()((3840, 2160), "high") <= 1_536


sizes = st.tuples(st.integers(1, 70_000), st.integers(1, 70_000))


@given(sizes, st.sampled_from(RULES), st.sampled_from([None, "low", "high", "auto", "original", "?"]))
def test_any_size_has_a_price_within_bounds(size: tuple[int, int], rule: Rule, detail: str | None) -> None:
    tokens = rule(size, detail)
    assert tokens >= 1
    match rule:
        case ClaudeRule():
            assert tokens <= rule.most_tokens
        case TileRule():
            assert tokens <= rule.base + rule.tile * 8
        case PatchRule():
            assert tokens <= rule.factor * max(rule.high, rule.auto) + 1
        case _:
            pass


@given(sizes, st.sampled_from(RULES))
def test_turning_a_picture_changes_nothing(size: tuple[int, int], rule: Rule) -> None:
    assert rule(size, None) == rule((size[1], size[0]), None)

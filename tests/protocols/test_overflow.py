"""gate.protocols.overflow: every vendor's wording of a prompt that is too long, and what only looks like one."""

from __future__ import annotations

import pytest

from gate.protocols.overflow import anthropic_wording, is_overflow, numbers, openai_wording

WORDINGS: list[tuple[str, int | None, int | None]] = [
    ("prompt is too long: 210000 tokens > 200000 maximum", 210000, 200000),
    ("Input is too long for requested model.", None, None),
    ("Your input exceeds the context window of this model. Please adjust your input and try again.", None, None),
    ("context_length_exceeded", None, None),
    (
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 130001 tokens. "
        "Please reduce the length of the messages.",
        130001,
        128000,
    ),
    ("The input token count (1200000) exceeds the maximum number of tokens allowed (1048575).", 1200000, 1048575),
    ("This model's maximum prompt length is 131072 but the request contains 150000 tokens.", 150000, 131072),
    ("Please reduce the length of the messages or completion.", None, None),
    (
        "This endpoint's maximum context length is 32768 tokens. However, you requested about 40000 tokens "
        "(39000 of text input, 1000 in the output).",
        40000,
        32768,
    ),
    ("the request (9000 tokens) exceeds the available context size (8192 tokens), try increasing it", 9000, 8192),
    (
        "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
        40000,
        32768,
    ),
    ("Range of input length should be [1, 129024]", None, None),
]
LOOK_ALIKES = [
    "Too many tokens, please wait before trying again.",
    "Rate limit exceeded: token limit",
    "Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 9000, please reduce the length "
    "of the messages",
    "max_tokens: 300000 > 128000, which is the maximum allowed number of output tokens",
    "the context window of opportunity",
    "",
]


@pytest.mark.parametrize(("text", "tokens", "maximum"), WORDINGS)
def test_wordings(text: str, tokens: int | None, maximum: int | None) -> None:
    assert is_overflow(text)
    assert is_overflow(text.upper())
    assert numbers(text) == (tokens, maximum)


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_look_alikes(text: str) -> None:
    assert not is_overflow(text)


def test_only_the_maximum_is_known() -> None:
    assert numbers("maximum context length is 8,192 tokens") == (None, 8192)


@pytest.mark.parametrize(("text", "tokens", "maximum"), WORDINGS)
def test_claude_code_recognises_all_of_them(text: str, tokens: int | None, maximum: int | None) -> None:
    worded = anthropic_wording(text)
    assert worded.startswith("prompt is too long: ")
    if tokens is not None:
        assert worded == f"prompt is too long: {tokens} tokens > {maximum} maximum"
    assert anthropic_wording(worded) == worded


def test_gates_own_reason_has_the_numbers() -> None:
    text = "no route: about 300000 input tokens do not fit a context window of 200000"
    assert anthropic_wording(text) == "prompt is too long: 300000 tokens > 200000 maximum"
    assert openai_wording(text).startswith(
        "This model's maximum context length is 200000 tokens. However, your messages"
    )
    assert openai_wording("too long") == "too long"

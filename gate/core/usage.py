"""Token usage as a provider reported it. None = not reported; never zero in its place."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """Counts of tokens of one attempt.

    input: ALL input tokens, cached ones included (Anthropic reports them apart: sum of `input_tokens`,
    `cache_creation_input_tokens` and `cache_read_input_tokens`; OpenAI's `prompt_tokens` includes them already).
    cache_read, cache_write: parts of `input` read from or written to a prompt cache; cache_write_5m and _1h split it.
    output: all output tokens, reasoning included; reasoning: the part of it.
    """

    input: int | None = None
    output: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    cache_write_5m: int | None = None
    cache_write_1h: int | None = None
    reasoning: int | None = None


NOT_REPORTED = Usage()

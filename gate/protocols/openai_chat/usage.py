"""Token usage of chat completions. https://platform.openai.com/docs/api-reference/chat/object

`prompt_tokens` includes the cached tokens. DeepSeek names those `prompt_cache_hit_tokens`
(https://api-docs.deepseek.com/api/create-chat-completion), Mistral's older answers `num_cached_tokens` (its
openapi.yaml, read 2026-11-21); Groq repeats its counts under `x_groq` in streams. xAI leaves the reasoning tokens out
of `completion_tokens`, which only its total shows (docs.cloud.google.com/vertex-ai, Grok reasoning, read 2026-11-21).
"""

from collections.abc import Mapping

from gate.core.usage import NOT_REPORTED, Usage
from gate.protocols.fields import mapping, tokens


def read_usage(value: object) -> Usage:
    """value: a decoded `usage` object; anything else reports nothing."""
    usage = mapping(value)
    if not usage:
        return NOT_REPORTED
    prompt = mapping(usage.get("prompt_tokens_details"))
    completion = mapping(usage.get("completion_tokens_details"))
    cached = tokens(prompt.get("cached_tokens"))
    if cached is None:
        cached = tokens(usage.get("prompt_cache_hit_tokens"))
    asked, output = tokens(usage.get("prompt_tokens")), tokens(usage.get("completion_tokens"))
    reasoning = tokens(completion.get("reasoning_tokens"))
    if asked is not None and output is not None and reasoning:
        apart = tokens(usage.get("total_tokens")) == asked + output + reasoning
        output = output + reasoning if apart else output
    read = tokens(usage.get("num_cached_tokens")) if cached is None else cached
    written = tokens(prompt.get("cache_write_tokens"))
    if asked is not None and (read or 0) + (written or 0) > asked:
        written = None  # OpenRouter was seen to report the same tokens as read and as written
    return Usage(
        input=asked,
        output=output,
        cache_read=read,
        cache_write=written,
        reasoning=reasoning,
    )


def usage_of(answer: Mapping[str, object]) -> Usage:
    """The usage an answer or a chunk reports; Groq's own member where the usual one is missing."""
    return read_usage(mapping(answer.get("usage")) or mapping(answer.get("x_groq")).get("usage"))


def write_usage(usage: Usage) -> dict[str, object] | None:
    """A `usage` object with every member the SDK's type knows; None when nothing was reported."""
    if usage.input is None and usage.output is None:
        return None
    prompt, completion = usage.input or 0, usage.output or 0
    details: dict[str, int] = {"cached_tokens": usage.cache_read or 0, "audio_tokens": 0}
    if usage.cache_write:
        details["cache_write_tokens"] = usage.cache_write
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": details,
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning or 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }

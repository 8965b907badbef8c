"""Context overflow: how vendors word it, what looks like it and is not, and the numbers in the wording.

It matters because a coding client recovers from it (it compacts its history and goes on), but only when it recognises
the words. Claude Code recognises Anthropic's alone, so other vendors' words are put into those.
"""

import re

_WORDINGS = re.compile(
    r"""
      prompt\ is\ too\ long                                   # Anthropic
    | input\ is\ too\ long\ for\ requested\ model             # Bedrock
    | exceeds?\ the\ (?:model's\ )?context\ window            # OpenAI
    | context_length_exceeded                                 # OpenAI, as a code
    | input\ token\ count.{0,40}exceeds\ the\ maximum         # Gemini
    | maximum\ prompt\ length\ is\ \d                         # xAI
    | reduce\ the\ length\ of\ the\ messages                  # Groq
    | maximum\ context\ length\ is\ \d                        # OpenRouter, vLLM, OpenAI
    | exceeds\ the\ available\ context\ size                  # llama.cpp
    | exceed_context_size_error                               # llama.cpp, as a type
    | too\ large\ for\ model\ with\ \d+\ maximum\ context     # Mistral
    | range\ of\ input\ length\ should\ be                    # Qwen
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)

# Throttling that counts tokens: waiting helps, a shorter prompt is not what is asked for.
_LOOK_ALIKES = re.compile(r"too many tokens|rate.?limit|throttl|tokens per (?:min|day|hour)", re.IGNORECASE)

_N = r"(?P<tokens>\d[\d,]*)"
_M = r"(?P<maximum>\d[\d,]*)"
_NUMBERS = tuple(
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        rf"prompt is too long:\s*{_N} tokens? > {_M}",
        rf"input token count \({_N}\) exceeds .{{0,60}}?\({_M}\)",
        rf"maximum prompt length is {_M} but the request contains {_N}",
        rf"{_N} tokens.{{0,40}}exceeds the available context size \({_M} tokens\)",
        rf"contains {_N} tokens.{{0,60}}too large for model with {_M} maximum context",
        rf"maximum context length is {_M} tokens.{{0,80}}?(?:resulted in|requested|has|contains)(?: about)? {_N} ",
        # Gate's own reason, see `context_too_long` in gate.core.reason.
        rf"{_N} input tokens do not fit a context window of {_M}",
    )
)
_ONLY_MAXIMUM = re.compile(rf"maximum (?:context|prompt) length is {_M}", re.IGNORECASE)


def is_overflow(text: str) -> bool:
    """Whether a vendor's message or code says that the prompt does not fit the context window."""
    return _WORDINGS.search(text) is not None and _LOOK_ALIKES.search(text) is None


def numbers(text: str) -> tuple[int | None, int | None]:
    """Tokens of the prompt and the most that fit, as far as the wording tells them."""
    for pattern in _NUMBERS:
        match = pattern.search(text)
        if match is not None:
            return _number(match["tokens"]), _number(match["maximum"])
    match = _ONLY_MAXIMUM.search(text)
    return None, _number(match["maximum"]) if match else None


def _number(digits: str) -> int:
    return int(digits.replace(",", "")[:18])


def anthropic_wording(message: str) -> str:
    """`prompt is too long: N tokens > M maximum`; without numbers to put there, the beginning of it and the message."""
    tokens, maximum = numbers(message)
    if tokens is not None and maximum is not None:
        return f"prompt is too long: {tokens} tokens > {maximum} maximum"
    return message if "prompt is too long" in message else f"prompt is too long: {message}"


def openai_wording(message: str) -> str:
    """OpenAI's sentence with the numbers, or the message as it is."""
    tokens, maximum = numbers(message)
    if tokens is None or maximum is None:
        return message
    return (
        f"This model's maximum context length is {maximum} tokens. However, your messages resulted in {tokens} tokens. "
        "Please reduce the length of the messages."
    )

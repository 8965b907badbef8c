"""Words of chat completions that mean something in canonical form, both ways.

finish_reason: github.com/openai/openai-python 3.54.0 (types/chat), Mistral's openapi.yaml (`model_length`, `error`),
api-docs.deepseek.com (`insufficient_system_resource`); OpenRouter keeps the word of the vendor behind it in
`native_finish_reason`, vLLM the stop string that was met in `stop_reason`. All read 2026-11-21.
"""

from typing import Literal

from gate.protocols.canonical.answer import Stop
from gate.protocols.canonical.request import Effort, Reasoning

_STOPS: dict[str, Stop] = {
    "stop": Stop.END,
    "end_turn": Stop.END,
    "eos": Stop.END,
    "length": Stop.MAX_TOKENS,
    "max_tokens": Stop.MAX_TOKENS,
    "max_output_tokens": Stop.MAX_TOKENS,
    "model_length": Stop.CONTEXT_FULL,
    "tool_calls": Stop.TOOL_USE,
    "tool_call": Stop.TOOL_USE,
    "tool_use": Stop.TOOL_USE,
    "function_call": Stop.TOOL_USE,
    "content_filter": Stop.REFUSAL,
    "safety": Stop.REFUSAL,
    "refusal": Stop.REFUSAL,
    "stop_sequence": Stop.STOP_SEQUENCE,
}
# What only the word of the vendor behind an aggregator tells.
_FINER: dict[str, Stop] = {
    "stop_sequence": Stop.STOP_SEQUENCE,
    "refusal": Stop.REFUSAL,
    "pause_turn": Stop.PAUSE,
    "model_context_window_exceeded": Stop.CONTEXT_FULL,
}
_FINISH: dict[Stop, str] = {
    Stop.MAX_TOKENS: "length",
    Stop.CONTEXT_FULL: "length",
    Stop.TOOL_USE: "tool_calls",
    Stop.REFUSAL: "content_filter",
}
UNSAID = frozenset({"", "null"})
"""Finish reasons by which some servers mean that there is none yet."""

Finish = Literal["stop", "length", "tool_calls", "content_filter", "function_call"]


def stop_of(word: str | None, native: object, *, called: bool) -> Stop:
    """word: the finish reason, None when none was given. native: the word of the vendor behind, anything. called: the
    answer has calls; it then ended for them, whatever its vendor says."""
    stop = Stop.END if word is None else _STOPS.get(word.lower(), Stop.OTHER)
    if isinstance(native, str):
        stop = _FINER.get(native.lower(), stop)
    if stop is Stop.END and called:
        return Stop.TOOL_USE
    return Stop.END if stop is Stop.TOOL_USE and not called else stop


def finish_of(stop: Stop | None, *, legacy: bool) -> str:
    """The finish reason for a client. legacy: it offered `functions`."""
    if stop is Stop.TOOL_USE and legacy:
        return "function_call"
    return "stop" if stop is None else _FINISH.get(stop, "stop")


# Google's own table between efforts and budgets (ai.google.dev/gemini-api/docs/openai, read 2026-11-21): low stands
# for 1,024 tokens, medium for 8,192, high for 24,576.
_LOW_UP_TO = 1024
_MEDIUM_UP_TO = 8192
COMMON_EFFORTS = ("low", "medium", "high")
"""Every endpoint with efforts at all knows these three; the others only some models."""


def effort_of(reasoning: Reasoning) -> Effort | None:
    """The nearest effort to what was asked; None when the model may decide."""
    if reasoning.on is False or reasoning.budget == 0:
        return Effort.NONE
    if reasoning.effort is not None:
        return reasoning.effort
    if reasoning.budget is not None and reasoning.budget > 0:
        if reasoning.budget <= _LOW_UP_TO:
            return Effort.LOW
        return Effort.MEDIUM if reasoning.budget <= _MEDIUM_UP_TO else Effort.HIGH
    if reasoning.on and not reasoning.adaptive:
        return Effort.MEDIUM
    return None

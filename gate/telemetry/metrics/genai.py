"""The conventions' own metrics of an upstream call, as the chosen profile names them; `dup` counts both.

What an upstream did not report is not counted. The unreleased conventions would have a 0 there, which a histogram
cannot tell from a call that used nothing.
"""

from typing import Protocol

from gate.telemetry.attempt_view import AttemptView
from gate.telemetry.metrics.instruments import Exemplar, Instruments

INFERENCE = "chat"
_MODALITY = "unknown"
Common = tuple[str, str, str, str]
"""Bounded label values: operation, provider, requested model, model of the response."""


class CountsCalls(Protocol):
    """Counts one upstream call that ended. error: its bounded `error.type`, empty when it served."""

    def __call__(self, attempt: AttemptView, common: Common, error: str, exemplar: Exemplar | None) -> None: ...


def counters_of(instruments: Instruments, profile: str) -> tuple[CountsCalls, ...]:
    """What counts calls in a profile. Raises KeyError for one that the registry does not have."""
    parts = instruments.registry.profiles[profile].includes or (profile,)
    made: list[CountsCalls] = []
    if "1.41" in parts:
        made.append(_Published(instruments))
    if "genai-next" in parts:
        made.append(_Next(instruments, alone=not made))
    return tuple(made)


class _Published:
    """Profile 1.41."""

    def __init__(self, instruments: Instruments) -> None:
        self._duration = instruments.histogram("gen_ai.client.operation.duration")
        self._usage = instruments.histogram("gen_ai.client.token.usage")
        self._first = instruments.histogram("gen_ai.client.operation.time_to_first_chunk")

    def __call__(self, attempt: AttemptView, common: Common, error: str, exemplar: Exemplar | None) -> None:
        self._duration.labels(*common, error).observe(attempt.duration_s, exemplar)
        if attempt.first_chunk_s is not None and attempt.stream:
            self._first.labels(*common).observe(attempt.first_chunk_s, exemplar)
        if attempt.operation == INFERENCE:
            if attempt.input_tokens is not None:
                self._usage.labels(*common, "input").observe(attempt.input_tokens, exemplar)
            if attempt.output_tokens is not None:
                self._usage.labels(*common, "output").observe(attempt.output_tokens, exemplar)


class _Next:
    """Profile genai-next."""

    def __init__(self, instruments: Instruments, *, alone: bool) -> None:
        """alone: calls that are no inference keep the published metric, which nobody else counts."""
        self._others = instruments.histogram("gen_ai.client.operation.duration") if alone else None
        self._duration = instruments.histogram("gen_ai.client.inference.duration")
        self._first = instruments.histogram("gen_ai.client.inference.time_to_first_chunk")
        self._input, self._output, self._read, self._written, self._reasoning = (
            instruments.counter(f"gen_ai.client.inference.usage.{kind}")
            for kind in (
                "input_tokens",
                "output_tokens",
                "cache_read.input_tokens",
                "cache_write.input_tokens",
                "reasoning.output_tokens",
            )
        )
        self._inputs = instruments.histogram("gen_ai.client.inference.operation.input_tokens")
        self._outputs = instruments.histogram("gen_ai.client.inference.operation.output_tokens")

    def __call__(self, attempt: AttemptView, common: Common, error: str, exemplar: Exemplar | None) -> None:
        if attempt.operation != INFERENCE:
            if self._others is not None:
                self._others.labels(*common, error).observe(attempt.duration_s, exemplar)
            return
        self._duration.labels(*common, error).observe(attempt.duration_s, exemplar)
        if attempt.first_chunk_s is not None and attempt.stream:
            self._first.labels(*common).observe(attempt.first_chunk_s, exemplar)
        for counter, tokens in (
            (self._input, attempt.input_tokens),
            (self._output, attempt.output_tokens),
            (self._read, attempt.cache_read_tokens),
            (self._written, attempt.cache_write_tokens),
            (self._reasoning, attempt.reasoning_tokens),
        ):
            if tokens is not None:
                counter.labels(*common, _MODALITY).inc(tokens)
        for histogram, tokens in ((self._inputs, attempt.input_tokens), (self._outputs, attempt.output_tokens)):
            if tokens is not None:
                histogram.labels(*common, error).observe(tokens, exemplar)

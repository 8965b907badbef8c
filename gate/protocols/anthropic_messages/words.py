"""Words of the messages API that mean something in canonical form, both ways.

stop_reason: github.com/anthropics/anthropic-sdk-python 2.12.0 (types/beta/beta_stop_reason.py), read 2026-11-21.
"""

from gate.protocols.canonical.answer import Stop

_STOPS: dict[str, Stop] = {
    "end_turn": Stop.END,
    "max_tokens": Stop.MAX_TOKENS,
    "stop_sequence": Stop.STOP_SEQUENCE,
    "tool_use": Stop.TOOL_USE,
    "pause_turn": Stop.PAUSE,
    "refusal": Stop.REFUSAL,
    "model_context_window_exceeded": Stop.CONTEXT_FULL,
    "compaction": Stop.OTHER,
}
_REASONS = {stop: word for word, stop in _STOPS.items() if stop is not Stop.OTHER}

UNSIGNED = "unsigned"
"""Kind of the envelope that stands where a thinking block has no signature: this dialect wants one in every block."""
UNSOURCED = "citation"
"""Kind of the envelope that stands for the encrypted index of a citation another vendor made."""


def stop_of(word: str | None, *, called: bool) -> Stop:
    """word: the stop reason, None when none was given. called: the answer has calls for the client; it then ended for
    them, whatever its vendor says."""
    stop = Stop.END if word is None else _STOPS.get(word, Stop.OTHER)
    if called:
        return Stop.TOOL_USE if stop is Stop.END else stop
    return Stop.END if stop is Stop.TOOL_USE else stop


def reason_of(stop: Stop | None, word: str | None) -> str:
    """The stop reason for a client. word: the upstream's own, used where it is one of this dialect."""
    if stop is None or stop is Stop.OTHER:
        return word if word is not None and word in _STOPS else "end_turn"
    return _REASONS[stop]

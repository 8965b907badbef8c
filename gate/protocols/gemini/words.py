"""Why an answer ended, in Gemini's words and the canonical ones.

`FinishReason` and `BlockedReason` of google-genai 3.4.0 and ai.google.dev/api/generate-content, read 2026-11-21. A call
ends with `STOP` like a text.
"""

from gate.protocols.canonical.answer import Stop

_REFUSED = (
    "SAFETY",
    "RECITATION",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
    "ESCALATION",
    "PUP_LIMITED_DISABLED",
    "MODEL_ARMOR",
)
STOPS: dict[str, Stop] = {
    "STOP": Stop.END,
    "MAX_TOKENS": Stop.MAX_TOKENS,
    # The answer is as long as one request may make it.
    "CONTINUATION": Stop.MAX_TOKENS,
    **dict.fromkeys(_REFUSED, Stop.REFUSAL),
}
"""Every other word (`MALFORMED_FUNCTION_CALL`, `OTHER`, ...) is `Stop.OTHER`."""

_WORDS: dict[Stop, str] = {
    Stop.END: "STOP",
    Stop.TOOL_USE: "STOP",
    Stop.STOP_SEQUENCE: "STOP",
    Stop.PAUSE: "STOP",
    Stop.MAX_TOKENS: "MAX_TOKENS",
    Stop.CONTEXT_FULL: "MAX_TOKENS",
    Stop.REFUSAL: "SAFETY",
    Stop.OTHER: "OTHER",
}
_OTHERS = frozenset(
    {
        "LANGUAGE",
        "OTHER",
        "MALFORMED_FUNCTION_CALL",
        "IMAGE_OTHER",
        "NO_IMAGE",
        "UNEXPECTED_TOOL_CALL",
        "TOO_MANY_TOOL_CALLS",
        "MISSING_THOUGHT_SIGNATURE",
        "MALFORMED_RESPONSE",
    }
)


def stop_of(word: str, *, calls: bool) -> Stop:
    """What a finish reason means. calls: the answer holds calls for the client."""
    stop = STOPS.get(word, Stop.OTHER)
    normal = stop is Stop.END or word == "UNEXPECTED_TOOL_CALL"
    return Stop.TOOL_USE if calls and normal else stop


def word_of(stop: Stop | None, word: str | None) -> str:
    """The finish reason for a client. word: the upstream's own; kept when it is one of Gemini's."""
    if word in STOPS or word in _OTHERS:
        return word
    return "OTHER" if stop is None else _WORDS[stop]

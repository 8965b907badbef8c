"""Token usage as Anthropic reports it. https://platform.claude.com/docs/en/build-with-claude/prompt-caching

Total input = `input_tokens` + `cache_creation_input_tokens` + `cache_read_input_tokens`. In a stream, `message_start`
reports the input and each `message_delta` the counts so far: they replace what was known, they do not add to it.
"""

from collections.abc import Mapping

from gate.core.usage import Usage
from gate.protocols.fields import mapping, tokens

_INPUT = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
_TTL = {"5m": "ephemeral_5m_input_tokens", "1h": "ephemeral_1h_input_tokens"}
_OUTPUT = "output_tokens"
_THINKING = "thinking_tokens"


class UsageCount:
    """The usage of one answer, from any number of reports."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def report(self, value: object) -> None:
        """value: a decoded `usage` object; anything else reports nothing."""
        usage = mapping(value)
        found = _counts(usage, *_INPUT)
        # Some senders end with `"input_tokens": 0` after a start that knew better; that is no count.
        if any(found.values()):
            self._known |= found | _counts(mapping(usage.get("cache_creation")), *_TTL.values())
        else:
            self._known = found | self._known
        self._known |= _counts(usage, _OUTPUT) | _counts(mapping(usage.get("output_tokens_details")), _THINKING)

    def usage(self) -> Usage:
        """What is known so far; None for what was not reported."""
        known = self._known
        uncached = known.get("input_tokens")
        written = known.get("cache_creation_input_tokens")
        read = known.get("cache_read_input_tokens")
        return Usage(
            input=None if uncached is None else uncached + (written or 0) + (read or 0),
            output=known.get(_OUTPUT),
            cache_read=read,
            cache_write=written,
            cache_write_5m=known.get(_TTL["5m"]),
            cache_write_1h=known.get(_TTL["1h"]),
            reasoning=known.get(_THINKING),
        )


def read_usage(value: object) -> Usage:
    """The usage of a whole answer."""
    count = UsageCount()
    count.report(value)
    return count.usage()


def _counts(usage: Mapping[str, object], *names: str) -> dict[str, int]:
    found = ((name, tokens(usage.get(name))) for name in names)
    return {name: value for name, value in found if value is not None}


def write_usage(usage: Usage) -> dict[str, object]:
    """Usage in Anthropic's words, input without what was cached. What was not reported is 0: clients add these up and
    fail without them."""
    read, written = usage.cache_read or 0, usage.cache_write or 0
    told: dict[str, object] = {
        "input_tokens": max(0, (usage.input or 0) - read - written),
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": read,
        _OUTPUT: usage.output or 0,
    }
    if usage.cache_write_5m is not None or usage.cache_write_1h is not None:
        told["cache_creation"] = {_TTL["5m"]: usage.cache_write_5m or 0, _TTL["1h"]: usage.cache_write_1h or 0}
    if usage.reasoning is not None:
        told["output_tokens_details"] = {_THINKING: usage.reasoning}
    return told

"""Token usage as Gemini reports it, both ways.

`promptTokenCount` includes `cachedContentTokenCount`; `candidatesTokenCount` does not include `thoughtsTokenCount`, and
the results of tools that Google runs are counted apart: totalTokenCount is the sum of prompt, candidates, tool use and
thoughts (`UsageMetadata` of google-genai 3.4.0 and ai.google.dev/api/generate-content, read 2026-11-21). A count of
zero is left out. In a stream each chunk reports the counts so far.
"""

from gate.core.usage import Usage
from gate.protocols.canonical.parts import Wire
from gate.protocols.fields import mapping, tokens


def read_usage(value: object) -> Usage:
    """value: a decoded `usageMetadata`; anything else reports nothing."""
    usage = mapping(value)
    prompt = tokens(usage.get("promptTokenCount"))
    tools = tokens(usage.get("toolUsePromptTokenCount"))
    thoughts = tokens(usage.get("thoughtsTokenCount"))
    said = tokens(usage.get("candidatesTokenCount"))
    given = None if prompt is None and tools is None else (prompt or 0) + (tools or 0)
    return Usage(
        input=given,
        output=_output(said, thoughts, given, tokens(usage.get("totalTokenCount"))),
        cache_read=tokens(usage.get("cachedContentTokenCount")),
        reasoning=thoughts,
    )


def _output(said: int | None, thoughts: int | None, given: int | None, total: int | None) -> int | None:
    if said is not None or thoughts is not None:
        return (said or 0) + (thoughts or 0)
    # Zero is left out; the total tells it from a count that was not made.
    return None if given is None or total is None else max(0, total - given)


def write_usage(usage: Usage) -> Wire | None:
    """A `usageMetadata`, None when nothing is known."""
    if usage.input is None and usage.output is None:
        return None
    written: dict[str, object] = {}
    if usage.input is not None:
        written["promptTokenCount"] = usage.input
    if usage.cache_read:
        written["cachedContentTokenCount"] = usage.cache_read
    if usage.output is not None:
        written["candidatesTokenCount"] = max(0, usage.output - (usage.reasoning or 0))
    if usage.reasoning:
        written["thoughtsTokenCount"] = usage.reasoning
    written["totalTokenCount"] = (usage.input or 0) + (usage.output or 0)
    return written

"""Token usage of responses. https://platform.openai.com/docs/api-reference/responses/object

`input_tokens` includes the cached tokens, those read and those written.
"""

from gate.core.usage import NOT_REPORTED, Usage
from gate.protocols.fields import mapping, tokens


def read_usage(value: object) -> Usage:
    """value: a decoded `usage` object; anything else reports nothing."""
    usage = mapping(value)
    if not usage:
        return NOT_REPORTED
    inputs = mapping(usage.get("input_tokens_details"))
    outputs = mapping(usage.get("output_tokens_details"))
    return Usage(
        input=tokens(usage.get("input_tokens")),
        output=tokens(usage.get("output_tokens")),
        cache_read=tokens(inputs.get("cached_tokens")),
        cache_write=tokens(inputs.get("cache_write_tokens")),
        reasoning=tokens(outputs.get("reasoning_tokens")),
    )


def write_usage(usage: Usage) -> dict[str, object]:
    """The member `usage`. Clients demand numbers here, so what was not reported is told as 0."""
    inputs, outputs = usage.input or 0, usage.output or 0
    return {
        "input_tokens": inputs,
        "input_tokens_details": {"cached_tokens": usage.cache_read or 0, "cache_write_tokens": usage.cache_write or 0},
        "output_tokens": outputs,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning or 0},
        "total_tokens": inputs + outputs,
    }

"""Token usage of chat completions. https://platform.openai.com/docs/api-reference/chat/object

`prompt_tokens` includes the cached tokens. DeepSeek names those `prompt_cache_hit_tokens`
(https://api-docs.deepseek.com/api/create-chat-completion).
"""

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
    return Usage(
        input=tokens(usage.get("prompt_tokens")),
        output=tokens(usage.get("completion_tokens")),
        cache_read=tokens(usage.get("prompt_cache_hit_tokens")) if cached is None else cached,
        cache_write=tokens(prompt.get("cache_write_tokens")),
        reasoning=tokens(completion.get("reasoning_tokens")),
    )

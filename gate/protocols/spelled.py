"""How a client's dialect spells what the canonical form names, so that a loss names the member the client sent."""

from collections.abc import Mapping

from gate.core.dialect import Dialect

_CONFIG = "generationConfig"
_SPELLED: Mapping[Dialect, Mapping[str, str]] = {
    Dialect.ANTHROPIC_MESSAGES: {
        "stop": "stop_sequences",
        "user": "metadata.user_id",
        "reasoning": "thinking",
        "effort": "output_config.effort",
        "output": "output_config.format",
        "parallel": "tool_choice.disable_parallel_tool_use",
    },
    Dialect.OPENAI_CHAT: {
        "choices": "n",
        "reasoning": "reasoning_effort",
        "effort": "reasoning_effort",
        "output": "response_format",
        "parallel": "parallel_tool_calls",
    },
    Dialect.OPENAI_RESPONSES: {
        "max_tokens": "max_output_tokens",
        "logprobs": "top_logprobs",
        "effort": "reasoning.effort",
        "output": "text.format",
        "verbosity": "text.verbosity",
        "parallel": "parallel_tool_calls",
    },
    Dialect.GEMINI: {
        "stop": f"{_CONFIG}.stopSequences",
        "max_tokens": f"{_CONFIG}.maxOutputTokens",
        "temperature": f"{_CONFIG}.temperature",
        "top_p": f"{_CONFIG}.topP",
        "top_k": f"{_CONFIG}.topK",
        "seed": f"{_CONFIG}.seed",
        "presence_penalty": f"{_CONFIG}.presencePenalty",
        "frequency_penalty": f"{_CONFIG}.frequencyPenalty",
        "choices": f"{_CONFIG}.candidateCount",
        "logprobs": f"{_CONFIG}.responseLogprobs",
        "reasoning": f"{_CONFIG}.thinkingConfig",
        "effort": f"{_CONFIG}.thinkingConfig",
        "output": f"{_CONFIG}.responseSchema",
        "tool_choice": "toolConfig.functionCallingConfig",
        "parallel": "toolConfig",
        "service_tier": "serviceTier",
    },
}


def spelled(dialect: Dialect, name: str) -> str:
    """name: a member of the canonical request, of its `sampling`, or `effort` and `parallel` of what was asked about
    thinking and tools."""
    return _SPELLED[dialect].get(name, name)

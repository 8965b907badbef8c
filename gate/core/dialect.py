"""Wire protocols a client or a provider speaks, and the operations Gate carries in them."""

from enum import StrEnum


class Dialect(StrEnum):
    """A wire protocol. The value is what spans, metrics, configuration and explain show."""

    ANTHROPIC_MESSAGES = "anthropic_messages"
    OPENAI_CHAT = "openai_chat"
    OPENAI_RESPONSES = "openai_responses"
    GEMINI = "gemini"


class Operation(StrEnum):
    """What is asked of the model. `chat` is `gen_ai.operation.name` of the semantic conventions for all generation."""

    CHAT = "chat"
    COUNT_TOKENS = "count_tokens"

"""`POST /v1/messages/count_tokens`: Anthropic's token counting."""

from gate.core.dialect import Dialect, Operation
from gate.routes.operation import ModelOperation

OPERATION = ModelOperation("/v1/messages/count_tokens", Dialect.ANTHROPIC_MESSAGES, Operation.COUNT_TOKENS)

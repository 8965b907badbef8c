"""`POST /v1/messages`: Anthropic's Messages API (stream and not, also with `?beta=true`)."""

from gate.core.dialect import Dialect, Operation
from gate.routes.operation import ModelOperation

OPERATION = ModelOperation("/v1/messages", Dialect.ANTHROPIC_MESSAGES, Operation.CHAT)

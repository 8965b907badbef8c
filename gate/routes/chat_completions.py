"""`POST /v1/chat/completions`: OpenAI's Chat Completions (stream and not)."""

from gate.core.dialect import Dialect, Operation
from gate.routes.operation import ModelOperation

OPERATION = ModelOperation("/v1/chat/completions", Dialect.OPENAI_CHAT, Operation.CHAT)

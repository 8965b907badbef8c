"""`POST /v1/responses`: OpenAI's Responses (stream and not). A WebSocket upgrade on this path is refused with 426 by
`surface`."""

from gate.core.dialect import Dialect, Operation
from gate.routes.operation import ModelOperation

OPERATION = ModelOperation("/v1/responses", Dialect.OPENAI_RESPONSES, Operation.CHAT)

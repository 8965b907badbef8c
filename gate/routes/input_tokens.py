"""`POST /v1/responses/input_tokens`: OpenAI's token counting.
https://platform.openai.com/docs/api-reference/responses/input-tokens"""

from gate.core.dialect import Dialect, Operation
from gate.routes.operation import ModelOperation

OPERATION = ModelOperation("/v1/responses/input_tokens", Dialect.OPENAI_RESPONSES, Operation.COUNT_TOKENS)

"""The dialect of `POST /v1/responses`. https://platform.openai.com/docs/api-reference/responses"""

from collections.abc import Sequence

from gate.core.dialect import Dialect, Operation
from gate.core.errors import GateError
from gate.core.failure import Failure
from gate.protocols import openai_errors
from gate.protocols.classify import classify
from gate.protocols.codec import Answer, Header, Scanned, StreamTap
from gate.protocols.openai_responses import answer, request, stream
from gate.protocols.openai_responses.translator import TRANSLATOR
from gate.protocols.rewrite import rewrite

__all__ = ["CODEC", "TRANSLATOR"]


class ResponsesCodec:
    """See `gate.protocols.codec.Codec`."""

    dialect = Dialect.OPENAI_RESPONSES
    ping = stream.PING

    def scan(self, body: bytes, operation: Operation) -> Scanned:
        return request.scan(body, operation)

    def rewrite(self, body: bytes, scanned: Scanned, model: str) -> bytes:
        return rewrite(body, scanned, model)

    def tap(self, scanned: Scanned) -> StreamTap:
        return stream.ResponsesTap(scanned.model)

    def read_answer(self, body: bytes, operation: Operation) -> Answer:
        if operation is Operation.COUNT_TOKENS:
            return Answer(input_tokens=TRANSLATOR.decode_count(body))
        return answer.read_answer(body)

    def synthesize(self, body: bytes, scanned: Scanned) -> bytes:
        return answer.synthesize(body)

    def classify(self, status: int, headers: Sequence[Header], body: bytes) -> Failure:
        return classify(status, headers, body)

    def error_response(self, error: GateError, request_id: str) -> tuple[int, tuple[Header, ...], bytes]:
        return openai_errors.error_response(error, request_id)


CODEC = ResponsesCodec()

"""The dialect of `POST /v1beta/models/{model}:generateContent`, `:streamGenerateContent` and `:countTokens`.
https://ai.google.dev/api/generate-content

The model and whether to stream stand in the path; who reads that fills them into what `scan` returns.
"""

from collections.abc import Sequence

from gate.core.dialect import Dialect, Operation
from gate.core.errors import GateError
from gate.core.failure import Failure
from gate.protocols.classify import classify
from gate.protocols.codec import Answer, Header, Scanned, StreamTap
from gate.protocols.gemini import answer, errors, request, stream
from gate.protocols.gemini.translator import TRANSLATOR as TRANSLATOR


class GeminiCodec:
    """See `gate.protocols.codec.Codec`."""

    dialect = Dialect.GEMINI
    ping = stream.PING

    def scan(self, body: bytes, operation: Operation) -> Scanned:
        return request.scan(body, operation)

    def rewrite(self, body: bytes, scanned: Scanned, model: str) -> bytes:
        return request.rewrite(body, scanned, model)

    def tap(self, scanned: Scanned) -> StreamTap:
        return stream.GeminiTap()

    def read_answer(self, body: bytes, operation: Operation) -> Answer:
        return answer.read_answer(body, operation)

    def synthesize(self, body: bytes, scanned: Scanned) -> bytes:
        return answer.synthesize(body)

    def classify(self, status: int, headers: Sequence[Header], body: bytes) -> Failure:
        return classify(status, headers, body)

    def error_response(self, error: GateError, request_id: str) -> tuple[int, tuple[Header, ...], bytes]:
        return errors.error_response(error, request_id)


CODEC = GeminiCodec()

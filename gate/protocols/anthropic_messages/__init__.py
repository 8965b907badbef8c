"""The dialect of `POST /v1/messages` and `POST /v1/messages/count_tokens`. https://platform.claude.com/docs/en/api/messages"""

from collections.abc import Sequence

from gate.core.dialect import Dialect, Operation
from gate.core.errors import GateError
from gate.core.failure import Failure
from gate.protocols.anthropic_messages import answer, errors, request, stream
from gate.protocols.anthropic_messages.translator import TRANSLATOR as TRANSLATOR
from gate.protocols.classify import classify
from gate.protocols.codec import Answer, Header, Scanned, StreamTap
from gate.protocols.rewrite import rewrite


class MessagesCodec:
    """See `gate.protocols.codec.Codec`."""

    dialect = Dialect.ANTHROPIC_MESSAGES
    ping = stream.PING

    def scan(self, body: bytes, operation: Operation) -> Scanned:
        return request.scan(body, operation)

    def rewrite(self, body: bytes, scanned: Scanned, model: str) -> bytes:
        return rewrite(body, scanned, model)

    def tap(self, scanned: Scanned) -> StreamTap:
        return stream.MessagesTap()

    def read_answer(self, body: bytes, operation: Operation) -> Answer:
        return answer.read_answer(body, operation)

    def synthesize(self, body: bytes, scanned: Scanned) -> bytes:
        return answer.synthesize(body)

    def classify(self, status: int, headers: Sequence[Header], body: bytes) -> Failure:
        return classify(status, headers, body)

    def error_response(self, error: GateError, request_id: str) -> tuple[int, tuple[Header, ...], bytes]:
        return errors.error_response(error, request_id)


CODEC = MessagesCodec()

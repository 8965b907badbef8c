"""The dialect of `POST /v1/chat/completions`. https://platform.openai.com/docs/api-reference/chat"""

from collections.abc import Sequence

from gate.core.dialect import Dialect, Operation
from gate.core.errors import GateError
from gate.core.failure import Failure
from gate.protocols import openai_errors
from gate.protocols.classify import classify
from gate.protocols.codec import Answer, Header, Scanned, StreamTap
from gate.protocols.openai_chat import answer, request, stream
from gate.protocols.openai_chat.translator import TRANSLATOR as TRANSLATOR
from gate.protocols.rewrite import rewrite


class ChatCodec:
    """See `gate.protocols.codec.Codec`."""

    dialect = Dialect.OPENAI_CHAT
    ping = stream.PING

    def scan(self, body: bytes, operation: Operation) -> Scanned:
        return request.scan(body, operation)

    def rewrite(self, body: bytes, scanned: Scanned, model: str) -> bytes:
        return rewrite(body, scanned, model)

    def tap(self, scanned: Scanned) -> StreamTap:
        return stream.ChatTap(strip_usage=not scanned.asked_usage)

    def read_answer(self, body: bytes, operation: Operation) -> Answer:
        return answer.read_answer(body)

    def synthesize(self, body: bytes, scanned: Scanned) -> bytes:
        return answer.synthesize(body, with_usage=scanned.asked_usage)

    def classify(self, status: int, headers: Sequence[Header], body: bytes) -> Failure:
        return classify(status, headers, body)

    def error_response(self, error: GateError, request_id: str) -> tuple[int, tuple[Header, ...], bytes]:
        return openai_errors.error_response(error, request_id)


CODEC = ChatCodec()

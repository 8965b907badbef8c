"""The messages API between dialects: see `gate.protocols.translation.Translator`."""

from collections.abc import Mapping

from gate.core.dialect import Dialect
from gate.core.loss import Loss, LossAction, Use
from gate.core.profile import NO_QUIRKS, Quirks
from gate.protocols.anthropic_messages.decode_answer import decode_answer, decode_count
from gate.protocols.anthropic_messages.decode_request import decode_request
from gate.protocols.anthropic_messages.decode_stream import MessagesStreamDecoder
from gate.protocols.anthropic_messages.encode_answer import encode_answer
from gate.protocols.anthropic_messages.encode_request import encode_count, encode_request
from gate.protocols.anthropic_messages.encode_stream import MessagesStreamEncoder
from gate.protocols.canonical.answer import Response
from gate.protocols.canonical.request import Request, ToolKind
from gate.protocols.translation import Aim, Encoded, Mint, StreamDecoder, StreamEncoder, ToolRules

_DROPPED = LossAction.DROPPED
_REPLACED = LossAction.REPLACED

CANNOT: Mapping[Use, LossAction] = {
    Use.IMAGE_FILE: _REPLACED,
    Use.DOCUMENT_FILE: _REPLACED,
    Use.AUDIO: _REPLACED,
    Use.VIDEO: _REPLACED,
    Use.CLIENT_TOOL: _DROPPED,
    Use.SERVER_TOOL: _DROPPED,
    Use.SERVER_TOOL_HISTORY: _DROPPED,
    Use.JSON_OBJECT: LossAction.APPROXIMATED,
    Use.THINKING_HISTORY: _DROPPED,
    Use.CITATIONS: _DROPPED,
    Use.STORED_STATE: _DROPPED,
    Use.SEVERAL_CHOICES: _DROPPED,
    Use.LOGPROBS: _DROPPED,
    Use.CONTEXT_MANAGEMENT: _DROPPED,
    Use.OTHER_BLOCK: _DROPPED,
}

RULES = ToolRules(
    # Tools that only a vendor knows are kept for clients that asked for them in this dialect.
    kinds=frozenset({ToolKind.FUNCTION, ToolKind.VENDOR, ToolKind.WEB_SEARCH, ToolKind.SERVER}),
    # platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools, read 2026-11-21.
    name=r"[a-zA-Z0-9_-]{1,128}",
    call_id=r"[a-zA-Z0-9_-]+",
    defers=True,
)


class MessagesTranslator:
    """See `gate.protocols.translation.Translator`."""

    dialect = Dialect.ANTHROPIC_MESSAGES
    cannot = CANNOT
    tools = RULES

    def decode_request(self, body: bytes, *, model: str, stream: bool) -> Request:
        return decode_request(body, model=model, stream=stream)

    def encode_request(self, request: Request, aim: Aim) -> Encoded:
        return encode_request(request, aim)

    def encode_count(self, request: Request, aim: Aim) -> Encoded | None:
        return encode_count(request, aim)

    def decode_count(self, body: bytes) -> int:
        return decode_count(body)

    def encode_count_answer(self, tokens: int) -> bytes:
        return b'{"input_tokens":%d}' % tokens

    def decode_answer(self, body: bytes, vendor: str, quirks: Quirks = NO_QUIRKS) -> Response:
        del quirks
        return decode_answer(body, vendor)

    def encode_answer(self, response: Response, request: Request, mint: Mint) -> tuple[bytes, tuple[Loss, ...]]:
        return encode_answer(response, request, mint)

    def stream_decoder(self, vendor: str, quirks: Quirks = NO_QUIRKS) -> StreamDecoder:
        del quirks
        return MessagesStreamDecoder(vendor)

    def stream_encoder(self, request: Request, mint: Mint) -> StreamEncoder:
        return MessagesStreamEncoder(request, mint)


TRANSLATOR = MessagesTranslator()

"""Gemini's dialect, as a client's and as an upstream's."""

from collections.abc import Mapping

import msgspec

from gate.core.dialect import Dialect, Operation
from gate.core.loss import Loss, LossAction, Use
from gate.core.profile import NO_QUIRKS, Quirks
from gate.protocols.canonical.answer import Response
from gate.protocols.canonical.events import folded
from gate.protocols.canonical.request import Request, ToolKind
from gate.protocols.gemini.answer import read_answer
from gate.protocols.gemini.decode_request import decode_request
from gate.protocols.gemini.decode_stream import GeminiDecoder, decode_whole
from gate.protocols.gemini.encode_answer import encode_answer
from gate.protocols.gemini.encode_request import encode_count, encode_request
from gate.protocols.gemini.encode_stream import GeminiEncoder
from gate.protocols.translation import Aim, Encoded, Mint, StreamDecoder, StreamEncoder, ToolRules

_A = LossAction

CANNOT: Mapping[Use, LossAction] = {
    Use.IMAGE_FILE: _A.REPLACED,
    Use.DOCUMENT_FILE: _A.REPLACED,
    Use.CUSTOM_TOOL: _A.EMULATED,
    Use.NAMESPACE_TOOL: _A.EMULATED,
    Use.TOOL_SEARCH: _A.EMULATED,
    Use.DEFERRED_TOOL: _A.APPROXIMATED,
    Use.CLIENT_TOOL: _A.DROPPED,
    Use.SERVER_TOOL: _A.DROPPED,
    Use.SERVER_TOOL_HISTORY: _A.REPLACED,
    Use.THINKING_HISTORY: _A.DROPPED,
    Use.CACHE_HINTS: _A.DROPPED,
    Use.CITATIONS: _A.DROPPED,
    Use.STORED_STATE: _A.DROPPED,
    Use.SEVERAL_CHOICES: _A.DROPPED,
    Use.LOGPROBS: _A.DROPPED,
    Use.CONTEXT_MANAGEMENT: _A.DROPPED,
    Use.OTHER_BLOCK: _A.DROPPED,
}

TOOLS = ToolRules(
    # Other vendors' own tools are sorted out where tools are written.
    kinds=frozenset({ToolKind.FUNCTION, ToolKind.WEB_SEARCH, ToolKind.VENDOR, ToolKind.SERVER}),
    # FunctionDeclaration.name: 64 characters until 2025, 128 since; older models keep to the first.
    name=r"[A-Za-z_][A-Za-z0-9_.:-]{0,63}",
    call_id=r"(?s:.+)",
    keeps_signature=True,
)


class GeminiTranslator:
    """See `gate.protocols.translation.Translator`."""

    dialect = Dialect.GEMINI
    cannot = CANNOT
    tools = TOOLS

    def decode_request(self, body: bytes, *, model: str, stream: bool) -> Request:
        return decode_request(body, model=model, stream=stream)

    def encode_request(self, request: Request, aim: Aim) -> Encoded:
        return encode_request(request, aim)

    def encode_count(self, request: Request, aim: Aim) -> Encoded:
        return encode_count(request, aim)

    def decode_count(self, body: bytes) -> int:
        counted = read_answer(body, Operation.COUNT_TOKENS).input_tokens
        assert counted is not None
        return counted

    def encode_count_answer(self, tokens: int) -> bytes:
        return msgspec.json.encode({"totalTokens": tokens})

    def decode_answer(self, body: bytes, vendor: str, quirks: Quirks = NO_QUIRKS) -> Response:
        return folded(decode_whole(body, vendor))

    def encode_answer(self, response: Response, request: Request, mint: Mint) -> tuple[bytes, tuple[Loss, ...]]:
        return encode_answer(response, request, mint)

    def stream_decoder(self, vendor: str, quirks: Quirks = NO_QUIRKS) -> StreamDecoder:
        return GeminiDecoder(vendor)

    def stream_encoder(self, request: Request, mint: Mint) -> StreamEncoder:
        return GeminiEncoder(request, mint)


TRANSLATOR = GeminiTranslator()

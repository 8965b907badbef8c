"""This dialect beside others: decoders to and encoders from the canonical form, and what it cannot carry."""

from collections.abc import Mapping

import msgspec

from gate.core.dialect import Dialect
from gate.core.loss import Loss, LossAction, Use
from gate.core.profile import NO_QUIRKS, Quirks
from gate.protocols.canonical.answer import Response
from gate.protocols.canonical.request import Request, ToolKind
from gate.protocols.fields import mapping
from gate.protocols.openai_responses.decode_answer import decode_answer
from gate.protocols.openai_responses.decode_request import decode_request
from gate.protocols.openai_responses.decode_stream import ResponsesDecoder
from gate.protocols.openai_responses.encode_answer import encode_answer
from gate.protocols.openai_responses.encode_request import encode_count, encode_request
from gate.protocols.openai_responses.encode_stream import ResponsesEncoder
from gate.protocols.openai_responses.values import integer, read_json
from gate.protocols.translation import Aim, Encoded, Mint, StreamDecoder, StreamEncoder, ToolRules

_ANY = msgspec.json.Decoder()
_DROPPED = (
    Use.IMAGE_FILE,
    Use.DOCUMENT_FILE,
    Use.AUDIO,
    Use.VIDEO,
    Use.CLIENT_TOOL,
    Use.SERVER_TOOL,
    Use.SERVER_TOOL_HISTORY,
    Use.THINKING_HISTORY,
    Use.CACHE_HINTS,
    Use.CITATIONS,
    Use.STORED_STATE,
    Use.SEVERAL_CHOICES,
    Use.LOGPROBS,
    Use.CONTEXT_MANAGEMENT,
    Use.OTHER_BLOCK,
)
"""Files, tools and state belong to the vendor that has them; reasoning goes only back to the one who made it."""


class ResponsesTranslator:
    """See `gate.protocols.translation.Translator`."""

    dialect = Dialect.OPENAI_RESPONSES
    cannot: Mapping[Use, LossAction] = {
        **dict.fromkeys(_DROPPED, LossAction.DROPPED),
        Use.DOCUMENT_TEXT: LossAction.APPROXIMATED,
        Use.DEFERRED_TOOL: LossAction.APPROXIMATED,
    }
    tools = ToolRules(
        kinds=frozenset(ToolKind),  # those of other vendors are sorted out where tools are written
        name=r"[A-Za-z0-9_-]{1,64}",
        call_id=r"[!-~]{1,64}",
        namespaces=True,
        defers=True,
    )

    def decode_request(self, body: bytes, *, model: str, stream: bool) -> Request:
        return decode_request(body, model=model, stream=stream)

    def encode_request(self, request: Request, aim: Aim) -> Encoded:
        return encode_request(request, aim)

    def encode_count(self, request: Request, aim: Aim) -> Encoded | None:
        return encode_count(request, aim)

    def decode_count(self, body: bytes) -> int:
        tokens = integer(mapping(read_json(body, _ANY)).get("input_tokens"))
        if tokens is None or tokens < 0:
            raise ValueError("not a count of tokens")
        return tokens

    def encode_count_answer(self, tokens: int) -> bytes:
        return msgspec.json.encode({"object": "response.input_tokens", "input_tokens": tokens})

    def decode_answer(self, body: bytes, vendor: str, quirks: Quirks = NO_QUIRKS) -> Response:
        return decode_answer(body, vendor, quirks)

    def encode_answer(self, response: Response, request: Request, mint: Mint) -> tuple[bytes, tuple[Loss, ...]]:
        return encode_answer(response, request, mint)

    def stream_decoder(self, vendor: str, quirks: Quirks = NO_QUIRKS) -> StreamDecoder:
        return ResponsesDecoder(vendor, quirks)

    def stream_encoder(self, request: Request, mint: Mint) -> StreamEncoder:
        return ResponsesEncoder(request, mint)


TRANSLATOR = ResponsesTranslator()

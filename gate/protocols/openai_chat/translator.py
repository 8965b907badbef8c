"""Chat completions between dialects: see `gate.protocols.translation.Translator`."""

from collections.abc import Mapping

from gate.core.dialect import Dialect
from gate.core.loss import Loss, LossAction, Use
from gate.core.profile import NO_QUIRKS, Quirks
from gate.protocols.canonical.answer import Response
from gate.protocols.canonical.request import Request, ToolKind
from gate.protocols.openai_chat.decode_answer import decode_answer
from gate.protocols.openai_chat.decode_request import decode_request
from gate.protocols.openai_chat.decode_stream import ChatStreamDecoder
from gate.protocols.openai_chat.encode_answer import encode_answer
from gate.protocols.openai_chat.encode_request import encode_request
from gate.protocols.openai_chat.encode_stream import ChatStreamEncoder
from gate.protocols.translation import Aim, Encoded, Mint, StreamDecoder, StreamEncoder, ToolRules

_DROPPED = LossAction.DROPPED
_REPLACED = LossAction.REPLACED

CANNOT: Mapping[Use, LossAction] = {
    Use.IMAGE_FILE: _REPLACED,
    Use.TOOL_RESULT_IMAGE: LossAction.MOVED,
    Use.DOCUMENT_URL: _REPLACED,
    Use.DOCUMENT_FILE: _REPLACED,
    Use.DOCUMENT_TEXT: LossAction.APPROXIMATED,
    Use.VIDEO: _REPLACED,
    Use.CUSTOM_TOOL: LossAction.EMULATED,
    Use.NAMESPACE_TOOL: LossAction.EMULATED,
    Use.TOOL_SEARCH: LossAction.EMULATED,
    Use.DEFERRED_TOOL: LossAction.APPROXIMATED,
    Use.CLIENT_TOOL: _DROPPED,
    Use.WEB_SEARCH: _DROPPED,
    Use.SERVER_TOOL: _DROPPED,
    Use.SERVER_TOOL_HISTORY: _DROPPED,
    Use.THINKING_HISTORY: _DROPPED,
    Use.CACHE_HINTS: _DROPPED,
    Use.CITATIONS: _DROPPED,
    Use.STORED_STATE: _DROPPED,
    Use.SEVERAL_CHOICES: _DROPPED,
    Use.LOGPROBS: _DROPPED,
    Use.CONTEXT_MANAGEMENT: _DROPPED,
    Use.OTHER_BLOCK: _DROPPED,
}

RULES = ToolRules(
    # Custom tools are OpenAI's alone: most providers of this dialect refuse them, and as functions they work with all.
    # Web search and servers' tools are kept for clients that asked for them in this dialect.
    kinds=frozenset({ToolKind.FUNCTION, ToolKind.WEB_SEARCH, ToolKind.SERVER}),
    # github.com/openai/openai-python 3.54.0, types/shared_params/function_definition.py, read 2026-11-21.
    name=r"[A-Za-z0-9_-]{1,64}",
    # OpenAI refuses ids of more than 40 characters.
    call_id=r"[A-Za-z0-9_-]{1,40}",
    # Google's chat layer does; to others it is not written (`encode_messages.write_call`).
    takes_signature=True,
)


class ChatTranslator:
    """See `gate.protocols.translation.Translator`. Chat has no endpoint that counts tokens."""

    dialect = Dialect.OPENAI_CHAT
    cannot = CANNOT
    tools = RULES

    def decode_request(self, body: bytes, *, model: str, stream: bool) -> Request:
        return decode_request(body, model=model, stream=stream)

    def encode_request(self, request: Request, aim: Aim) -> Encoded:
        return encode_request(request, aim)

    def encode_count(self, request: Request, aim: Aim) -> Encoded | None:
        del request, aim
        return None

    def decode_count(self, body: bytes) -> int:
        """Raises ValueError, always."""
        del body
        raise ValueError("chat completions has no endpoint that counts tokens")

    def encode_count_answer(self, tokens: int) -> bytes:
        """In the words of OpenAI's own count (`/v1/responses/input_tokens`), which chat has none of."""
        return b'{"input_tokens":%d}' % tokens

    def decode_answer(self, body: bytes, vendor: str, quirks: Quirks = NO_QUIRKS) -> Response:
        del quirks
        return decode_answer(body, vendor)

    def encode_answer(self, response: Response, request: Request, mint: Mint) -> tuple[bytes, tuple[Loss, ...]]:
        return encode_answer(response, request, mint)

    def stream_decoder(self, vendor: str, quirks: Quirks = NO_QUIRKS) -> StreamDecoder:
        del quirks
        return ChatStreamDecoder(vendor)

    def stream_encoder(self, request: Request, mint: Mint) -> StreamEncoder:
        return ChatStreamEncoder(request, mint)


TRANSLATOR = ChatTranslator()

"""A whole response for a client: what the stream of the same answer ends with, so that both are written once."""

import msgspec

from gate.core.loss import Loss
from gate.protocols.canonical.answer import Response
from gate.protocols.canonical.events import events_of
from gate.protocols.canonical.request import Request
from gate.protocols.openai_responses.encode_stream import ResponsesEncoder
from gate.protocols.translation import Mint


def encode_answer(response: Response, request: Request, mint: Mint) -> tuple[bytes, tuple[Loss, ...]]:
    """See `gate.protocols.translation.Translator`."""
    encoder = ResponsesEncoder(request, mint)
    encoder.encode(events_of(response))
    return msgspec.json.encode(encoder.response()), tuple(encoder.losses)

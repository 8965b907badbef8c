"""A whole answer for a client that did not ask for a stream: what its stream would have told, in one."""

import msgspec

from gate.core.loss import Loss
from gate.protocols.canonical.answer import Response
from gate.protocols.canonical.events import events_of
from gate.protocols.canonical.parts import Wire
from gate.protocols.canonical.request import Request
from gate.protocols.gemini.encode_stream import GeminiEncoder
from gate.protocols.gemini.names import NOTHING, object_of, objects
from gate.protocols.translation import Mint


def encode_answer(response: Response, request: Request, mint: Mint) -> tuple[bytes, tuple[Loss, ...]]:
    """See `gate.protocols.translation.Translator`."""
    encoder = GeminiEncoder(request, mint)
    parts: list[Wire] = []
    last: Wire = {}
    for event in events_of(response):
        for last in encoder.candidates(event):
            for part in objects(object_of(last, "content").get("parts")):
                _add(parts, part)
    answer = encoder.chunk({**last, "content": {"parts": parts, "role": "model"}})
    return msgspec.json.encode(answer), tuple(encoder.losses)


def _add(parts: list[Wire], part: Wire) -> None:
    """A part without words is the end of the one before, and its signature that one's."""
    if part.get("text") != "":
        parts.append(part)
        return
    token = part.get("thoughtSignature")
    before = parts[-1] if parts else NOTHING
    same = "text" in before and before.get("thought") == part.get("thought") and "thoughtSignature" not in before
    if token is not None and same:
        parts[-1] = {**before, "thoughtSignature": token}
    elif token is not None or not parts:
        parts.append(part)

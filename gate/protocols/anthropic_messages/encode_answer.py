"""A whole answer for a client. https://platform.claude.com/docs/en/api/messages"""

import msgspec

from gate.core.loss import Loss
from gate.protocols.anthropic_messages.client_blocks import arguments, citation, thinking, whole
from gate.protocols.anthropic_messages.decode_answer import EXTRA
from gate.protocols.anthropic_messages.ledger import Ledger
from gate.protocols.anthropic_messages.usage import write_usage
from gate.protocols.anthropic_messages.words import reason_of
from gate.protocols.canonical.answer import Response
from gate.protocols.canonical.parts import Part, Refusal, Text, Thinking, ToolCall, Wire
from gate.protocols.canonical.request import Request
from gate.protocols.fields import mapping
from gate.protocols.translation import Mint

_encode = msgspec.json.encode


def encode_answer(response: Response, request: Request, mint: Mint) -> tuple[bytes, tuple[Loss, ...]]:
    """See `gate.protocols.translation.Translator`."""
    ledger = Ledger()
    blocks = (_block(part, f"content[{at}]", ledger) for at, part in enumerate(response.parts))
    raw = response.raw or {}
    message = {
        "id": response.id or f"msg_{mint.token}",
        "type": "message",
        "role": "assistant",
        "model": response.model or request.model,
        "content": [block for block in blocks if block is not None],
        "stop_reason": reason_of(response.stop, response.stop_word),
        "stop_sequence": response.stop_sequence,
        **{name: raw[name] for name in EXTRA if name in raw},
        "usage": {**write_usage(response.usage), **mapping(raw.get("usage"))},
    }
    return _encode(message), ledger.losses


def _block(part: Part, path: str, ledger: Ledger) -> Wire | None:
    match part:
        case Text():
            return _text(part, path, ledger)
        case Refusal():
            return {"type": "text", "text": part.text} if part.text else None
        case Thinking():
            return thinking(part)
        case ToolCall():
            made = arguments(part.arguments, f"{path}.input", ledger)
            return {"type": "tool_use", "id": part.id, "name": part.name, "input": made}
        case _:
            return whole(part, path, ledger)


def _text(part: Text, path: str, ledger: Ledger) -> Wire | None:
    """Clients send an answer's blocks back, and an empty text is refused then."""
    if not part.text:
        return None
    block: dict[str, object] = {"type": "text", "text": part.text}
    made = (citation(cited, f"{path}.citations[{at}]", ledger) for at, cited in enumerate(part.citations))
    citations = [one for one in made if one is not None]
    if citations:
        block["citations"] = citations
    return block

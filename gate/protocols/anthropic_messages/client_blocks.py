"""Parts of an answer as the blocks a client of this dialect reads.

What another vendor's servers did never becomes a call of a client's tool. A thinking block must have a signature here:
another vendor's token stands there in its envelope, and where there is no token an envelope that says so
(`unsigned`); when it comes back, Gate knows what it is and no upstream ever sees it.
"""

from gate.core.loss import Feature, LossAction
from gate.protocols.anthropic_messages.body import object_in
from gate.protocols.anthropic_messages.decode_blocks import DIALECT, NATIVE
from gate.protocols.anthropic_messages.ledger import Ledger
from gate.protocols.anthropic_messages.words import UNSIGNED, UNSOURCED
from gate.protocols.canonical.parts import Citation, Foreign, Media, MediaKind, Opaque, Part, Thinking, Wire
from gate.protocols.opaque import pack

_NO_SIGNATURE = pack(Opaque("gate", UNSIGNED, ""), NATIVE)
_NO_INDEX = pack(Opaque("gate", UNSOURCED, ""), NATIVE)
_FEATURES = {
    MediaKind.IMAGE: Feature.IMAGES,
    MediaKind.DOCUMENT: Feature.DOCUMENTS,
    MediaKind.AUDIO: Feature.AUDIO,
    MediaKind.VIDEO: Feature.AUDIO,
}


def signature(opaque: Opaque | None) -> str:
    """What stands in a thinking block's `signature`."""
    return _NO_SIGNATURE if opaque is None else pack(opaque, NATIVE)


def redacted(opaque: Opaque | None) -> Wire | None:
    """The block of thinking that only Anthropic can read; None for all other thinking."""
    if opaque is None or opaque.kind != "redacted" or opaque.origin != NATIVE:
        return None
    return {"type": "redacted_thinking", "data": opaque.data}


def thinking(part: Thinking) -> Wire | None:
    """A whole thinking block; None when there is nothing in it."""
    if not part.text and part.opaque is None:
        return None
    return redacted(part.opaque) or {"type": "thinking", "thinking": part.text, "signature": signature(part.opaque)}


def arguments(text: str, path: str, ledger: Ledger) -> object:
    """Arguments as the object they spell. Half of one (a model that was cut off) is kept as text."""
    if not text.strip():
        return {}
    found = object_in(text)
    if found is not None:
        return found
    ledger.lose(Feature.OTHER, path, LossAction.APPROXIMATED)
    return {"arguments": text}


def citation(cited: Citation, path: str, ledger: Ledger) -> Wire | None:
    """A citation in this dialect: another's needs an address, and comes as a result of a web search."""
    if cited.dialect is DIALECT:
        return cited.raw
    if not cited.url:
        ledger.lose(Feature.CITATIONS, path, LossAction.DROPPED)
        return None
    return {
        "type": "web_search_result_location",
        "cited_text": cited.text or "",
        "encrypted_index": _NO_INDEX,
        "title": cited.title,
        "url": cited.url,
    }


def whole(part: Part, path: str, ledger: Ledger) -> Wire | None:
    """A part that is never streamed."""
    if isinstance(part, Foreign):
        if part.dialect is DIALECT:
            return part.raw
        # Its plain reading would stand among the words of the model.
        ledger.lose(Feature.SERVER_TOOLS if part.server else Feature.OTHER, path, LossAction.DROPPED)
        return None
    if isinstance(part, Media):
        # Answers of this dialect have no pictures: an address can be told, data cannot.
        ledger.lose(_FEATURES[part.kind], path, LossAction.REPLACED if part.url else LossAction.DROPPED)
        return {"type": "text", "text": f"[{part.kind.value}]({part.url})"} if part.url else None
    ledger.lose(Feature.OTHER, path, LossAction.DROPPED)
    return None

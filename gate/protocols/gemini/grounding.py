"""Citations: `groundingMetadata` and `citationMetadata` of a candidate, both ways.

`segment.startIndex` and `endIndex` count bytes of UTF-8 (ai.google.dev/api/generate-content#GroundingSupport, read
2026-11-21); canonical citations count characters.
"""

from collections.abc import Sequence

from gate.core.dialect import Dialect
from gate.protocols.canonical.parts import Citation, Wire
from gate.protocols.gemini.names import NOTHING, object_of, objects, text_of, whole

EXTRAS = ("groundingMetadata", "citationMetadata", "urlContextMetadata", "logprobsResult")
"""Members of a candidate that say more than its content."""


def read_citations(candidate: Wire, text: str) -> list[Citation]:
    """The citations of a candidate. text: what the candidate said in the block they are for."""
    found: list[Citation] = []
    grounding = object_of(candidate, "groundingMetadata")
    chunks = objects(grounding.get("groundingChunks"))
    for support in objects(grounding.get("groundingSupports")):
        found += _support(support, chunks, text)
    metadata = object_of(candidate, "citationMetadata")
    for one in objects(metadata.get("citations") or metadata.get("citationSources")):
        start, end = _characters(text, whole(one.get("startIndex")) or 0, whole(one.get("endIndex")), None)
        found.append(Citation(Dialect.GEMINI, one, text_of(one, "uri"), text_of(one, "title"), start=start, end=end))
    return found


def _support(support: Wire, chunks: Sequence[Wire], text: str) -> list[Citation]:
    segment = object_of(support, "segment")
    quoted = text_of(segment, "text")
    start, end = _characters(text, whole(segment.get("startIndex")) or 0, whole(segment.get("endIndex")), quoted)
    found: list[Citation] = []
    indices = support.get("groundingChunkIndices")
    for index in indices if isinstance(indices, list) else ():  # pyright: ignore[reportUnknownVariableType]
        chunk = chunks[index] if isinstance(index, int) and 0 <= index < len(chunks) else NOTHING
        source = next(
            (held for kind in ("web", "retrievedContext", "maps") if (held := object_of(chunk, kind))), NOTHING
        )
        url, title = text_of(source, "uri"), text_of(source, "title")
        raw = {"segment": segment, "source": chunk}
        found.append(Citation(Dialect.GEMINI, raw, url, title, text=quoted, start=start, end=end))
    return found


def _characters(text: str, start: int, end: int | None, quoted: str | None) -> tuple[int | None, int | None]:
    """A range of bytes as one of characters; None where the text is another one than was meant."""
    data = text.encode("utf-8", "surrogatepass")
    if end is not None and 0 <= start <= end <= len(data):
        piece = data[start:end].decode("utf-8", "replace")
        if quoted is None or piece == quoted:
            before = len(data[:start].decode("utf-8", "replace"))
            return before, before + len(piece)
    at = text.find(quoted) if quoted else -1
    return (at, at + len(quoted)) if quoted and at >= 0 else (None, None)


def write_grounding(citations: Sequence[Citation], text: str) -> Wire | None:
    """`groundingMetadata` for citations with an address; None without any. text: what they are for."""
    chunks: list[Wire] = []
    places: dict[str, int] = {}
    supports: list[Wire] = []
    for citation in citations:
        if citation.url is None:
            continue
        if citation.url not in places:
            places[citation.url] = len(chunks)
            named = {} if citation.title is None else {"title": citation.title}
            chunks.append({"web": {"uri": citation.url, **named}})
        supports.append({"segment": _segment(citation, text), "groundingChunkIndices": [places[citation.url]]})
    return {"groundingChunks": chunks, "groundingSupports": supports} if chunks else None


def _segment(citation: Citation, text: str) -> Wire:
    """A citation without a range is for the whole text."""
    start = citation.start if citation.start is not None else 0
    end = citation.end if citation.end is not None else len(text)
    return {
        "startIndex": len(text[:start].encode("utf-8", "surrogatepass")),
        "endIndex": len(text[:end].encode("utf-8", "surrogatepass")),
        "text": text[start:end],
    }

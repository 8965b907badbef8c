"""Citations beside a chat answer's text, read and written.

`annotations` with `url_citation`: OpenAI, OpenRouter (which adds the cited `content`). `document_citation`: Groq.
`citations` and `search_results` beside the choices: Perplexity (docs.perplexity.ai, read 2026-11-21). `reference`
parts: Mistral.
"""

from collections.abc import Mapping
from typing import cast

from gate.core.dialect import Dialect
from gate.protocols.canonical.parts import Citation, Wire
from gate.protocols.fields import mapping
from gate.protocols.openai_chat.content import said

_URL = "url_citation"


def read_annotations(value: object) -> list[Citation]:
    """`annotations` of a message or a delta; files that were parsed (OpenRouter) are no citations."""
    if not isinstance(value, list):
        return []
    found = (_annotation(mapping(one)) for one in cast("list[object]", value))
    return [citation for citation in found if citation is not None]


def _annotation(annotation: Wire) -> Citation | None:
    kind = said(annotation, "type")
    if "citation" not in kind:
        return None
    cited = mapping(annotation.get(kind)) or annotation
    return Citation(
        Dialect.OPENAI_CHAT,
        annotation,
        url=said(cited, "url") or None,
        title=said(cited, "title") or None,
        text=said(cited, "content") or None,
        start=_place(cited.get("start_index")),
        end=_place(cited.get("end_index")),
    )


def read_sources(answer: Mapping[str, object]) -> list[Citation]:
    """What the whole answer rests on: Perplexity's two lists, of which the second tells more."""
    results = answer.get("search_results")
    if isinstance(results, list):
        found = [mapping(one) for one in cast("list[object]", results)]
        sources = [_source(one, said(one, "url"), said(one, "title")) for one in found if said(one, "url")]
        if sources:
            return sources
    urls = answer.get("citations")
    if not isinstance(urls, list):
        return []
    return [_source({"url": url}, url, "") for url in cast("list[object]", urls) if isinstance(url, str) and url]


def _source(raw: Wire, url: str, title: str) -> Citation:
    return Citation(Dialect.OPENAI_CHAT, raw, url=url, title=title or None)


def reference(part: Wire) -> Citation:
    """Mistral's reference to what a tool had returned, by number."""
    return Citation(Dialect.OPENAI_CHAT, part)


def write_annotation(citation: Citation, start: int, end: int) -> Wire | None:
    """start, end: the range of the message's text it stands for, where the citation tells none of its own; its own
    range counts from `start`. None when there is no address to name."""
    if citation.dialect is Dialect.OPENAI_CHAT and citation.raw.get("type") == _URL:
        return citation.raw
    if citation.url is None:
        return None
    told = citation.start is not None and citation.end is not None
    return {
        "type": _URL,
        _URL: {
            "url": citation.url,
            "title": citation.title or citation.url,
            "start_index": start + (citation.start or 0) if told else start,
            "end_index": start + (citation.end or 0) if told else end,
        },
    }


def _place(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None

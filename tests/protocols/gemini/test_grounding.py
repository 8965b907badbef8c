"""gate.protocols.gemini.grounding: citations of a candidate, ranges of bytes and of characters."""

from __future__ import annotations

from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.protocols.canonical.parts import Citation
from gate.protocols.gemini.grounding import read_citations, write_grounding

TEXT = "Köln 🙂 liegt am Rhein."
WEB = {"web": {"uri": "https://a.example", "title": "A"}}
MAPS = {"maps": {"uri": "https://b.example"}}


def supported(segment: Any, indices: Any = (0,), chunks: Any = (WEB, MAPS)) -> dict[str, Any]:
    held = list(indices) if isinstance(indices, tuple) else indices
    support = {"segment": segment, "groundingChunkIndices": held}
    return {"groundingMetadata": {"groundingChunks": list(chunks), "groundingSupports": [support]}}


@pytest.mark.parametrize(
    ("segment", "start", "end"),
    [
        ({"endIndex": 5, "text": "Köln"}, 0, 4),
        ({"startIndex": 6, "endIndex": 10, "text": "🙂"}, 5, 6),
        ({"startIndex": "11", "endIndex": "16"}, 7, 12),
        ({"startIndex": 6.0, "endIndex": 10.0}, 5, 6),
        # The range is another text's, the words are not.
        ({"startIndex": 0, "endIndex": 4, "text": "Rhein"}, 16, 21),
        ({"startIndex": 900, "endIndex": 950, "text": "Rhein"}, 16, 21),
        ({"startIndex": -1, "endIndex": 4, "text": "Köln"}, 0, 4),
        ({"text": "Elbe", "endIndex": 4}, None, None),
        ({"startIndex": 9, "endIndex": 3}, None, None),
        ({"startIndex": 3}, None, None),
        ("odd", None, None),
    ],
)
def test_bytes_become_characters(segment: Any, start: int | None, end: int | None) -> None:
    (found,) = read_citations(supported(segment), TEXT)
    assert (found.start, found.end) == (start, end)
    assert (found.url, found.title, found.dialect) == ("https://a.example", "A", Dialect.GEMINI)


@pytest.mark.parametrize(
    ("indices", "urls"),
    [
        ((0, 1), ["https://a.example", "https://b.example"]),
        ((1,), ["https://b.example"]),
        ((7, -1, "0"), [None, None, None]),
        ((), []),
        (0, []),
        (None, []),
    ],
)
def test_which_chunks_support_it(indices: Any, urls: list[str | None]) -> None:
    assert [one.url for one in read_citations(supported({"text": "Köln"}, indices), TEXT)] == urls


@pytest.mark.parametrize("name", ["citations", "citationSources"])
def test_citation_metadata_under_both_names(name: str) -> None:
    one = {"startIndex": 6, "endIndex": 10, "uri": "https://c.example", "title": "C", "license": "mit"}
    found = read_citations({"citationMetadata": {name: [one, "odd", {"endIndex": 999}]}}, TEXT)
    assert found == [
        Citation(Dialect.GEMINI, one, "https://c.example", "C", start=5, end=6),
        Citation(Dialect.GEMINI, {"endIndex": 999}),
    ]


@pytest.mark.parametrize(
    "candidate",
    [{}, {"groundingMetadata": None, "citationMetadata": 3}, {"groundingMetadata": {"groundingSupports": "x"}}],
)
def test_a_candidate_without_any(candidate: Any) -> None:
    assert read_citations(candidate, TEXT) == []


def test_written_addresses_are_named_once() -> None:
    citations = [
        Citation(Dialect.OPENAI_CHAT, {}, "https://a.example", "A", start=5, end=6),
        Citation(Dialect.OPENAI_CHAT, {}, None, "no address", start=0, end=4),
        Citation(Dialect.OPENAI_CHAT, {}, "https://b.example"),
        Citation(Dialect.OPENAI_CHAT, {}, "https://a.example", "another title", start=16, end=21),
    ]
    assert write_grounding(citations, TEXT) == {
        "groundingChunks": [{"web": {"uri": "https://a.example", "title": "A"}}, {"web": {"uri": "https://b.example"}}],
        "groundingSupports": [
            {"segment": {"startIndex": 6, "endIndex": 10, "text": "🙂"}, "groundingChunkIndices": [0]},
            {"segment": {"startIndex": 0, "endIndex": 26, "text": TEXT}, "groundingChunkIndices": [1]},
            {"segment": {"startIndex": 20, "endIndex": 25, "text": "Rhein"}, "groundingChunkIndices": [0]},
        ],
    }
    assert write_grounding(citations[1:2], TEXT) is None


def test_what_is_written_is_read_again() -> None:
    made = write_grounding([Citation(Dialect.OPENAI_CHAT, {}, "https://a.example", "A", start=16, end=21)], TEXT)
    (found,) = read_citations({"groundingMetadata": made}, TEXT)
    assert (found.url, found.title, found.text, found.start, found.end) == ("https://a.example", "A", "Rhein", 16, 21)

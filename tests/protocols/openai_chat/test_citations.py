"""gate.protocols.openai_chat.citations: every vendor's citations read, and OpenAI's written."""

from __future__ import annotations

from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.protocols.canonical.parts import Citation
from gate.protocols.openai_chat.citations import read_annotations, read_sources, reference, write_annotation

CHAT = Dialect.OPENAI_CHAT
URL = "https://a.example"


def cited(raw: dict[str, Any], **members: Any) -> Citation:
    return Citation(CHAT, raw, **members)


@pytest.mark.parametrize(
    ("annotation", "members"),
    [
        (
            {"type": "url_citation", "url_citation": {"url": URL, "title": "A", "start_index": 0, "end_index": 4}},
            {"url": URL, "title": "A", "start": 0, "end": 4},
        ),
        ({"type": "url_citation", "url": URL, "content": "said"}, {"url": URL, "text": "said"}),
        ({"type": "document_citation", "document_citation": {"document_id": "1", "end_index": 9}}, {"end": 9}),
        (
            {"type": "url_citation", "url_citation": {"url": 5, "title": "", "start_index": True, "end_index": -1}},
            {},
        ),
    ],
    ids=["openai", "flat", "groq", "odd"],
)
def test_annotations(annotation: dict[str, Any], members: dict[str, Any]) -> None:
    assert read_annotations([annotation]) == [cited(annotation, **members)]


@pytest.mark.parametrize("value", [None, "x", {"type": "url_citation"}, [], ["x", None, {}], [{"type": "file"}]])
def test_what_is_no_citation(value: object) -> None:
    assert read_annotations(value) == []


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ({}, []),
        ({"citations": [URL, "", 5]}, [cited({"url": URL}, url=URL)]),
        ({"citations": URL}, []),
        (
            {"citations": ["https://b.example"], "search_results": [{"url": URL, "title": "A"}, {"title": "B"}, 5]},
            [cited({"url": URL, "title": "A"}, url=URL, title="A")],
        ),
    ],
)
def test_sources_of_a_whole_answer(answer: dict[str, Any], found: list[Citation]) -> None:
    assert read_sources(answer) == found


@pytest.mark.parametrize(
    ("members", "written"),
    [
        ({"title": "A"}, {"url": URL, "title": "A", "start_index": 10, "end_index": 20}),
        ({"start": 2, "end": 5}, {"url": URL, "title": URL, "start_index": 12, "end_index": 15}),
        ({"start": 2}, {"url": URL, "title": URL, "start_index": 10, "end_index": 20}),
    ],
    ids=["block", "own_range", "half_a_range"],
)
def test_another_dialects_citation_is_written_anew(members: dict[str, Any], written: dict[str, Any]) -> None:
    citation = Citation(Dialect.ANTHROPIC_MESSAGES, {"type": "url_citation"}, url=URL, **members)
    assert write_annotation(citation, 10, 20) == {"type": "url_citation", "url_citation": written}


def test_an_annotation_goes_back_as_it_came_and_one_without_address_not_at_all() -> None:
    raw = {"type": "url_citation", "url_citation": {"url": URL, "more": 1}}
    (own,) = read_annotations([raw])
    assert write_annotation(own, 10, 20) == raw
    part = {"type": "reference", "reference_ids": [1]}
    assert reference(part) == cited(part)
    assert write_annotation(reference(part), 10, 20) is None


def test_results_without_an_address_hide_no_citations() -> None:
    for results in ([], [{"title": "A"}], ["x"]):
        answer = {"citations": [URL], "search_results": results}
        assert [source.url for source in read_sources(answer)] == [URL]

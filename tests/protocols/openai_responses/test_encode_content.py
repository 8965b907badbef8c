"""gate.protocols.openai_responses.encode_content: parts as content of this dialect, and what that costs."""

from __future__ import annotations

import pytest

from gate.core.dialect import Dialect
from gate.core.loss import Use
from gate.core.profile import NO_QUIRKS, Quirks
from gate.protocols.canonical.parts import (
    Citation,
    Foreign,
    Media,
    MediaKind,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolResult,
)
from gate.protocols.openai_responses.encode_content import ContentWriter, annotation

OWN, OTHER = Dialect.OPENAI_RESPONSES, Dialect.ANTHROPIC_MESSAGES
IMAGE, DOCUMENT = MediaKind.IMAGE, MediaKind.DOCUMENT
NO_PICTURES = Quirks(cannot=frozenset({Use.IMAGE_DATA}))
Losses = list[tuple[str, str, str]]


def told(writer: ContentWriter) -> Losses:
    return [(loss.feature.value, loss.path, loss.action.value) for loss in writer.losses]


@pytest.mark.parametrize(
    ("part", "content", "losses"),
    [
        (Text("x"), [{"type": "input_text", "text": "x"}], []),
        (Text("", {"type": "ephemeral"}), [], [("cache_hints", "p.cache_control", "dropped")]),
        (Refusal("no"), [{"type": "input_text", "text": "no"}], []),
        (Foreign(OTHER, "k", {}, text="t"), [{"type": "input_text", "text": "t"}], [("other", "p", "replaced")]),
        (Foreign(OTHER, "k", {}, server=True), [], [("server_tools", "p", "dropped")]),
        (Thinking("hm"), [], [("other", "p", "dropped")]),
        (
            Media(IMAGE, data="aGk=", detail="odd"),
            [{"type": "input_image", "image_url": "data:image/png;base64,aGk=", "detail": "auto"}],
            [],
        ),
        (Media(IMAGE, url="u", detail="low"), [{"type": "input_image", "image_url": "u", "detail": "low"}], []),
        (Media(IMAGE, file_id="file_1"), [], [("images", "p", "dropped")]),
        (Media(MediaKind.AUDIO, "audio/wav", data="aGk="), [], [("audio", "p", "dropped")]),
        (
            Media(DOCUMENT, "text/csv", data="aGk=", context="C"),
            [
                {"type": "input_text", "text": "C"},
                {"type": "input_file", "filename": "document.csv", "file_data": "data:text/csv;base64,aGk="},
            ],
            [],
        ),
        (
            Media(DOCUMENT, url="u", cite=True),
            [{"type": "input_file", "file_url": "u"}],
            [("citations", "p.citations", "dropped")],
        ),
        (
            Media(DOCUMENT, text="t", name="N", context="C"),
            [{"type": "input_text", "text": "N C"}, {"type": "input_text", "text": "t"}],
            [("documents", "p", "approximated")],
        ),
        (
            Media(DOCUMENT, content=(Text("a"), Thinking("hm"))),
            [{"type": "input_text", "text": "a"}],
            [("documents", "p", "approximated"), ("other", "p.content[1]", "dropped")],
        ),
        (Media(DOCUMENT), [], [("documents", "p", "dropped")]),
    ],
)
def test_what_is_said_elsewhere(part: Part, content: list[dict[str, object]], losses: Losses) -> None:
    writer = ContentWriter(OTHER, NO_QUIRKS)
    assert writer.input(part, "p") == content
    assert told(writer) == losses


def test_own_parts_go_as_they_came_unless_the_provider_refuses() -> None:
    raw = {"type": "input_image", "image_url": "data:image/png;base64,aGk=", "odd": 1}
    picture = Media(IMAGE, "image/png", data="aGk=", raw=raw)
    kept = ContentWriter(OWN, NO_QUIRKS)
    assert kept.inputs([picture, Media(IMAGE, file_id="f")], "input[0]") == [
        raw,
        {"type": "input_image", "file_id": "f", "detail": "auto"},
    ]
    assert told(kept) == []
    refused = ContentWriter(OWN, NO_PICTURES)
    assert refused.inputs([Text("x"), picture], "input[0]") == [{"type": "input_text", "text": "x"}]
    assert told(refused) == [("images", "input[0].content[1]", "dropped")]


def test_what_a_provider_refuses() -> None:
    data, url = Media(IMAGE, data="aGk="), Media(IMAGE, url="u")
    writer = ContentWriter(OWN, NO_PICTURES)
    assert [writer.refuses([part]) for part in (data, url, Text("x"))] == [True, False, False]
    assert writer.refuses([Text("x"), ToolResult("c", (url, data))])
    assert not ContentWriter(OWN, NO_QUIRKS).refuses([data])


def test_what_a_model_said() -> None:
    writer = ContentWriter(OTHER, NO_QUIRKS)
    known, unknown = Citation(OTHER, {}, "u", "T"), Citation(OTHER, {"type": "char_location"})
    noted = {"type": "url_citation", "url": "u", "title": "T", "start_index": 0, "end_index": 5}
    assert writer.outputs(Text("hello", citations=(known,)), "p") == {
        "type": "output_text",
        "text": "hello",
        "annotations": [noted],
    }
    assert writer.outputs(Refusal("no"), "p") == {"type": "refusal", "refusal": "no"}
    assert told(writer) == []
    assert writer.outputs(Text("hello", citations=(unknown, known)), "p")["annotations"] == [noted]
    assert told(writer) == [("citations", "p.citations", "dropped")]
    raw = {"type": "output_text", "text": "x", "odd": 1}
    assert ContentWriter(OWN, NO_QUIRKS).outputs(Text("x", raw=raw), "p") == raw


@pytest.mark.parametrize(
    ("cited", "made"),
    [
        (Citation(OWN, {"type": "file_citation", "file_id": "f"}), {"type": "file_citation", "file_id": "f"}),
        (
            Citation(OTHER, {}, "u", "", start=0, end=0),
            {"type": "url_citation", "url": "u", "title": "u", "start_index": 0, "end_index": 0},
        ),
        (
            Citation(OTHER, {}, "u", "T", start=2),
            {"type": "url_citation", "url": "u", "title": "T", "start_index": 2, "end_index": 9},
        ),
        (Citation(OTHER, {}, None, "T"), None),
    ],
)
def test_annotations(cited: Citation, made: dict[str, object] | None) -> None:
    assert annotation(cited, 9) == made

"""gate.protocols.gemini.encode_media: media as parts, or words in their place."""

from __future__ import annotations

from typing import Any

import pytest

from gate.core.loss import Feature, Loss, LossAction, Use
from gate.core.profile import NO_QUIRKS, Quirks
from gate.protocols.canonical.parts import Media, MediaKind, Text, Thinking
from gate.protocols.gemini.encode_media import media_parts
from gate.protocols.translation import Aim
from tests.protocols.gemini.shapes import NEW

A = LossAction
FILES = "https://generativelanguage.googleapis.com/v1beta/files/x"


def made(media: Media, quirks: Quirks = NO_QUIRKS) -> tuple[list[Any], list[Loss]]:
    losses: list[Loss] = []
    return media_parts(media, "p", Aim(NEW, "google", quirks), losses), losses


def file(uri: str, media_type: str | None = None) -> dict[str, Any]:
    return {"fileData": {"fileUri": uri} if media_type is None else {"fileUri": uri, "mimeType": media_type}}


@pytest.mark.parametrize(
    ("media", "part"),
    [
        (
            Media(MediaKind.IMAGE, "image/png", data="AAAA"),
            {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
        ),
        (Media(MediaKind.AUDIO, data="AAAA"), {"inlineData": {"mimeType": "audio/wav", "data": "AAAA"}}),
        (Media(MediaKind.IMAGE, url="https://e.com/a.PNG?b=1"), file("https://e.com/a.PNG?b=1", "image/png")),
        (Media(MediaKind.IMAGE, url="HTTPS://e.com/a"), file("HTTPS://e.com/a", "image/jpeg")),
        (Media(MediaKind.VIDEO, url="https://youtu.be/x"), file("https://youtu.be/x")),
        (Media(MediaKind.DOCUMENT, "application/pdf", file_id=FILES), file(FILES, "application/pdf")),
        (Media(MediaKind.DOCUMENT, file_id="gs://b/a.pdf"), file("gs://b/a.pdf")),
        (Media(MediaKind.DOCUMENT, "text/plain", text="words"), {"text": "words"}),
    ],
)
def test_what_gemini_takes(media: Media, part: dict[str, Any]) -> None:
    assert made(media) == ([part], [])


@pytest.mark.parametrize(
    ("media", "quirks", "words", "feature"),
    [
        (Media(MediaKind.IMAGE, "image/GIF", data="AAAA"), NO_QUIRKS, "[image left out]", Feature.IMAGES),
        (Media(MediaKind.IMAGE, url="data:image/png;base64,AAAA"), NO_QUIRKS, "[image left out]", Feature.IMAGES),
        (Media(MediaKind.DOCUMENT, file_id="file_011C"), NO_QUIRKS, "[document left out]", Feature.DOCUMENTS),
        (Media(MediaKind.AUDIO), NO_QUIRKS, "[audio left out]", Feature.AUDIO),
        (
            Media(MediaKind.VIDEO, url="https://youtu.be/x"),
            Quirks(cannot=frozenset({Use.VIDEO})),
            "[video left out]",
            Feature.AUDIO,
        ),
    ],
)
def test_words_for_what_is_not_taken(media: Media, quirks: Quirks, words: str, feature: Feature) -> None:
    assert made(media, quirks) == ([{"text": words}], [Loss(feature, "p", A.REPLACED)])


def test_what_a_provider_cannot_take_depends_on_how_it_comes() -> None:
    quirks = Quirks(cannot=frozenset({Use.IMAGE_URL}))
    url = Media(MediaKind.IMAGE, "image/png", url="https://e.com/a.png")
    data = Media(MediaKind.IMAGE, "image/png", data="AAAA")
    assert made(url, quirks) == ([{"text": "[image left out]"}], [Loss(Feature.IMAGES, "p", A.REPLACED)])
    assert made(data, quirks) == ([{"inlineData": {"mimeType": "image/png", "data": "AAAA"}}], [])


@pytest.mark.parametrize(
    ("name", "context", "heading"),
    [
        ("a.txt", None, "Document: a.txt"),
        ("a.txt", "of May", "Document: a.txt\nof May"),
        (None, "of May", "Document:\nof May"),
    ],
)
def test_a_documents_name_stands_before_it(name: str | None, context: str | None, heading: str) -> None:
    document = Media(MediaKind.DOCUMENT, text="words", name=name, context=context)
    assert made(document) == (
        [{"text": heading}, {"text": "words"}],
        [Loss(Feature.DOCUMENTS, "p.title", A.MOVED)],
    )


def test_a_document_made_of_parts() -> None:
    """A part that has no place in a document is gone, and an empty text leaves nothing."""
    picture = Media(MediaKind.IMAGE, "image/png", data="AAAA", name="a.png", detail="high")
    document = Media(MediaKind.DOCUMENT, content=(Text("a"), Text(""), picture, Thinking("hm")), cite=True)
    assert made(document) == (
        [{"text": "a"}, {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}],
        [
            Loss(Feature.CITATIONS, "p.citations", A.DROPPED),
            Loss(Feature.PARAMETERS, "p.content[2].detail", A.DROPPED),
            Loss(Feature.DOCUMENTS, "p.content[3]", A.DROPPED),
        ],
    )


@pytest.mark.parametrize(
    "media", [Media(MediaKind.DOCUMENT, text="", detail="auto"), Media(MediaKind.DOCUMENT, content=())]
)
def test_an_empty_document_leaves_nothing(media: Media) -> None:
    assert made(media) == ([], [])

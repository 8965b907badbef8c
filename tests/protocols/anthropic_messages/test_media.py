"""gate.protocols.anthropic_messages.media: pictures and documents, or a text that says what is missing."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.core.loss import Use
from gate.core.profile import Quirks
from gate.protocols.canonical.parts import Foreign, Media, MediaKind, Text
from tests.protocols.anthropic_messages.translating import PDF, PNG, encoded, faults, foreign, turns, user

K = MediaKind
HTML = base64.b64encode("<p>é</p>".encode()).decode()


def one(media: Media, **how: Any) -> tuple[dict[str, Any], set[tuple[str, str, str]]]:
    made, losses = turns(user(Text("see"), media), **how)
    return made[0]["content"][1], losses


@pytest.mark.parametrize(
    ("media", "source"),
    [
        (Media(K.IMAGE, "image/png", data=PNG), {"type": "base64", "media_type": "image/png", "data": PNG}),
        (Media(K.IMAGE, data=PNG), {"type": "base64", "media_type": "image/png", "data": PNG}),
        (Media(K.IMAGE, "image/jpeg", data=PNG), {"type": "base64", "media_type": "image/png", "data": PNG}),
        (Media(K.IMAGE, "image/jpg", data="QUJD"), {"type": "base64", "media_type": "image/jpeg", "data": "QUJD"}),
        (Media(K.IMAGE, "image/webp; q=1", data="Q"), {"type": "base64", "media_type": "image/webp", "data": "Q"}),
        (Media(K.IMAGE, url="https://a/b"), {"type": "url", "url": "https://a/b"}),
        (Media(K.DOCUMENT, data=PDF), {"type": "base64", "media_type": "application/pdf", "data": PDF}),
        (Media(K.DOCUMENT, url="https://a/b"), {"type": "url", "url": "https://a/b"}),
        (Media(K.DOCUMENT, text="x"), {"type": "text", "media_type": "text/plain", "data": "x"}),
        (
            Media(K.DOCUMENT, content=(Text("x"), Media(K.IMAGE, data=PNG))),
            {
                "type": "content",
                "content": [
                    {"type": "text", "text": "x"},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
                ],
            },
        ),
        (
            Media(K.DOCUMENT, "text/plain", data=base64.b64encode(b"x").decode()),
            {"type": "text", "media_type": "text/plain", "data": "x"},
        ),
    ],
)
def test_what_is_carried(media: Media, source: dict[str, Any]) -> None:
    block, losses = one(media)
    assert (block["type"], block["source"], losses) == (media.kind.value, source, set())


def test_what_is_said_of_a_document() -> None:
    block, _ = one(Media(K.DOCUMENT, text="x", name="n", context="c", cite=True, cache={"type": "ephemeral"}))
    assert (block["title"], block["context"], block["citations"]) == ("n", "c", {"enabled": True})
    assert block["cache_control"] == {"type": "ephemeral"}


def test_texts_of_other_types_are_read_as_plain_ones() -> None:
    block, losses = one(Media(K.DOCUMENT, "text/html", data=HTML))
    assert block["source"]["data"] == "<p>é</p>"
    assert losses == {("documents", "messages[0].content[1]", "approximated")}


@pytest.mark.parametrize(
    ("media", "feature"),
    [
        (Media(K.IMAGE, "image/heic", data="QUJD"), "images"),
        (Media(K.IMAGE, file_id="file_of_another_vendor"), "images"),
        (Media(K.DOCUMENT, "application/msword", data="QUJD", name="a.doc"), "documents"),
        (Media(K.DOCUMENT, file_id="f"), "documents"),
        (Media(K.DOCUMENT, "text/html", url="https://a/b"), "documents"),
        (Media(K.DOCUMENT, text=" "), "documents"),
        (Media(K.DOCUMENT, data="!"), "documents"),
        (Media(K.AUDIO, "audio/wav", data="QUJD"), "audio"),
        (Media(K.VIDEO, url="https://a/b"), "audio"),
    ],
)
def test_what_is_not_is_said_in_its_place(media: Media, feature: str) -> None:
    block, losses = one(media)
    assert block["type"] == "text"
    assert block["text"].startswith(f"[{media.kind.value}")
    assert "QUJD" not in block["text"]
    assert losses == {(feature, "messages[0].content[1]", "replaced")}


@pytest.mark.parametrize(
    ("use", "media"),
    [
        (Use.IMAGE_URL, Media(K.IMAGE, url="https://a/b")),
        (Use.IMAGE_DATA, Media(K.IMAGE, data=PNG)),
        (Use.DOCUMENT_DATA, Media(K.DOCUMENT, data=PDF)),
        (Use.DOCUMENT_URL, Media(K.DOCUMENT, url="https://a/b")),
    ],
)
def test_a_provider_may_take_less(use: Use, media: Media) -> None:
    block, losses = one(media, quirks=Quirks(cannot=frozenset({use})))
    assert block["type"] == "text"
    assert {action for _, _, action in losses} == {"replaced"}


def test_a_documents_content_of_other_kinds() -> None:
    inner = (Text("x"), Foreign(Dialect.OPENAI_CHAT, "y", {}, text="y"), Foreign(Dialect.OPENAI_CHAT, "z", {}))
    block, losses = one(Media(K.DOCUMENT, content=inner))
    assert [part["text"] for part in block["source"]["content"]] == ["x", "y"]
    assert losses == {
        ("other", "messages[0].content[1].content[1]", "replaced"),
        ("other", "messages[0].content[1].content[2]", "dropped"),
    }


def test_a_file_of_this_dialect_written_anew_is_still_the_file() -> None:
    said = user(Media(K.IMAGE, file_id="f"), Media(K.DOCUMENT, file_id="g"))
    body, losses = encoded(foreign(said, dialect=Dialect.ANTHROPIC_MESSAGES))
    assert [block["source"] for block in body["messages"][0]["content"]] == [
        {"type": "file", "file_id": "f"},
        {"type": "file", "file_id": "g"},
    ]
    assert losses == set()
    assert faults(foreign_body()) == []


def foreign_body() -> dict[str, Any]:
    return encoded(foreign(user(Media(K.IMAGE, data=PNG))))[0]

"""gate.protocols.openai_chat.media: addresses, types and texts of media, written."""

from __future__ import annotations

import base64

import pytest

from gate.protocols.canonical.parts import Media, MediaKind
from gate.protocols.openai_chat.media import address, answer_image, audio_format, media_type, plain_text
from tests.protocols.openai_chat.translating import PIXEL

HTTPS = "https://a.example/x.png"


@pytest.mark.parametrize(
    ("media", "found"),
    [
        (Media(MediaKind.IMAGE, "image/avif", PIXEL), "image/avif"),
        (Media(MediaKind.IMAGE, data="/9j/4AAQ"), "image/jpeg"),
        (Media(MediaKind.IMAGE, data="R0lGODlh"), "image/gif"),
        (Media(MediaKind.IMAGE, data="UklGRgAA"), "image/webp"),
        (Media(MediaKind.IMAGE, "", "AAAA"), "image/png"),
        (Media(MediaKind.DOCUMENT, data="JVBE"), "application/pdf"),
        (Media(MediaKind.AUDIO), "audio/wav"),
        (Media(MediaKind.VIDEO, data="AAAA"), "application/octet-stream"),
    ],
)
def test_the_type_is_told_or_looked_up(media: Media, found: str) -> None:
    assert media_type(media) == found


@pytest.mark.parametrize(
    ("media", "url"),
    [
        (Media(MediaKind.IMAGE, data=PIXEL), f"data:image/png;base64,{PIXEL}"),
        (Media(MediaKind.IMAGE, "image/png", url=HTTPS), HTTPS),
        (Media(MediaKind.IMAGE, file_id="f1"), None),
    ],
    ids=["data", "url", "file"],
)
def test_addresses(media: Media, url: str | None) -> None:
    assert address(media) == url
    assert answer_image(media) == (None if url is None else {"type": "image_url", "image_url": {"url": url}})


@pytest.mark.parametrize(
    ("told", "word"),
    [
        (None, "wav"),
        ("audio/x-wav", "wav"),
        ("Audio/MPEG ; rate=16000", "mp3"),
        ("audio/flac", None),
        ("audio/", None),
    ],
)
def test_audio_formats(told: str | None, word: str | None) -> None:
    assert audio_format(Media(MediaKind.AUDIO, told, "AAAA")) == word


@pytest.mark.parametrize(
    ("media", "text"),
    [
        (Media(MediaKind.DOCUMENT, text="as it is"), "as it is"),
        (Media(MediaKind.DOCUMENT, "text/csv; charset=utf-8", base64.b64encode("é,1".encode()).decode()), "é,1"),
        (Media(MediaKind.DOCUMENT, "Application/JSON", "e30="), "{}"),
        (Media(MediaKind.DOCUMENT, "application/pdf", "e30="), None),
        (Media(MediaKind.DOCUMENT, "text/plain", "no base64!"), None),
        (Media(MediaKind.DOCUMENT, "text/plain", "/w=="), None),
        (Media(MediaKind.DOCUMENT, "text/plain", url=HTTPS), None),
    ],
    ids=["text", "csv", "json", "pdf", "no_base64", "no_utf8", "url"],
)
def test_documents_that_are_text(media: Media, text: str | None) -> None:
    assert plain_text(media) == text

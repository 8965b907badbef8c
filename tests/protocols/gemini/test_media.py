"""gate.protocols.gemini.media: inline data and addresses, both ways."""

from __future__ import annotations

from typing import Any

import pytest

from gate.core.loss import Use
from gate.protocols.canonical.parts import Media, MediaKind
from gate.protocols.gemini.media import is_own_file, is_plain, kind_of, read_media, use_of, write_media

IMAGE, DOCUMENT, AUDIO, VIDEO = MediaKind.IMAGE, MediaKind.DOCUMENT, MediaKind.AUDIO, MediaKind.VIDEO
TUBE = "https://www.youtube.com/watch?v=abc"


@pytest.mark.parametrize(
    ("media_type", "uri", "kind"),
    [
        ("IMAGE/PNG", "", IMAGE),
        ("audio/wav", "https://a.example/b.png", AUDIO),
        ("application/octet-stream", "https://a.example/b.png", DOCUMENT),
        (None, "https://a.example/b.PNG?size=2", IMAGE),
        (None, "gs://bucket/b.mp3", AUDIO),
        (None, "https://a.example/b.webm#t=3", VIDEO),
        (None, "https://youtu.be/abc", VIDEO),
        (None, "https://notyoutube.com/abc", DOCUMENT),
        ("", "", DOCUMENT),
        ("imagery", "", DOCUMENT),
    ],
)
def test_kinds(media_type: str | None, uri: str, kind: MediaKind) -> None:
    assert kind_of(media_type, uri) is kind


@pytest.mark.parametrize(
    ("uri", "own"),
    [
        ("gs://bucket/a", True),
        ("GS://bucket/a", True),
        ("files/abc", True),
        ("https://generativelanguage.googleapis.com/v1beta/files/abc", True),
        ("https://a.example/files/abc", False),
        (TUBE, False),
        ("", False),
    ],
)
def test_files_only_the_vendor_can_read(uri: str, own: bool) -> None:
    assert is_own_file(uri) is own


@pytest.mark.parametrize(
    ("media_type", "plain"),
    [
        ("text/csv", True),
        ("Application/JSON; charset=utf-8", True),
        ("application/rtf", True),
        ("application/jsonl", False),
        ("application/pdf", False),
        ("x-text/plain", False),
        (None, False),
    ],
)
def test_types_that_are_text(media_type: str | None, plain: bool) -> None:
    assert is_plain(media_type) is plain


@pytest.mark.parametrize(
    ("kind", "how", "use"),
    [
        (IMAGE, {"file": True, "url": True}, Use.IMAGE_FILE),
        (IMAGE, {"file": False, "url": True}, Use.IMAGE_URL),
        (IMAGE, {"file": False, "url": False, "plain": True}, Use.IMAGE_DATA),
        (DOCUMENT, {"file": True, "url": False}, Use.DOCUMENT_FILE),
        (DOCUMENT, {"file": False, "url": True, "plain": True}, Use.DOCUMENT_URL),
        (DOCUMENT, {"file": False, "url": False, "plain": True}, Use.DOCUMENT_TEXT),
        (DOCUMENT, {"file": False, "url": False}, Use.DOCUMENT_DATA),
        (AUDIO, {"file": True, "url": True}, Use.AUDIO),
        (VIDEO, {"file": False, "url": True}, Use.VIDEO),
    ],
)
def test_uses(kind: MediaKind, how: dict[str, bool], use: Use) -> None:
    assert use_of(kind, **how) is use


@pytest.mark.parametrize(
    ("part", "media"),
    [
        (
            {"inlineData": {"mimeType": "image/png", "data": "-_8=", "displayName": "n"}},
            Media(IMAGE, "image/png", data="+/8=", name="n"),
        ),
        (
            {"inline_data": {"mime_type": "text/plain", "data": "w6k="}},
            Media(DOCUMENT, "text/plain", text="é"),
        ),
        # Neither padded wrongly nor in another encoding is it a text.
        ({"inlineData": {"mimeType": "text/plain", "data": "w6k"}}, Media(DOCUMENT, "text/plain", data="w6k")),
        ({"inlineData": {"mimeType": "text/plain", "data": "6Q=="}}, Media(DOCUMENT, "text/plain", data="6Q==")),
        ({"inlineData": {"data": "AAAA"}}, Media(DOCUMENT, None, data="AAAA")),
        ({"inlineData": {"mimeType": "image/png"}}, None),
        ({"inlineData": {}, "fileData": {"fileUri": "files/x"}}, Media(DOCUMENT, None, file_id="files/x")),
        (
            {"file_data": {"file_uri": "gs://b/x.wav", "mime_type": "audio/wav", "display_name": "n"}},
            Media(AUDIO, "audio/wav", file_id="gs://b/x.wav", name="n"),
        ),
        ({"fileData": {"fileUri": TUBE}}, Media(VIDEO, None, url=TUBE)),
        ({"fileData": {"fileUri": 3, "mimeType": "image/png"}}, None),
        ({"inlineData": "odd", "fileData": ["odd"]}, None),
        ({"text": "a"}, None),
    ],
)
def test_parts_that_are_read(part: Any, media: Media | None) -> None:
    assert read_media(part, None) == media
    kept = read_media(part, part)
    assert (None if kept is None else kept.raw) == (None if media is None else part)


@pytest.mark.parametrize(
    ("media", "part"),
    [
        (Media(IMAGE, "image/webp", data="AA"), {"inlineData": {"mimeType": "image/webp", "data": "AA"}}),
        (Media(DOCUMENT, data=""), {"inlineData": {"mimeType": "application/pdf", "data": ""}}),
        (
            Media(IMAGE, url="https://a.example/b.heic?x"),
            {"fileData": {"fileUri": "https://a.example/b.heic?x", "mimeType": "image/heic"}},
        ),
        (
            Media(IMAGE, "image/png", url="https://a.example/b.gif"),
            {"fileData": {"fileUri": "https://a.example/b.gif", "mimeType": "image/png"}},
        ),
        (
            Media(AUDIO, url="https://a.example/b"),
            {"fileData": {"fileUri": "https://a.example/b", "mimeType": "audio/wav"}},
        ),
        (Media(VIDEO, url=TUBE), {"fileData": {"fileUri": TUBE}}),
        (Media(DOCUMENT, file_id="files/x"), None),
        (Media(DOCUMENT, text="a"), None),
    ],
)
def test_parts_that_are_written(media: Media, part: Any) -> None:
    assert write_media(media) == part

"""gate.protocols.openai_chat.content: content parts of OpenAI and of its imitators, read."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from gate.core.dialect import Dialect
from gate.protocols.canonical.parts import Foreign, Media, MediaKind, Part, Refusal, Text, Thinking
from gate.protocols.openai_chat.content import data_url, read_content, read_part, said, text_of
from tests.protocols.openai_chat.translating import PIXEL

HTTPS = "https://a.example/x"
IMAGE = f"data:image/png;base64,{PIXEL}"
HINT = {"type": "ephemeral", "ttl": "1h"}


@pytest.mark.parametrize(
    ("part", "found"),
    [
        ({"type": "text", "text": "hi", "cache_control": HINT}, Text("hi", cache=HINT)),
        (
            {"type": "text", "text": "", "prompt_cache_breakpoint": {"mode": "x"}},
            Text("", cache={"type": "ephemeral"}),
        ),
        ({"type": "refusal", "refusal": "no"}, Refusal("no")),
        ({"type": "thinking", "thinking": [{"text": "a"}, {"text": "b"}]}, Thinking("ab")),
        (
            {"type": "image_url", "image_url": {"url": IMAGE, "detail": "low"}},
            Media(MediaKind.IMAGE, "image/png", PIXEL, detail="low"),
        ),
        ({"type": "image_url", "image_url": HTTPS}, Media(MediaKind.IMAGE, url=HTTPS)),
        ({"type": "image", "image": PIXEL}, Media(MediaKind.IMAGE, data=PIXEL)),
        (
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}},
            Media(MediaKind.AUDIO, "audio/mpeg", "AAAA"),
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "flac"}},
            Media(MediaKind.AUDIO, "audio/flac", "AAAA"),
        ),
        (
            {"type": "file", "file": {"file_data": "AAAA", "filename": "a.PDF"}},
            Media(MediaKind.DOCUMENT, "application/pdf", "AAAA", name="a.PDF"),
        ),
        ({"type": "file", "file": {"file_data": IMAGE}}, Media(MediaKind.IMAGE, "image/png", PIXEL)),
        ({"type": "file", "file_id": "f1"}, Media(MediaKind.DOCUMENT, file_id="f1")),
        (
            {"type": "document_url", "document_url": HTTPS, "document_name": "x"},
            Media(MediaKind.DOCUMENT, url=HTTPS, name="x"),
        ),
        ({"type": "video_url", "video_url": {"url": HTTPS}}, Media(MediaKind.VIDEO, url=HTTPS)),
    ],
)
def test_each_kind_of_part(part: dict[str, Any], found: Text | Refusal | Thinking | Media) -> None:
    assert read_part(part) == replace(found, raw=part)


@pytest.mark.parametrize(
    ("part", "kind", "text"),
    [
        ({"type": "new", "text": "in words"}, "new", "in words"),
        ({"type": ["text"], "text": ""}, "", None),
        ({"type": "text", "text": 5}, "text", None),
        ({"type": "image_url", "image_url": {"url": ""}}, "image_url", None),
        ({"type": "input_audio", "input_audio": None}, "input_audio", None),
        ({"type": "file", "file": {"file_data": 5}}, "file", None),
    ],
)
def test_what_is_not_understood_is_kept(part: dict[str, Any], kind: str, text: str | None) -> None:
    assert read_part(part) == Foreign(Dialect.OPENAI_CHAT, kind, part, text=text)


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (None, []),
        ("", []),
        ("hi", [Text("hi")]),
        ({"type": "text", "text": "hi"}, []),
        (["a", "", None, 5, {}, []], [Text("a")]),
    ],
)
def test_content_of_every_type(content: object, parts: list[Part]) -> None:
    assert read_content(content) == parts


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (IMAGE, ("image/png", PIXEL)),
        ("data:audio/wav;codec=1;base64,AA==", ("audio/wav", "AA==")),
        ("data:;base64,AA==", (None, "AA==")),
        ("data:,a%20b", ("text/plain", "YSBi")),
        ("data:text/csv;charset=utf-8,a", ("text/csv", "YQ==")),
        ("data:image/png;base64", (None, None)),
        ("AA==", (None, "AA==")),
        (HTTPS, (None, None)),
    ],
)
def test_data_urls(value: str, found: tuple[str | None, str | None]) -> None:
    assert data_url(value) == found


def test_text_and_strings_of_odd_values() -> None:
    assert [text_of(value) for value in ("a", None, {"text": "a"}, ["a", {"text": "b"}, {"text": 5}])] == [
        "a",
        "",
        "",
        "b",
    ]
    assert [said({"a": value}, name) for value, name in (("x", "a"), (5, "a"), ("x", "b"))] == ["x", "", ""]


def test_the_case_of_a_data_urls_scheme_and_encoding_does_not_matter() -> None:
    for url in (IMAGE, IMAGE.replace("data:", "DATA:"), IMAGE.replace("base64", "Base64")):
        assert data_url(url) == ("image/png", PIXEL)

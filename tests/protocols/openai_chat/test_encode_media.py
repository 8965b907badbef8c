"""gate.protocols.openai_chat.encode_media: other dialects' media as chat's parts, in messages and beside results."""

from __future__ import annotations

from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.core.loss import Feature, Loss, LossAction, Use
from gate.core.profile import Quirks
from gate.protocols.canonical.parts import (
    Media,
    MediaKind,
    Text,
    ToolCall,
    ToolResult,
)
from tests.protocols.openai_chat.translating import PIXEL, assistant, encoded, foreign, user
from tests.protocols.openai_chat.translating import text_part as text
from tests.protocols.openai_chat.translating import upstream_messages as sent

A, B = ToolCall("c1", "f", '{"a":1}'), ToolCall("c2", "g")
IMAGE = Media(MediaKind.IMAGE, "image/png", PIXEL)
IMAGE_PART = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}


def test_pictures_of_results_come_behind_all_results() -> None:
    found, losses = sent(
        assistant(A, B),
        user(ToolResult("c1", (Text("see"), IMAGE)), path="messages[2]"),
        user(ToolResult("c2", (IMAGE,)), Text("what is it?"), path="messages[3]"),
    )
    assert found[1:3] == [
        {"role": "tool", "tool_call_id": "c1", "content": "see\n[image: see the next user message]"},
        {"role": "tool", "tool_call_id": "c2", "content": "[image: see the next user message]"},
    ]
    assert found[3] == {
        "role": "user",
        "content": [
            text("Attached to the result of the tool call c1:"),
            IMAGE_PART,
            text("Attached to the result of the tool call c2:"),
            IMAGE_PART,
            text("what is it?"),
        ],
    }
    assert losses == {
        ("images", "messages[2].content[0].content[1]", "moved"),
        ("images", "messages[3].content[0].content[0]", "moved"),
    }


def test_documents_of_results_that_are_text_stay_in_them() -> None:
    document = Media(MediaKind.DOCUMENT, text="words", name="a.txt")
    found, losses = sent(assistant(A), user(ToolResult("c1", (document,)), path="messages[2]"))
    assert found[1]["content"] == "a.txt\n\nwords"
    assert losses == {("documents", "messages[2].content[0].content[0]", "approximated")}


@pytest.mark.parametrize(
    ("kind", "data", "words"),
    [
        ("text/plain", "aMOp", "hé"),
        ("text/csv; charset=utf-8", "YSxi", "a,b"),
        ("application/json", "e30=", "{}"),
    ],
)
def test_documents_that_are_text_are_sent_as_text(kind: str, data: str, words: str) -> None:
    document = Media(MediaKind.DOCUMENT, kind, data, name="n")
    found, losses = sent(user(document))
    assert found == [{"role": "user", "content": [text(f"n\n\n{words}")]}]
    assert losses == {("documents", "messages[0].content[0]", "approximated")}


@pytest.mark.parametrize("data", ["/////w==", "no base64"])
def test_text_that_cannot_be_read_stays_a_file(data: str) -> None:
    found, _ = sent(user(Media(MediaKind.DOCUMENT, "text/plain", data)))
    file = {"filename": "document.plain", "file_data": f"data:text/plain;base64,{data}"}
    assert found == [{"role": "user", "content": [{"type": "file", "file": file}]}]


@pytest.mark.parametrize(
    ("media", "parts"),
    [
        (IMAGE, [IMAGE_PART]),
        (
            Media(MediaKind.IMAGE, data="/9j/AA", detail="low"),
            [{"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,/9j/AA", "detail": "low"}}],
        ),
        (Media(MediaKind.IMAGE, url="https://a/b"), [{"type": "image_url", "image_url": {"url": "https://a/b"}}]),
        (
            Media(MediaKind.AUDIO, "audio/mpeg", "AA"),
            [{"type": "input_audio", "input_audio": {"data": "AA", "format": "mp3"}}],
        ),
        (
            Media(MediaKind.DOCUMENT, "application/pdf", "AA", name="a.pdf", context="about it"),
            [
                text("about it"),
                {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AA"}},
            ],
        ),
        (
            Media(MediaKind.DOCUMENT, data="AA"),
            [{"type": "file", "file": {"filename": "document.pdf", "file_data": "data:application/pdf;base64,AA"}}],
        ),
    ],
)
def test_media_chat_has_parts_for(media: Media, parts: list[dict[str, Any]]) -> None:
    found, losses = sent(user(media))
    assert found == [{"role": "user", "content": parts}]
    assert losses == set()


@pytest.mark.parametrize(
    ("media", "feature", "words"),
    [
        (Media(MediaKind.IMAGE, file_id="f1"), "images", "[image: not available to this model]"),
        (Media(MediaKind.AUDIO, "audio/flac", "AA"), "audio", "[audio: not available to this model]"),
        (Media(MediaKind.AUDIO, url="https://a/b"), "audio", "[audio https://a/b: not available to this model]"),
        (Media(MediaKind.VIDEO, "video/mp4", "AA"), "audio", "[video: not available to this model]"),
        (
            Media(MediaKind.DOCUMENT, url="https://a/b", name="b"),
            "documents",
            "[document b https://a/b: not available to this model]",
        ),
        (Media(MediaKind.DOCUMENT, file_id="f1"), "documents", "[document: not available to this model]"),
    ],
)
def test_a_text_stands_for_media_chat_has_no_part_for(media: Media, feature: str, words: str) -> None:
    found, losses = sent(user(media))
    assert found == [{"role": "user", "content": [text(words)]}]
    assert losses == {(feature, "messages[0].content[0]", "replaced")}


def test_media_this_provider_does_not_take() -> None:
    cannot = frozenset({Use.IMAGE_DATA, Use.DOCUMENT_DATA, Use.AUDIO})
    said = user(IMAGE, Media(MediaKind.DOCUMENT, data="AA"), Media(MediaKind.AUDIO, "audio/wav", "AA"))
    _, losses = sent(said, quirks=Quirks(cannot=cannot))
    assert {(feature, action) for feature, _, action in losses} == {
        ("images", "replaced"),
        ("documents", "replaced"),
        ("audio", "replaced"),
    }


def test_mistrals_documents_and_sound() -> None:
    found, losses = sent(
        user(
            Media(MediaKind.DOCUMENT, data="AA", name="a.pdf"),
            Media(MediaKind.DOCUMENT, url="https://a/b"),
            Media(MediaKind.AUDIO, "audio/flac", "AA"),
            Media(MediaKind.DOCUMENT, file_id="f"),
        ),
        vendor="mistral",
        typed=False,
    )
    assert found[0]["content"][:3] == [
        {"type": "document_url", "document_url": "data:application/pdf;base64,AA", "document_name": "a.pdf"},
        {"type": "document_url", "document_url": "https://a/b"},
        {"type": "input_audio", "input_audio": "AA"},
    ]
    assert losses == {("documents", "messages[0].content[3]", "replaced")}


def test_a_document_made_of_parts() -> None:
    document = Media(MediaKind.DOCUMENT, content=(Text("a"), IMAGE), name="n", cite=True, cache={"type": "ephemeral"})
    found, losses = sent(user(document))
    assert found == [{"role": "user", "content": [text("n"), text("a"), IMAGE_PART]}]
    assert losses == {
        ("documents", "messages[0].content[0]", "approximated"),
        ("citations", "messages[0].content[0].citations", "dropped"),
        ("cache_hints", "messages[0].content[0].cache_control", "dropped"),
    }


def test_openais_own_files_are_known_to_openai() -> None:
    request = foreign(user(Media(MediaKind.DOCUMENT, file_id="file-1")), dialect=Dialect.OPENAI_RESPONSES)
    body, losses = encoded(request)
    assert (body["messages"][0]["content"], losses) == ([{"type": "file", "file": {"file_id": "file-1"}}], ())
    assert encoded(request, vendor="groq")[1] == (
        Loss(Feature.DOCUMENTS, "messages[0].content[0]", LossAction.REPLACED),
    )


def test_pictures_an_assistant_made_come_after_it() -> None:
    found, losses = sent(assistant(Text("here"), IMAGE), user(Text("thanks")))
    assert found == [
        {"role": "assistant", "content": "here"},
        {"role": "user", "content": [text("Made by the assistant:"), IMAGE_PART]},
        {"role": "user", "content": "thanks"},
    ]
    assert losses == {("images", "messages[1].content[1]", "moved")}

"""gate.protocols.openai_chat.client_parts: the members a client gets, and what it does not get."""

from __future__ import annotations

from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.core.loss import Feature, Loss, LossAction
from gate.protocols.canonical.parts import CallKind, Citation, Foreign, Media, MediaKind, ToolCall, ToolResult
from gate.protocols.openai_chat.client_parts import annotation, call_head, whole_part
from tests.protocols.openai_chat.translating import PIXEL

CHAT, ANTHROPIC = Dialect.OPENAI_CHAT, Dialect.ANTHROPIC_MESSAGES


def dropped(feature: Feature) -> Loss:
    return Loss(feature, "parts[0]", LossAction.DROPPED)


@pytest.mark.parametrize(
    ("kind", "head"),
    [
        (CallKind.FUNCTION, {"type": "function", "function": {"name": "f", "arguments": "{"}}),
        (CallKind.SEARCH, {"type": "function", "function": {"name": "f", "arguments": "{"}}),
        (CallKind.CUSTOM, {"type": "custom", "custom": {"name": "f", "input": "{"}}),
    ],
)
def test_the_head_of_a_call_has_the_arguments_given(kind: CallKind, head: dict[str, Any]) -> None:
    assert call_head(ToolCall("c1", "f", '{"a":1}', kind), "{") == {"id": "c1", **head}


@pytest.mark.parametrize(
    ("part", "member"),
    [
        (
            Media(MediaKind.IMAGE, data=PIXEL),
            ("images", [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}]),
        ),
        (
            Media(MediaKind.AUDIO, data="AAAA", context="hello"),
            ("audio", {"id": "audio_ab12", "data": "AAAA", "expires_at": 7, "transcript": "hello"}),
        ),
        (Media(MediaKind.AUDIO, data="AAAA", raw={"audio": {"id": "a1"}}), ("audio", {"id": "a1"})),
        (Foreign(CHAT, "executed_tools", {"index": 0}, server=True), ("executed_tools", [{"index": 0}])),
    ],
    ids=["image", "audio", "own_audio", "executed_tools"],
)
def test_parts_a_client_gets(part: Media | Foreign, member: tuple[str, object]) -> None:
    assert whole_part(part, "parts[0]", "ab12", 7) == member


@pytest.mark.parametrize(
    ("part", "feature"),
    [
        (ToolResult("c1"), Feature.SERVER_TOOLS),
        (Foreign(ANTHROPIC, "server_tool_use", {}, server=True), Feature.SERVER_TOOLS),
        (Foreign(ANTHROPIC, "executed_tools", {}), Feature.OTHER),
        (Foreign(CHAT, "new", {}), Feature.OTHER),
        (Media(MediaKind.IMAGE, file_id="f"), Feature.IMAGES),
        (Media(MediaKind.AUDIO, url="https://a.example/a.wav"), Feature.OTHER),
        (Media(MediaKind.VIDEO, data="AAAA"), Feature.OTHER),
    ],
)
def test_parts_a_client_does_not_get(part: Media | Foreign | ToolResult, feature: Feature) -> None:
    assert whole_part(part, "parts[0]", "ab12", 7) == dropped(feature)


def test_a_citation_without_address_is_lost() -> None:
    there = Citation(ANTHROPIC, {}, url="https://a.example", title="A")
    inner = {"url": "https://a.example", "title": "A", "start_index": 3, "end_index": 9}
    assert annotation(there, 3, 9, "parts[0]") == {"type": "url_citation", "url_citation": inner}
    assert annotation(Citation(ANTHROPIC, {}, title="A"), 3, 9, "parts[0]") == dropped(Feature.CITATIONS)

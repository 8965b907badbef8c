"""gate.protocols.gemini.encode_result: what a tool returned."""

from __future__ import annotations

from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.core.loss import Feature, Loss, LossAction
from gate.protocols.canonical.parts import Foreign, Media, MediaKind, Part, Refusal, Text, Thinking, ToolResult
from gate.protocols.gemini.encode_result import Made, function_response
from gate.protocols.gemini.models import traits
from gate.protocols.translation import Aim
from tests.protocols.gemini.shapes import NEW

A = LossAction
OLD = "gemini-2.5-flash"
PICTURE = Media(MediaKind.IMAGE, "image/png", data="AAAA")
INLINE = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}
LINKED = Media(MediaKind.IMAGE, "image/png", url="https://e.com/a.png")
LINK = {"fileData": {"fileUri": "https://e.com/a.png", "mimeType": "image/png"}}


def made(*content: Part, model: str = NEW, error: bool = False, call_id: str = "1") -> tuple[Made, list[Loss]]:
    losses: list[Loss] = []
    result = ToolResult(call_id, content, error)
    return function_response(result, "f", "p", Aim(model, "google"), traits(model), losses), losses


def part(response: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"functionResponse": {"name": "f", "response": response, "id": "1", **more}}


@pytest.mark.parametrize(
    ("content", "error", "response"),
    [
        ((Text("a"), Refusal("b")), False, {"output": "a\nb"}),
        ((Text("a"),), True, {"error": "a"}),
        ((Text(""),), False, {"output": ""}),
        ((), False, {}),
        ((), True, {"error": ""}),
        ((Media(MediaKind.DOCUMENT, text="words"), Text("b")), False, {"output": "words\nb"}),
    ],
)
def test_words(content: tuple[Part, ...], error: bool, response: dict[str, Any]) -> None:
    assert made(*content, error=error) == (Made(part(response)), [])


def test_a_result_without_an_id() -> None:
    found, _ = made(Text("a"), call_id="")
    assert found.response == {"functionResponse": {"name": "f", "response": {"output": "a"}}}


@pytest.mark.parametrize(
    ("model", "content", "inside", "beside"),
    [
        (NEW, (PICTURE,), [INLINE], []),
        (NEW, (PICTURE, LINKED), [INLINE], [LINK]),
        (OLD, (PICTURE, LINKED), [], [INLINE, LINK]),
        ("gemma-4-27b", (PICTURE,), [], [INLINE]),
    ],
)
def test_where_media_stand(model: str, content: tuple[Part, ...], inside: list[Any], beside: list[Any]) -> None:
    """Newer models take data within the response; addresses, and everything for older models, stand beside it."""
    found, losses = made(Text("see"), *content, model=model)
    held = {"parts": inside} if inside else {}
    assert found == Made(part({"output": "see"}, **held), beside)
    assert losses == ([Loss(Feature.IMAGES, "p", A.MOVED)] if beside else [])


def test_media_alone_leave_the_response_empty() -> None:
    assert made(PICTURE) == (Made(part({}, parts=[INLINE])), [])


@pytest.mark.parametrize(
    ("odd", "response", "loss"),
    [
        (
            Text("b", cache={"type": "ephemeral"}),
            "a\nb",
            (Feature.CACHE_HINTS, "p.content[1].cache_control", A.DROPPED),
        ),
        (
            Foreign(Dialect.ANTHROPIC_MESSAGES, "x", {"type": "x"}, text="read"),
            "a\nread",
            (Feature.OTHER, "p.content[1]", A.REPLACED),
        ),
        (Foreign(Dialect.ANTHROPIC_MESSAGES, "x", {"type": "x"}), "a", (Feature.OTHER, "p.content[1]", A.DROPPED)),
        (Thinking("hm"), "a", (Feature.OTHER, "p.content[1]", A.DROPPED)),
        (
            Media(MediaKind.IMAGE, "image/gif", data="AAAA"),
            "a\n[image left out]",
            (Feature.IMAGES, "p.content[1]", A.REPLACED),
        ),
    ],
)
def test_what_has_no_place_in_a_response(odd: Part, response: str, loss: tuple[Feature, str, LossAction]) -> None:
    assert made(Text("a"), odd) == (Made(part({"output": response})), [Loss(*loss)])

"""gate.protocols.gemini.encode_answer: a whole answer as one object."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.core.loss import Feature, Loss, LossAction
from gate.core.usage import Usage
from gate.protocols.canonical.answer import Response, Stop
from gate.protocols.canonical.parts import Foreign, Opaque, Part, Text, Thinking, ToolCall
from gate.protocols.gemini.encode_answer import encode_answer
from gate.protocols.gemini.thoughts import FOREIGN_CALL, write_token
from tests.protocols.gemini.shapes import MINT, asked

OWN = Opaque("google", "thought_signature", "c2ln")
OTHER = Opaque("anthropic", "signature", "eHh4")


def encoded(*parts: Part, stop: Stop | None = Stop.END, **more: Any) -> tuple[dict[str, Any], tuple[Loss, ...]]:
    body, losses = encode_answer(Response("id-1", "m", parts, stop, **more), asked(), MINT)
    return json.loads(body), losses


def parts_of(*parts: Part) -> list[Any]:
    return encoded(*parts)[0]["candidates"][0]["content"]["parts"]


def test_the_whole_object() -> None:
    body, losses = encoded(Text("Hello é"), stop=Stop.MAX_TOKENS)
    content = {"parts": [{"text": "Hello é"}], "role": "model"}
    assert body == {
        "candidates": [{"content": content, "index": 0, "finishReason": "MAX_TOKENS"}],
        "modelVersion": "m",
        "responseId": "id-1",
    }
    assert losses == ()


def test_what_the_upstream_did_not_say_is_minted() -> None:
    body = json.loads(encode_answer(Response(None, None, (), None), asked(), MINT)[0])
    assert (body["modelVersion"], body["responseId"]) == ("asked", MINT.token)
    assert body["candidates"][0]["content"] == {"parts": [{"text": ""}], "role": "model"}


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        (
            (Thinking("hm", OTHER), Text("a")),
            [{"text": "hm", "thought": True, "thoughtSignature": write_token(OTHER)}, {"text": "a"}],
        ),
        ((Text("a"), Thinking("", OWN)), [{"text": "a", "thoughtSignature": "c2ln"}]),
        (
            (Thinking("hm"), Thinking("", OWN)),
            [{"text": "hm", "thought": True}, {"text": "", "thoughtSignature": "c2ln"}],
        ),
        (
            (Text("a"), Thinking("", OWN), Thinking("", OWN)),
            [{"text": "a", "thoughtSignature": "c2ln"}, {"text": "", "thoughtSignature": "c2ln"}],
        ),
        ((Thinking("", OWN), Text("a")), [{"text": "", "thoughtSignature": "c2ln"}, {"text": "a"}]),
        ((Text(""), Text("a"), Text("")), [{"text": "a"}]),
    ],
)
def test_signatures_stand_on_the_words_they_follow(given: tuple[Part, ...], parts: list[Any]) -> None:
    assert parts_of(*given) == parts


def test_calls_of_another_model_pass_googles_check() -> None:
    """Only the first of a step is checked."""
    assert parts_of(ToolCall("1", "f", '{"a":1}'), ToolCall("2", "g")) == [
        {"functionCall": {"name": "f", "args": {"a": 1}, "id": "1"}, "thoughtSignature": FOREIGN_CALL},
        {"functionCall": {"name": "g", "args": {}, "id": "2"}},
    ]


def test_usage_and_losses() -> None:
    foreign = Foreign(Dialect.ANTHROPIC_MESSAGES, "server_tool_use", {"type": "server_tool_use"}, server=True)
    body, losses = encoded(Text("a"), foreign, usage=Usage(input=200, output=25, cache_read=50, reasoning=5))
    assert body["usageMetadata"] == {
        "promptTokenCount": 200,
        "cachedContentTokenCount": 50,
        "candidatesTokenCount": 20,
        "thoughtsTokenCount": 5,
        "totalTokenCount": 225,
    }
    assert losses == (Loss(Feature.SERVER_TOOLS, "content[1]", LossAction.DROPPED),)

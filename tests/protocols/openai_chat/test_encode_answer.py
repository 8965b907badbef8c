"""gate.protocols.openai_chat.encode_answer: whole answers that OpenAI's own client reads."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.core.loss import Feature, Loss, LossAction
from gate.core.usage import Usage
from gate.protocols.canonical.answer import Response, Stop
from gate.protocols.canonical.parts import (
    CallKind,
    Citation,
    Foreign,
    Media,
    MediaKind,
    Opaque,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
)
from tests.protocols.openai_chat.sdk_types import answer_faults
from tests.protocols.openai_chat.translating import MINT, answer, decoded

SERVER = Foreign(Dialect.ANTHROPIC_MESSAGES, "server_tool_use", {"type": "server_tool_use", "name": "web"}, server=True)
LEGACY = decoded(functions=[{"name": "f", "parameters": {}}])


def message(*parts: Part, stop: Stop = Stop.END) -> tuple[dict[str, Any], tuple[Loss, ...]]:
    body, losses = answer(Response("r1", "m1", parts, stop))
    assert answer_faults(body) == []
    return body["choices"][0]["message"], losses


def test_every_member_the_client_needs() -> None:
    usage = Usage(input=10, output=4, cache_read=6, cache_write=2, reasoning=3)
    body, losses = answer(Response("r1", "m1", (Text("a"), Text("b")), Stop.END, usage, created=5))
    assert answer_faults(body) == []
    assert losses == ()
    assert body == {
        "id": "r1",
        "object": "chat.completion",
        "created": 5,
        "model": "m1",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "ab", "refusal": None, "annotations": []},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 10,
            "completion_tokens": 4,
            "total_tokens": 14,
            "prompt_tokens_details": {"cached_tokens": 6, "audio_tokens": 0, "cache_write_tokens": 2},
            "completion_tokens_details": {
                "reasoning_tokens": 3,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        },
    }


def test_what_the_upstream_did_not_tell_is_made_up_or_left_out() -> None:
    body, _ = answer(Response(None, None, (), None))
    assert (body["id"], body["created"], body["model"]) == (f"chatcmpl-{MINT.token}", MINT.now, "m")
    assert (body["usage"], body["choices"][0]["finish_reason"]) == (None, "stop")


@pytest.mark.parametrize(
    ("stop", "finish"),
    [
        (Stop.END, "stop"),
        (Stop.STOP_SEQUENCE, "stop"),
        (Stop.PAUSE, "stop"),
        (Stop.OTHER, "stop"),
        (Stop.MAX_TOKENS, "length"),
        (Stop.CONTEXT_FULL, "length"),
        (Stop.TOOL_USE, "tool_calls"),
        (Stop.REFUSAL, "content_filter"),
    ],
)
def test_finish_reasons(stop: Stop, finish: str) -> None:
    body, _ = answer(Response("r", "m", (), stop))
    assert body["choices"][0]["finish_reason"] == finish


def test_thinking_is_reasoning_content_without_its_tokens() -> None:
    signed = Opaque("anthropic", "signature", "sig")
    found, losses = message(Thinking("a", signed), Thinking("b"), Thinking("", signed), Text("c"))
    assert (found["reasoning_content"], found["content"]) == ("a\n\nb", "c")
    assert "sig" not in json.dumps(found)
    assert losses == (
        Loss(Feature.THINKING, "content[0]", LossAction.APPROXIMATED),
        Loss(Feature.THINKING, "content[2]", LossAction.DROPPED),
    )


def test_calls_and_no_text() -> None:
    found, _ = message(
        ToolCall("c1", "f", '{"a":1}'), ToolCall("c2", "g"), ToolCall("c3", "h", "free", CallKind.CUSTOM)
    )
    assert found["content"] is None
    assert found["tool_calls"] == [
        {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}},
        {"id": "c2", "type": "function", "function": {"name": "g", "arguments": "{}"}},
        {"id": "c3", "type": "custom", "custom": {"name": "h", "input": "free"}},
    ]


def test_a_vendors_own_tools_never_become_calls() -> None:
    found, losses = message(SERVER, Text("x"))
    assert "tool_calls" not in found
    assert losses == (Loss(Feature.SERVER_TOOLS, "content[0]", LossAction.DROPPED),)


def test_refusal() -> None:
    found, _ = message(Refusal("no"), stop=Stop.REFUSAL)
    assert (found["refusal"], found["content"]) == ("no", None)


def test_citations_become_annotations_with_places_in_the_whole_text() -> None:
    placed = Citation(Dialect.OPENAI_RESPONSES, {}, url="https://a", title="A", start=1, end=2)
    whole = Citation(Dialect.ANTHROPIC_MESSAGES, {}, url="https://b")
    own = {"type": "url_citation", "url_citation": {"url": "https://c", "title": "C", "start_index": 0, "end_index": 1}}
    nowhere = Citation(Dialect.ANTHROPIC_MESSAGES, {"type": "char_location"})
    cited = (placed, whole, Citation(Dialect.OPENAI_CHAT, own, url="https://c"), nowhere)
    found, losses = message(Text("12345"), Text("678", citations=cited))

    def made(url: str, title: str, start: int, end: int) -> dict[str, Any]:
        inner = {"url": url, "title": title, "start_index": start, "end_index": end}
        return {"type": "url_citation", "url_citation": inner}

    assert found["annotations"] == [made("https://a", "A", 6, 7), made("https://b", "https://b", 5, 8), own]
    assert losses == (Loss(Feature.CITATIONS, "content[1].citations[3]", LossAction.DROPPED),)


def test_pictures_and_sound() -> None:
    picture = Media(MediaKind.IMAGE, "image/png", data="QUJD")
    found, losses = message(picture, picture, Media(MediaKind.AUDIO, data="AAAA", context="hey"))
    url = {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}}
    assert found["images"] == [url, url]
    assert found["audio"] == {"id": "audio_ab12", "data": "AAAA", "expires_at": MINT.now, "transcript": "hey"}
    assert losses == ()
    _, losses = message(Media(MediaKind.IMAGE, file_id="f"), Media(MediaKind.VIDEO, data="A"))
    assert losses == (
        Loss(Feature.IMAGES, "content[0]", LossAction.DROPPED),
        Loss(Feature.OTHER, "content[1]", LossAction.DROPPED),
    )


def test_a_client_of_functions_gets_its_function_call() -> None:
    calls = (ToolCall("c1", "f", "{}"), ToolCall("c2", "f", "{}"))
    body, losses = answer(Response("r", "m", calls, Stop.TOOL_USE), LEGACY)
    choice = body["choices"][0]
    assert choice["message"]["function_call"] == {"name": "f", "arguments": "{}"}
    assert "tool_calls" not in choice["message"]
    assert choice["finish_reason"] == "function_call"
    assert losses == (Loss(Feature.OTHER, "content[1]", LossAction.DROPPED),)

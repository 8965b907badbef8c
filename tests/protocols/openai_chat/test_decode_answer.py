"""gate.protocols.openai_chat.decode_answer: whole answers of every vendor of the dialect."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gate.core.usage import Usage
from gate.protocols.canonical.answer import Response, Stop
from gate.protocols.canonical.parts import (
    CallKind,
    Foreign,
    Media,
    MediaKind,
    Opaque,
    Refusal,
    Text,
    Thinking,
    ToolCall,
)
from gate.protocols.openai_chat import TRANSLATOR
from tests.protocols.openai_chat.shapes import ANSWER
from tests.protocols.openai_chat.translating import answered, bare

CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def parts(message: dict[str, Any], **members: Any) -> list[Any]:
    return list(bare(answered(message, **members)).parts)


def test_the_usual_answer() -> None:
    found = TRANSLATOR.decode_answer(json.dumps(ANSWER).encode(), "openai")
    assert bare(found) == Response(
        id="chatcmpl-1",
        model="gpt-x",
        parts=(Text("Look: é"), ToolCall("call_1", "ls", '{"a": 1}'), ToolCall("call_2", "cat", "{}")),
        stop=Stop.TOOL_USE,
        usage=Usage(input=200, output=25, cache_read=50, reasoning=5),
        created=1,
        stop_word="tool_calls",
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"[]",
        b"{}",
        b'{"choices": []}',
        b'{"choices": null}',
        b'{"choices": [{"index": 0}]}',
        b'{"error": {"message": "no"}}',
        b'{"error": "no", "choices": [{"message": {"content": "x"}}]}',
        b'{"choices": [{"message": {"content": ""}, "finish_reason": "error", "error": {"code": 502}}]}',
        b"[" * 5000,
    ],
)
def test_what_is_no_answer(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        TRANSLATOR.decode_answer(body, "openai")


@pytest.mark.parametrize("content", [None, "", [], 5])
def test_no_content_is_no_part(content: object) -> None:
    assert parts({"content": content}) == []


def test_an_answer_without_a_finish_reason_ended() -> None:
    assert answered({"content": "x"}, None).stop is Stop.END
    assert answered({"content": None, "tool_calls": [CALL]}, None).stop is Stop.TOOL_USE


def test_finish_reason_stop_with_tool_calls_is_tool_use() -> None:
    found = answered({"tool_calls": [CALL]}, "stop")
    assert (found.stop, found.stop_word) == (Stop.TOOL_USE, "stop")


def test_thinking_before_text_in_every_vendors_member() -> None:
    assert parts({"content": "y", "reasoning_content": "x"}) == [Thinking("x"), Text("y")]
    assert parts({"content": "y", "reasoning": "x"}) == [Thinking("x"), Text("y")]
    chunks = [{"type": "thinking", "thinking": [{"type": "text", "text": "x"}]}, {"type": "text", "text": "y"}]
    assert parts({"content": chunks}) == [Thinking("x"), Text("y")]


def test_reasoning_details_are_kept_whole() -> None:
    details = [
        {"type": "reasoning.text", "text": "x", "signature": "s", "index": 0},
        {"type": "reasoning.encrypted", "data": "z", "id": "c1"},
        {"type": "reasoning.server_tool_call", "tool_name": "t", "arguments": "{}", "result": "r"},
        "nonsense",
    ]
    found = parts({"content": "y", "reasoning": "x", "reasoning_details": details})
    signed = Opaque("openrouter", "reasoning_detail", '{"type":"reasoning.text","signature":"s","index":0}')
    sealed = Opaque("openrouter", "reasoning_detail", '{"type":"reasoning.encrypted","data":"z","id":"c1"}')
    assert found[:2] == [Thinking("x", signed), Thinking("", sealed)]
    assert isinstance(found[2], Foreign)
    assert found[2].server
    assert found[3:] == [Text("y")]


def test_refusal() -> None:
    assert parts({"content": None, "refusal": "no"}) == [Refusal("no")]


def test_pictures_sound_and_tools_the_vendor_ran() -> None:
    text, picture, sound = parts(
        {
            "content": None,
            "images": [{"type": "image_url", "image_url": {"url": "https://a/b.png"}}],
            "audio": {"id": "a1", "data": "AAAA", "transcript": "hey", "expires_at": 9},
        }
    )
    assert picture == Media(MediaKind.IMAGE, url="https://a/b.png")
    assert text == Text("hey")
    assert (sound.kind, sound.data) == (MediaKind.AUDIO, "AAAA")
    ran = parts({"content": "x", "executed_tools": [{"index": 0, "type": "python", "arguments": "{}"}]})[0]
    assert (ran.kind, ran.server) == ("executed_tools", True)


def test_citations_of_every_kind_belong_to_the_text() -> None:
    annotation = {"type": "url_citation", "url_citation": {"url": "https://a", "title": "A"}}
    parsed = {"type": "file", "file": {"hash": "h", "content": []}}
    assert [one.url for one in parts({"content": "x", "annotations": [annotation, parsed]})[0].citations] == [
        "https://a"
    ]
    sources = {"search_results": [{"url": "https://b", "title": "B"}, {"title": "none"}], "citations": ["https://c"]}
    assert [(one.url, one.title) for one in parts({"content": "x"}, **sources)[0].citations] == [("https://b", "B")]
    assert [one.url for one in parts({"content": "x"}, citations=["https://c"])[0].citations] == ["https://c"]
    document = {
        "type": "document_citation",
        "document_citation": {"document_id": "d", "start_index": 0, "end_index": 1},
    }
    (cited,) = parts({"content": "x", "annotations": [document]})[0].citations
    assert (cited.url, cited.start, cited.end, cited.raw) == (None, 0, 1, document)
    reference = {"type": "reference", "reference_ids": [1]}
    (text,) = parts({"content": [{"type": "text", "text": "x"}, reference]})
    assert [one.raw for one in text.citations] == [reference]


def test_calls_of_every_shape() -> None:
    found = parts(
        {
            "tool_calls": [
                {"id": "c1", "function": {"name": "f", "arguments": {"a": 1}}},
                {"id": None, "type": "function", "function": {"name": "g", "arguments": None}},
                {"type": "custom", "id": "c3", "custom": {"name": "h", "input": "free"}},
                {"id": "c1", "function": {"name": "again", "arguments": "{}"}},
                "nonsense",
            ],
            "function_call": {"name": "old", "arguments": "{}"},
        },
        finish="tool_calls",
    )
    assert found == [
        ToolCall("c1", "f", '{"a":1}'),
        ToolCall("", "g", ""),
        ToolCall("c3", "h", "free", CallKind.CUSTOM),
        ToolCall("", "again", "{}"),
        ToolCall("", "old", "{}"),
    ]


def test_the_first_choice_is_the_answer() -> None:
    choices = [
        {"index": 1, "message": {"content": "b"}, "finish_reason": "length"},
        {"index": 0, "message": {"content": "a"}, "finish_reason": "stop"},
    ]
    found = TRANSLATOR.decode_answer(json.dumps({"choices": choices}).encode(), "openai")
    assert (found.parts, found.stop) == ((Text("a"),), Stop.END)


def test_a_stop_sequence_where_the_server_tells_it() -> None:
    body = {"choices": [{"message": {"content": "a"}, "finish_reason": "stop", "stop_reason": "END"}]}
    found = TRANSLATOR.decode_answer(json.dumps(body).encode(), "vllm")
    assert (found.stop, found.stop_sequence, found.stop_word) == (Stop.STOP_SEQUENCE, "END", "stop")


def test_half_an_emoji_is_survived() -> None:
    body = b'{"choices": [{"message": {"content": "a \\ud83d b"}, "finish_reason": "stop"}]}'
    assert TRANSLATOR.decode_answer(body, "x").parts == (Text("a \N{REPLACEMENT CHARACTER} b"),)


def test_members_that_are_there_and_empty_say_nothing() -> None:
    """Snowflake sends all there are."""
    empty = {"custom": {"name": "", "input": ""}, "index": 0}
    found = answered(
        {
            "content": "",
            "refusal": "",
            "function_call": {"name": "", "arguments": ""},
            "audio": {"id": "", "data": "", "expires_at": 0, "transcript": ""},
            "annotations": None,
            "tool_calls": [{**CALL, **empty}],
        },
        "",
        id="",
        created=0,
    )
    assert bare(found).parts == (ToolCall("c1", "f", "{}"),)
    assert (found.id, found.stop) == (None, Stop.TOOL_USE)

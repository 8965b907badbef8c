"""gate.protocols.openai_responses.encode_items and encode_content: conversations of other dialects as items."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from gate.core.dialect import Dialect
from gate.core.profile import Quirks
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
    ToolResult,
)
from gate.protocols.canonical.request import (
    Message,
    Role,
)
from gate.protocols.opaque import pack
from gate.protocols.openai_responses import TRANSLATOR
from gate.protocols.translation import Aim
from tests.protocols.openai_responses.canonical import AIM, asked, assistant, decode, encode, lost, user

OPAQUE = Opaque("openai", "encrypted", "tok", "rs_1")


def content(*parts: Part) -> Any:
    """The content of a user message with these parts."""
    (item,) = encode(asked(user(*parts)))["input"]
    return item["content"]


def test_what_the_assistant_said_is_output_text() -> None:
    cited = Citation(Dialect.ANTHROPIC_MESSAGES, {}, url="https://x.test", title="T")
    bare = Citation(Dialect.ANTHROPIC_MESSAGES, {}, text="quote")
    request = asked(assistant(Text("said", citations=(cited, bare)), Refusal("no"), Text("")))
    (item,) = encode(request)["input"]
    assert item["role"] == "assistant"
    assert item["content"] == [
        {
            "type": "output_text",
            "text": "said",
            "annotations": [
                {"type": "url_citation", "url": "https://x.test", "title": "T", "start_index": 0, "end_index": 4}
            ],
        },
        {"type": "refusal", "refusal": "no"},
    ]
    assert lost(request) == {("citations", "messages[0].content[0].citations", "dropped")}


def test_calls_and_results_keep_their_links() -> None:
    calls = assistant(
        Text("let me"),
        ToolCall("c1", "ls", '{"a":1}'),
        ToolCall("c2", "run", "x()", CallKind.CUSTOM),
        ToolCall("c3", "tool_search", '{"query":"q"}', CallKind.SEARCH),
        ToolCall("c4", "empty"),
    )
    results = user(
        ToolResult("c1", (Text("out"),)),
        ToolResult("c2", (Text("a"), Text("b")), kind=CallKind.CUSTOM),
        ToolResult("c4"),
        Text("go on"),
    )
    sent = encode(asked(calls, results))["input"]
    assert [item["type"] for item in sent] == [
        "message",
        "function_call",
        "custom_tool_call",
        "tool_search_call",
        "function_call",
        "function_call_output",
        "custom_tool_call_output",
        "function_call_output",
        "message",
    ]
    assert [item.get("call_id") for item in sent] == [None, "c1", "c2", "c3", "c4", "c1", "c2", "c4", None]
    assert (sent[1]["arguments"], sent[2]["input"], sent[3]["arguments"], sent[4]["arguments"]) == (
        '{"a":1}',
        "x()",
        {"query": "q"},
        "{}",
    )
    assert (sent[5]["output"], sent[7]["output"]) == ("out", "")
    assert [part["text"] for part in sent[6]["output"]] == ["a", "b"]


def test_a_tool_result_shows_its_pictures() -> None:
    image = Media(MediaKind.IMAGE, "image/png", data="aGk=")
    request = asked(user(ToolResult("c", (Text("see"), image), error=True, cache={"type": "ephemeral"})))
    (item,) = encode(request)["input"]
    assert item["output"] == [
        {"type": "input_text", "text": "see"},
        {"type": "input_image", "image_url": "data:image/png;base64,aGk=", "detail": "auto"},
    ]
    assert lost(request) == {
        ("other", "messages[0].content[0].is_error", "dropped"),
        ("cache_hints", "messages[0].content[0].cache_control", "dropped"),
    }


def test_media() -> None:
    document = Media(MediaKind.DOCUMENT, "application/pdf", data="aGk=", name="a.pdf", context="About")
    assert content(
        Media(MediaKind.IMAGE, url="https://x.test/a.png", detail="low"),
        document,
        Media(MediaKind.DOCUMENT, url="https://x.test/a.pdf"),
        Media(MediaKind.DOCUMENT, "text/csv", data="aGk="),
    ) == [
        {"type": "input_image", "image_url": "https://x.test/a.png", "detail": "low"},
        {"type": "input_text", "text": "About"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,aGk="},
        {"type": "input_file", "file_url": "https://x.test/a.pdf"},
        {"type": "input_file", "filename": "document.csv", "file_data": "data:text/csv;base64,aGk="},
    ]


def test_a_document_of_text_is_told_as_text() -> None:
    parts = (Text("one"), Media(MediaKind.IMAGE, url="https://x.test/i"))
    request = asked(
        user(
            Media(MediaKind.DOCUMENT, text="whole text", name="Title"),
            Media(MediaKind.DOCUMENT, content=parts, cite=True),
        )
    )
    (item,) = encode(request)["input"]
    assert [part.get("text") for part in item["content"]] == ["Title", "whole text", "one", None]
    assert lost(request) == {
        ("documents", "messages[0].content[0]", "approximated"),
        ("documents", "messages[0].content[1]", "approximated"),
        ("citations", "messages[0].content[1].citations", "dropped"),
    }


@pytest.mark.parametrize(
    ("part", "feature"),
    [
        (Media(MediaKind.IMAGE, file_id="file_1"), "images"),
        (Media(MediaKind.DOCUMENT, file_id="file_1"), "documents"),
        (Media(MediaKind.AUDIO, "audio/wav", data="aGk="), "audio"),
        (Media(MediaKind.VIDEO, url="https://x.test"), "audio"),
        (Foreign(Dialect.ANTHROPIC_MESSAGES, "container_upload", {}), "other"),
        (Foreign(Dialect.ANTHROPIC_MESSAGES, "web_search_tool_result", {}, server=True), "server_tools"),
    ],
)
def test_what_cannot_be_carried(part: Part, feature: str) -> None:
    request = asked(user(part))
    assert encode(request)["input"] == []
    assert lost(request) == {(feature, "messages[0].content[0]", "dropped")}
    hurting = {use.feature.value for use, action in TRANSLATOR.cannot.items() if action.hurts}
    assert feature in hurting | {"other"}


def test_a_foreign_block_with_words_is_replaced_by_them() -> None:
    block = Foreign(Dialect.ANTHROPIC_MESSAGES, "server_tool_use", {}, server=True, text="searched")
    request = asked(assistant(block, path="messages[4]"))
    (item,) = encode(request)["input"]
    assert item["content"][0] == {"type": "output_text", "text": "searched", "annotations": []}
    assert lost(request) == {("server_tools", "messages[4].content[0]", "replaced")}


def test_a_picture_of_the_assistant_is_shown_by_the_user() -> None:
    request = asked(assistant(Text("here"), Media(MediaKind.IMAGE, url="https://x.test/i")))
    assert [item["role"] for item in encode(request)["input"]] == ["assistant", "user"]
    assert lost(request) == {("images", "messages[0].content[1]", "moved")}


def test_reasoning_goes_to_its_maker_only() -> None:
    thinking = Thinking("hm", OPAQUE)
    (item,) = encode(asked(assistant(thinking)))["input"]
    assert item == {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": "hm"}],
        "encrypted_content": "tok",
    }
    for other in (
        Thinking("hm", Opaque("anthropic", "signature", "s")),
        Thinking("hm"),
        Thinking("", Opaque("x", "y", "z")),
    ):
        request = asked(assistant(other))
        assert encode(request)["input"] == []
        assert lost(request) == {("thinking", "messages[0].content[0]", "dropped")}
    assert lost(asked(assistant(Thinking()))) == set()


def test_reasoning_in_plain_words_where_a_provider_takes_it() -> None:
    aim = Aim("gpt-x", "openai", Quirks(thinking_input=True))
    (item,) = encode(asked(assistant(Thinking("hm"))), aim)["input"]
    assert item == {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}]}


def test_a_session_comes_back_to_the_vendor_it_began_with() -> None:
    """Two turns of OpenAI with one of Anthropic between them: to OpenAI go the genuine tokens and no envelope."""
    genuine = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "tok"}
    sealed = pack(Opaque("anthropic", "signature", "sig", None), "openai")
    foreign = {
        "type": "reasoning",
        "id": "rs_2",
        "summary": [{"type": "summary_text", "text": "t"}],
        "encrypted_content": sealed,
    }
    wrapped = {"type": "reasoning", "id": "rs_x", "summary": [], "encrypted_content": pack(OPAQUE, "")}
    call = {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "n", "arguments": "{}"}
    request = decode(input=[{"role": "user", "content": "x"}, genuine, foreign, call, wrapped])
    body = TRANSLATOR.encode_request(request, AIM).body
    assert json.loads(body)["input"][1:] == [genuine, call, {**wrapped, "id": "rs_1", "encrypted_content": "tok"}]
    assert b"gate1." not in body
    assert lost(request) == {("thinking", "input[1:5].content[1]", "dropped")}
    elsewhere = encode(request, Aim("grok", "xai"))
    assert [item.get("type") for item in elsewhere["input"][1:]] == ["function_call"]


def test_names_of_participants_are_lost() -> None:
    request = asked(Message(Role.USER, (Text("x"),), name="bob", path="messages[0]"), dialect=Dialect.OPENAI_CHAT)
    assert lost(request) == {("parameters", "messages[0].name", "dropped")}


def test_a_changed_message_is_written_anew() -> None:
    request = decode(
        input=[
            {
                "type": "message",
                "id": "m",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "a", "x": 1}],
            },
            {"type": "function_call", "call_id": "c", "name": "n", "arguments": "{}"},
            {"type": "mystery", "y": 2},
            {"role": "user", "content": [{"type": "input_video", "z": 3}]},
        ]
    )
    changed = replace(request, messages=tuple(replace(message, raw=None) for message in request.messages))
    said, call, mystery, video = encode(changed)["input"]
    assert video == {"type": "message", "role": "user", "content": [{"type": "input_video", "z": 3}]}
    assert said == {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "a", "x": 1}]}
    assert call["call_id"] == "c"
    assert mystery == {"type": "mystery", "y": 2}

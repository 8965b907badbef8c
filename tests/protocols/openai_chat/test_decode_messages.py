"""gate.protocols.openai_chat.decode_messages and .content: every role and every part."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from gate.core.dialect import Dialect
from gate.protocols.canonical.parts import (
    CallKind,
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
from gate.protocols.canonical.request import Message, Role
from tests.protocols.openai_chat.translating import PIXEL, messages

CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}


def one(message: dict[str, Any]) -> Message:
    (found,) = messages(message)
    return found


def part(value: Any, role: str = "user") -> Part | None:
    """The canonical part of one content part, without where it came from."""
    found = one({"role": role, "content": [value]}).parts
    assert len(found) <= 1
    return replace(found[0], raw=None) if found else None  # type: ignore[type-var]


@pytest.mark.parametrize(
    ("role", "canonical"),
    [
        ("system", Role.SYSTEM),
        ("developer", Role.DEVELOPER),
        ("user", Role.USER),
        ("assistant", Role.ASSISTANT),
        ("tool", Role.USER),
        ("function", Role.USER),
    ],
)
def test_roles(role: str, canonical: Role) -> None:
    assert one({"role": role, "content": "x"}).role is canonical


def test_each_message_stays_where_it_was_with_what_it_was() -> None:
    said = [{"role": "user", "content": "a", "name": "ann"}, {"role": "system", "content": "b"}]
    assert messages(*said) == (
        Message(Role.USER, (Text("a"),), name="ann", path="messages[0]", raw=said[0]),
        Message(Role.SYSTEM, (Text("b"),), path="messages[1]", raw=said[1]),
    )


@pytest.mark.parametrize("content", [None, "", [], 7, {}])
def test_no_content_is_no_part(content: Any) -> None:
    assert one({"role": "user", "content": content}).parts == ()


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("bare", Text("bare")),
        ({"type": "text", "text": ""}, Text("")),
        ({"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}, Text("x", {"type": "ephemeral"})),
        (
            {"type": "text", "text": "x", "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "30m"}},
            Text("x", {"type": "ephemeral"}),
        ),
        ({"type": "refusal", "refusal": "no"}, Refusal("no")),
        (
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}", "detail": "high"}},
            Media(MediaKind.IMAGE, "image/png", PIXEL, detail="high"),
        ),
        ({"type": "image_url", "image_url": {"url": "https://a/b"}}, Media(MediaKind.IMAGE, url="https://a/b")),
        ({"type": "image_url", "image_url": "https://a/b"}, Media(MediaKind.IMAGE, url="https://a/b")),
        ({"type": "image_url", "image_url": {"url": PIXEL}}, Media(MediaKind.IMAGE, data=PIXEL)),
        ({"type": "image", "image": PIXEL}, Media(MediaKind.IMAGE, data=PIXEL)),
        (
            {"type": "image_url", "image_url": {"url": "data:text/plain,a%20b"}},
            Media(MediaKind.IMAGE, "text/plain", "YSBi"),
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "AA", "format": "mp3"}},
            Media(MediaKind.AUDIO, "audio/mpeg", "AA"),
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "AA", "format": "flac"}},
            Media(MediaKind.AUDIO, "audio/flac", "AA"),
        ),
        ({"type": "input_audio", "input_audio": "https://a/b"}, Media(MediaKind.AUDIO, url="https://a/b")),
        (
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AA"}},
            Media(MediaKind.DOCUMENT, "application/pdf", "AA", name="a.pdf"),
        ),
        (
            {"type": "file", "file": {"filename": "a.csv", "file_data": "AA"}},
            Media(MediaKind.DOCUMENT, "text/csv", "AA", name="a.csv"),
        ),
        (
            {"type": "file", "file": {"file_data": "data:image/png;base64,AA"}},
            Media(MediaKind.IMAGE, "image/png", "AA"),
        ),
        (
            {"type": "file", "file": {"file_data": "https://a/b.pdf", "filename": "b.pdf"}},
            Media(MediaKind.DOCUMENT, "application/pdf", url="https://a/b.pdf", name="b.pdf"),
        ),
        ({"type": "file", "file": {"file_id": "file-1"}}, Media(MediaKind.DOCUMENT, file_id="file-1")),
        ({"type": "file", "file_id": "f1"}, Media(MediaKind.DOCUMENT, file_id="f1")),
        (
            {"type": "document_url", "document_url": "https://a/b", "document_name": "b"},
            Media(MediaKind.DOCUMENT, url="https://a/b", name="b"),
        ),
        ({"type": "video_url", "video_url": {"url": "https://a/b"}}, Media(MediaKind.VIDEO, url="https://a/b")),
    ],
)
def test_content_parts(value: Any, found: Part) -> None:
    assert part(value) == found


@pytest.mark.parametrize(
    "value",
    [
        {"type": "hologram", "text": "x"},
        {"type": "text", "text": None},
        {"type": "image_url", "image_url": None},
        {"type": "image_url", "image_url": {"url": ""}},
        {"type": "input_audio"},
        {"type": "file", "file": {}},
        {"type": 5},
        {"text": "x"},
    ],
)
def test_unknown_and_broken_parts_are_kept_as_foreign(value: dict[str, Any]) -> None:
    (found,) = one({"role": "user", "content": [value]}).parts
    assert isinstance(found, Foreign)
    assert (found.dialect, found.raw, found.server) == (Dialect.OPENAI_CHAT, value, False)
    assert found.text == (value.get("text") or None)


def test_an_assistants_parts_in_the_order_models_make_them() -> None:
    found = one(
        {
            "role": "assistant",
            "content": "c",
            "reasoning_content": "a",
            "refusal": "d",
            "tool_calls": [CALL, {"id": "c2", "type": "custom", "custom": {"name": "g", "input": "free"}}],
        }
    )
    assert [replace(one_, raw=None) for one_ in found.parts] == [  # type: ignore[type-var]
        Thinking("a"),
        Text("c"),
        Refusal("d"),
        ToolCall("c1", "f", '{"a":1}'),
        ToolCall("c2", "g", "free", CallKind.CUSTOM),
    ]


def test_arguments_a_client_sends_as_an_object() -> None:
    call = {"id": "c1", "function": {"name": "f", "arguments": {"a": 1}}}
    (found,) = one({"role": "assistant", "content": None, "tool_calls": [call]}).parts
    assert isinstance(found, ToolCall)
    assert found.arguments == '{"a":1}'


def test_googles_signature_on_a_call() -> None:
    call = {**CALL, "extra_content": {"google": {"thought_signature": "c2ln"}}}
    (found,) = one({"role": "assistant", "content": None, "tool_calls": [call]}).parts
    assert isinstance(found, ToolCall)
    assert found.opaque == Opaque("google", "thought_signature", "c2ln")


def test_a_tools_result() -> None:
    message = {"role": "tool", "tool_call_id": "c1", "name": "f", "content": [{"type": "text", "text": "x"}]}
    (found,) = one(message).parts
    assert isinstance(found, ToolResult)
    assert (found.id, found.name, [replace(text, raw=None) for text in found.content]) == ("c1", "f", [Text("x")])  # type: ignore[type-var]
    assert one({"role": "tool", "tool_call_id": "c1", "content": None}).parts == (
        ToolResult("c1", raw={"role": "tool", "tool_call_id": "c1", "content": None}),
    )


def test_openrouters_details_came_from_openrouter() -> None:
    detail = {"type": "reasoning.text", "text": "x", "signature": "s", "format": "anthropic-claude-v1"}
    (found,) = one({"role": "assistant", "content": None, "reasoning": "x", "reasoning_details": [detail]}).parts
    assert isinstance(found, Thinking)
    assert found.text == "x"
    assert found.opaque is not None
    assert (found.opaque.origin, found.opaque.kind) == ("openrouter", "reasoning_detail")


def test_an_earlier_spoken_answer() -> None:
    (found,) = one({"role": "assistant", "audio": {"id": "audio_1"}}).parts
    assert isinstance(found, Media)
    assert (found.kind, found.file_id) == (MediaKind.AUDIO, "audio_1")


def test_members_nobody_knows_are_kept_if_they_say_something() -> None:
    found = one({"role": "assistant", "content": "x", "weird": "y", "empty": "", "annotations": [], "refusal": None})
    assert found.parts == (Text("x"), Foreign(Dialect.OPENAI_CHAT, "weird", {"weird": "y"}))


def test_the_old_function_messages_are_linked_in_order() -> None:
    asked = {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}}
    told = {"role": "function", "name": "f", "content": "r"}
    found = messages(asked, told, asked, told, {"role": "function", "name": "g", "content": "lost"})
    ids = [part.id for message in found for part in message.parts if isinstance(part, ToolCall | ToolResult)]
    assert ids == ["call_function_1", "call_function_1", "call_function_2", "call_function_2", "call_g"]
    assert all(message.raw is None for message in found)

"""gate.protocols.openai_chat.encode_messages: other dialects' messages in the order chat demands."""

from __future__ import annotations

import pytest

from gate.core.dialect import Dialect
from gate.core.profile import Quirks
from gate.protocols.canonical.parts import (
    CallKind,
    Foreign,
    Media,
    MediaKind,
    Part,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from gate.protocols.canonical.request import Message, Role
from tests.protocols.openai_chat.translating import PIXEL, assistant, user
from tests.protocols.openai_chat.translating import upstream_messages as sent

A, B = ToolCall("c1", "f", '{"a":1}'), ToolCall("c2", "g")
CALL_A = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
CALL_B = {"id": "c2", "type": "function", "function": {"name": "g", "arguments": "{}"}}
IMAGE = Media(MediaKind.IMAGE, "image/png", PIXEL)


def system(*texts: str, top: bool = False, path: str = "system", role: Role = Role.SYSTEM) -> Message:
    return Message(role, tuple(map(Text, texts)), top=top, path=path)


def test_texts_of_one_message_are_one_string() -> None:
    found, losses = sent(system("a", "b"), user(Text("c"), Text("d")), assistant(Text("e"), Text("f")))
    assert [message["content"] for message in found] == ["a\n\nb", "c\n\nd", "ef"]
    assert losses == set()


def test_texts_an_assistant_said_apart_stay_apart() -> None:
    block = Foreign(Dialect.ANTHROPIC_MESSAGES, "server_tool_use", {}, server=True)
    found, losses = sent(assistant(Text("a"), block, Text("b")))
    assert found == [{"role": "assistant", "content": "a\n\nb"}]
    assert losses == {("server_tools", "messages[1].content[1]", "dropped")}


@pytest.mark.parametrize("role", ["system", "developer"])
def test_instructions_in_the_providers_role(role: str) -> None:
    said = (system("a", top=True), system("b", role=Role.DEVELOPER, path="messages[0]"), user(Text("c")))
    found, _ = sent(*said, quirks=Quirks(system_role=role))
    assert found == [{"role": role, "content": "a\n\nb"}, {"role": "user", "content": "c"}]


def test_instructions_stay_where_they_stood() -> None:
    found, _ = sent(user(Text("a")), system("b"), user(Text("c")))
    assert [message["role"] for message in found] == ["user", "system", "user"]


def test_calls_one_after_the_other_are_one_message() -> None:
    found, losses = sent(
        assistant(Text("x")), assistant(A), assistant(B), user(ToolResult("c1", (Text("r"),))), user(ToolResult("c2"))
    )
    assert found == [
        {"role": "assistant", "content": "x", "tool_calls": [CALL_A, CALL_B]},
        {"role": "tool", "tool_call_id": "c1", "content": "r"},
        {"role": "tool", "tool_call_id": "c2", "content": ""},
    ]
    assert losses == set()


def test_calls_without_words_have_null_content() -> None:
    custom = ToolCall("c3", "h", "free", CallKind.CUSTOM)
    found, _ = sent(assistant(A, custom))
    assert found[0]["content"] is None
    assert found[0]["tool_calls"][1] == {"id": "c3", "type": "custom", "custom": {"name": "h", "input": "free"}}


def test_results_follow_their_calls_whatever_stood_between() -> None:
    found, losses = sent(
        assistant(A, B),
        user(ToolResult("c1", (Text("r1"),)), path="messages[2]"),
        system("note", path="messages[3]"),
        user(ToolResult("c2", (Text("r2"),)), Text("go on"), path="messages[4]"),
    )
    assert [(message["role"], message.get("content")) for message in found] == [
        ("assistant", None),
        ("tool", "r1"),
        ("tool", "r2"),
        ("system", "note"),
        ("user", "go on"),
    ]
    assert losses == {("other", "messages[3]", "moved")}


def test_what_a_user_says_before_a_result_comes_after_it() -> None:
    found, losses = sent(assistant(A), user(Text("note"), ToolResult("c1", (Text("r"),)), path="messages[2]"))
    assert [message["role"] for message in found] == ["assistant", "tool", "user"]
    assert losses == {("other", "messages[2].content[1]", "moved")}


def test_a_call_nobody_answered_holds_nothing_back() -> None:
    found, losses = sent(assistant(A), user(Text("never mind")), assistant(Text("fine")))
    assert [message["role"] for message in found] == ["assistant", "user", "assistant"]
    assert losses == set()


def test_a_result_that_is_an_error_says_so() -> None:
    found, losses = sent(
        assistant(A, B), user(ToolResult("c1", (Text("boom"),), error=True), ToolResult("c2", error=True), path="m")
    )
    assert [message["content"] for message in found[1:]] == [
        "Error: boom",
        "Error: the tool failed and said nothing.",
    ]
    assert losses == {
        ("other", "m.content[0].is_error", "approximated"),
        ("other", "m.content[1].is_error", "approximated"),
    }


def test_cache_hints_are_reported() -> None:
    hint = {"type": "ephemeral"}
    _, losses = sent(
        user(Text("a", hint), ToolResult("c9", (Text("b", hint),), cache=hint)),
        assistant(ToolCall("c", "f", cache=hint)),
    )
    assert losses == {
        ("cache_hints", "messages[0].content[0].cache_control", "dropped"),
        ("cache_hints", "messages[0].content[1].cache_control", "dropped"),
        ("cache_hints", "messages[0].content[1].content[0].cache_control", "dropped"),
        ("cache_hints", "messages[1].content[0].cache_control", "dropped"),
        ("other", "messages[0].content[1]", "moved"),
    }


@pytest.mark.parametrize(
    ("part", "words", "loss"),
    [
        (Foreign(Dialect.GEMINI, "x", {}), None, ("other", "dropped")),
        (Foreign(Dialect.GEMINI, "x", {}, text="plain"), "plain", ("other", "replaced")),
        (Foreign(Dialect.GEMINI, "x", {}, server=True, text="plain"), "plain", ("server_tools", "replaced")),
    ],
)
def test_blocks_only_their_dialect_knows(part: Part, words: str | None, loss: tuple[str, str]) -> None:
    found, losses = sent(user(part), user(Text("hi")))
    assert found == [*([{"role": "user", "content": words}] if words else []), {"role": "user", "content": "hi"}]
    assert losses == {(loss[0], "messages[0].content[0]", loss[1])}


def test_a_refusal_where_only_openai_has_a_member_for_it() -> None:
    assert sent(assistant(Refusal("no")))[0] == [{"role": "assistant", "content": None, "refusal": "no"}]
    assert sent(assistant(Refusal("no")), vendor="groq")[0] == [{"role": "assistant", "content": "no"}]


def test_a_participants_name() -> None:
    said = Message(Role.USER, (Text("hi"),), name="ann", path="messages[0]")
    assert sent(said)[0] == [{"role": "user", "content": "hi", "name": "ann"}]
    found, losses = sent(said, quirks=Quirks(drops=frozenset({"name"})))
    assert found == [{"role": "user", "content": "hi"}]
    assert losses == {("parameters", "messages[0].name", "dropped")}


def test_an_empty_message_stays() -> None:
    assert sent(user())[0] == sent(user(Text("")))[0] == [{"role": "user", "content": ""}]

"""gate.protocols.anthropic_messages.encode_messages: turns in the order the API demands, from any order."""

from __future__ import annotations

from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.core.profile import Quirks
from gate.protocols.canonical.parts import Citation, Foreign, Media, MediaKind, Opaque, Refusal, Text, Thinking
from gate.protocols.canonical.request import Message, Role
from tests.protocols.anthropic_messages.translating import (
    MIDDLE,
    NEW,
    OLD,
    PNG,
    assistant,
    called,
    encoded,
    faults,
    foreign,
    result,
    turns,
    user,
)

HI = user(Text("hi"))
SERVER = "server_tools"


def system(*said: str, path: str = "messages[2]", role: Role = Role.SYSTEM) -> Message:
    return Message(role, tuple(Text(text) for text in said), path=path)


def shape(messages: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    """Roles, and each block as its text or what it is."""
    return [(one["role"], [block.get("text") or block["type"] for block in one["content"]]) for one in messages]


def test_turns_of_one_role_are_one() -> None:
    made, losses = turns(
        HI, user(Text("there")), assistant(Text("a")), assistant(called()), user(result()), user(Text("b"))
    )
    assert shape(made) == [
        ("user", ["hi", "there"]),
        ("assistant", ["a", "tool_use"]),
        ("user", ["tool_result", "b"]),
    ]
    assert losses == set()


def test_results_stand_first_right_after_their_calls_in_their_order() -> None:
    made, losses = turns(
        HI,
        assistant(called("a"), called("b")),
        user(Text("wait"), path="messages[2]"),
        user(result("b", Text("2")), path="messages[3]"),
        user(result("a", Text("1")), path="messages[4]"),
    )
    assert [block.get("tool_use_id", block.get("text")) for block in made[2]["content"]] == ["a", "b", "wait"]
    assert losses == {("other", "messages[3].content[0]", "moved"), ("other", "messages[4].content[0]", "moved")}


def test_a_call_without_a_result_gets_one_that_says_so() -> None:
    made, losses = turns(HI, assistant(called("a"), called("b")), user(result("b")), assistant(Text("x")))
    first, second = made[2]["content"]
    assert (first["tool_use_id"], first["is_error"], second["tool_use_id"]) == ("a", True, "b")
    assert losses == set()


def test_calls_at_the_very_end_are_answered_too() -> None:
    made, _ = turns(HI, assistant(called("a")))
    assert shape(made)[-1] == ("user", ["tool_result"])


def test_a_result_without_a_call_is_told_as_text() -> None:
    made, losses = turns(HI, user(result("gone", Text("42")), path="messages[1]"))
    assert shape(made) == [("user", ["hi", "[Result of the tool call gone]", "42"])]
    assert losses == {("other", "messages[1].content[0]", "replaced")}


def test_an_id_used_again_is_made_another() -> None:
    made, losses = turns(
        HI, assistant(called("a")), user(result("a", Text("1"))), assistant(called("a")), user(result("a", Text("2")))
    )
    ids = [block["id"] for one in made for block in one["content"] if block["type"] == "tool_use"]
    results = [block for one in made for block in one["content"] if block["type"] == "tool_result"]
    assert len(set(ids)) == 2
    assert [(block["tool_use_id"], block["content"][0]["text"]) for block in results] == [(ids[0], "1"), (ids[1], "2")]
    assert losses == set()


def test_calls_without_an_id_get_one() -> None:
    made, _ = turns(HI, assistant(called(""), called("")), user(result("", Text("1")), result("", Text("2"))))
    ids = [block["id"] for block in made[1]["content"]]
    assert len(set(ids)) == 2
    assert all(ids)
    assert [block["tool_use_id"] for block in made[2]["content"]] == ids


@pytest.mark.parametrize(
    ("arguments", "sent", "lost"),
    [
        ('{"a": 1.50, "b": 12345678901234567890}', {"a": 1.5, "b": 12345678901234567890}, set()),
        ("", {}, set()),
        (" ", {}, set()),
        ("{", {"arguments": "{"}, {("other", "messages[1].content[0].arguments", "approximated")}),
        ("[1]", {"arguments": "[1]"}, {("other", "messages[1].content[0].arguments", "approximated")}),
    ],
)
def test_arguments_are_an_object(arguments: str, sent: Any, lost: set[tuple[str, str, str]]) -> None:
    made, losses = turns(HI, assistant(called(arguments=arguments)), user(result()))
    assert made[1]["content"][0]["input"] == sent
    assert losses == lost


def test_results_with_everything() -> None:
    picture = Media(MediaKind.IMAGE, "image/png", data=PNG)
    made, losses = turns(HI, assistant(called()), user(result("call_1", Text("a"), Text(" "), picture, error=True)))
    (block,) = made[2]["content"]
    assert [inner["type"] for inner in block["content"]] == ["text", "image"]
    assert (block["is_error"], losses) == (True, set())
    made, _ = turns(HI, assistant(called()), user(result(error=True)))
    assert made[2]["content"][0]["content"]
    made, _ = turns(HI, assistant(called()), user(result()))
    assert "content" not in made[2]["content"][0]


def test_a_conversation_begins_with_the_user() -> None:
    made, losses = turns(assistant(Text("Hello!")), user(Text("hi")))
    assert [one["role"] for one in made] == ["user", "assistant", "user"]
    assert losses == set()
    made, _ = turns(system("only this", path="messages[0]"))
    assert [one["role"] for one in made] == ["user"]


@pytest.mark.parametrize(("model", "last"), [(OLD, "assistant"), (MIDDLE, "user"), (NEW, "user")])
def test_an_answer_that_was_begun(model: str, last: str) -> None:
    made, _ = turns(HI, assistant(Text("The answer is ")), model=model)
    assert made[-1]["role"] == last
    if last == "assistant":
        assert made[-1]["content"][0]["text"] == "The answer is"


def test_empty_texts_are_left_out() -> None:
    made, losses = turns(
        user(Text("hi"), Text("")), assistant(Text(" \n"), called()), user(result("call_1", Text(""))), user(Text("\t"))
    )
    assert shape(made) == [("user", ["hi"]), ("assistant", ["tool_use"]), ("user", ["tool_result"])]
    assert losses == set()


def test_first_instructions_are_the_system_prompt() -> None:
    top = Message(Role.SYSTEM, (Text("a", {"type": "ephemeral"}),), top=True, path="system")
    body, losses = encoded(foreign(top, system("b", role=Role.DEVELOPER), HI))
    assert body["system"] == [
        {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}},
        {"type": "text", "text": "b"},
    ]
    assert (losses, faults(body)) == (set(), [])


LATER = (HI, system("later", path="messages[1]"), assistant(Text("a")), user(Text("b")))


def test_later_instructions_stay_where_a_model_takes_them() -> None:
    body, losses = encoded(foreign(*LATER), NEW)
    assert shape(body["messages"]) == [
        ("user", ["hi"]),
        ("system", ["later"]),
        ("assistant", ["a"]),
        ("user", ["b"]),
    ]
    assert ("system" in body, losses) == (False, set())
    last, _ = encoded(foreign(HI, system("last")), NEW)
    assert shape(last["messages"])[-1] == ("system", ["last"])


@pytest.mark.parametrize(
    ("model", "quirks", "vendor"),
    [
        (OLD, Quirks(), "anthropic"),
        ("claude-sonnet-5", Quirks(), "anthropic"),
        (NEW, Quirks(drops=frozenset({"messages.system"})), "anthropic"),
        (NEW, Quirks(), "openrouter"),
    ],
)
def test_later_instructions_move_where_none_are_taken(model: str, quirks: Quirks, vendor: str) -> None:
    body, losses = encoded(foreign(*LATER), model, quirks, vendor=vendor)
    assert shape(body["messages"]) == [("user", ["hi"]), ("assistant", ["a"]), ("user", ["b"])]
    assert body["system"] == [{"type": "text", "text": "later"}]
    assert losses == {("other", "messages[1]", "moved")}


def test_instructions_between_two_of_the_users_move() -> None:
    body, losses = encoded(foreign(HI, system("x", path="messages[1]"), user(Text("b"))), NEW)
    assert shape(body["messages"]) == [("user", ["hi", "b"])]
    assert losses == {("other", "messages[1]", "moved")}


def test_instructions_do_not_come_between_calls_and_results() -> None:
    said = (HI, assistant(called("a"), called("b")), system("x"), user(result("a")), user(result("b")))
    body, _ = encoded(foreign(*said), NEW)
    assert shape(body["messages"]) == [
        ("user", ["hi"]),
        ("assistant", ["tool_use", "tool_use"]),
        ("user", ["tool_result", "tool_result"]),
        ("system", ["x"]),
    ]


def test_instructions_after_the_assistants_last_word() -> None:
    body, _ = encoded(foreign(HI, assistant(Text("a")), system("x")), NEW)
    assert [one["role"] for one in body["messages"]] == ["user", "assistant", "user"]
    assert body["system"] == [{"type": "text", "text": "x"}]


def test_pictures_of_the_assistant_go_to_the_user() -> None:
    picture = Media(MediaKind.IMAGE, "image/png", data=PNG)
    made, losses = turns(HI, assistant(Text("here"), picture), user(Text("nice")))
    assert shape(made) == [("user", ["hi"]), ("assistant", ["here"]), ("user", ["image", "nice"])]
    assert losses == {("images", "messages[1].content[1]", "moved")}
    made, _ = turns(HI, assistant(Text("here"), picture))
    assert shape(made)[-1] == ("user", ["image"])


def test_thinking_goes_to_its_maker_only() -> None:
    mine = Thinking("a", Opaque("anthropic", "signature", "S"))
    hidden = Thinking("", Opaque("anthropic", "redacted", "D"))
    theirs = Thinking("b", Opaque("google", "thought_signature", "G"))
    made, losses = turns(HI, assistant(mine, hidden, theirs, Thinking("c"), Text("x")), user(Text("y")))
    assert made[1]["content"] == [
        {"type": "thinking", "thinking": "a", "signature": "S"},
        {"type": "redacted_thinking", "data": "D"},
        {"type": "text", "text": "x"},
    ]
    assert losses == {("thinking", f"messages[1].content[{at}]", "dropped") for at in (2, 3)}


def test_plain_thinking_goes_where_it_is_taken_back() -> None:
    quirks = Quirks(thinking_input=True)
    made, losses = turns(
        HI, assistant(Thinking("c"), Text("x")), user(Text("y")), quirks=quirks, vendor="deepseek", model="deepseek"
    )
    assert made[1]["content"][0] == {"type": "thinking", "thinking": "c", "signature": ""}
    assert losses == set()


def test_refusals_and_foreign_blocks() -> None:
    known = Foreign(Dialect.OPENAI_RESPONSES, "compaction", {}, text="short")
    unknown = Foreign(Dialect.OPENAI_RESPONSES, "x", {})
    hosted = Foreign(Dialect.OPENAI_RESPONSES, "web_search_call", {}, server=True)
    made, losses = turns(HI, assistant(Refusal("no"), known, unknown, hosted), user(Text("y")))
    assert shape(made)[1] == ("assistant", ["no", "short"])
    assert losses == {
        ("other", "messages[1].content[1]", "replaced"),
        ("other", "messages[1].content[2]", "dropped"),
        (SERVER, "messages[1].content[3]", "dropped"),
    }


def test_citations_of_other_vendors_are_reported() -> None:
    cited = Text("x", citations=(Citation(Dialect.OPENAI_CHAT, {}, "https://a"),))
    made, losses = turns(HI, assistant(cited), user(Text("y")))
    assert made[1]["content"] == [{"type": "text", "text": "x"}]
    assert losses == {("citations", "messages[1].content[0].citations[0]", "dropped")}


def test_names_of_participants_are_reported() -> None:
    _, losses = turns(Message(Role.USER, (Text("hi"),), name="ann", path="messages[0]"))
    assert losses == {("parameters", "messages[0].name", "dropped")}


def test_cache_hints_keep_their_places() -> None:
    hint = {"type": "ephemeral"}
    call, back = called(), result()
    from msgspec.structs import replace

    made, losses = turns(
        user(Text("hi", hint)), assistant(replace(call, cache=hint)), user(replace(back, cache=hint)), user(Text("b"))
    )
    marked = [(one["role"], block["type"]) for one in made for block in one["content"] if "cache_control" in block]
    assert marked == [("user", "text"), ("assistant", "tool_use"), ("user", "tool_result")]
    assert losses == set()

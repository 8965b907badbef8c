"""gate.protocols.gemini.decode_content: contents and the system instruction as messages."""

from __future__ import annotations

from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.protocols.canonical.parts import Foreign, Media, MediaKind, Opaque, Text, Thinking, ToolCall, ToolResult
from gate.protocols.canonical.request import Message, Role
from gate.protocols.gemini.decode_content import foreign_part, read_messages, read_response, written
from gate.protocols.gemini.thoughts import write_token

SIGNED = Opaque("google", "thought_signature", "c2ln")
ELSEWHERE = Opaque("anthropic", "signature", "eHh4")


def parts_of(*parts: Any) -> tuple[Any, ...]:
    return read_messages({"contents": [{"role": "model", "parts": list(parts)}]})[0].parts


def call(name: str, **more: Any) -> dict[str, Any]:
    return {"functionCall": {"name": name, **more}}


def returned(name: str, **more: Any) -> dict[str, Any]:
    return {"functionResponse": {"name": name, "response": {"output": "ok"}, **more}}


def test_roles_and_places() -> None:
    said = {"text": "a"}
    contents = [{"role": role, "parts": [said]} for role in ("user", "model", "system", "function")]
    found = read_messages({"system_instruction": {"parts": said}, "contents": [*contents, 3, {"parts": said}]})
    assert [(one.role, one.top, one.path) for one in found] == [
        (Role.SYSTEM, True, "systemInstruction"),
        (Role.USER, False, "contents[0]"),
        (Role.ASSISTANT, False, "contents[1]"),
        (Role.SYSTEM, False, "contents[2]"),
        (Role.USER, False, "contents[3]"),
        (Role.USER, False, "contents[4]"),
    ]
    assert all(one.parts == (Text("a", raw=said),) for one in found)


def test_a_system_instruction_that_is_a_string() -> None:
    found = read_messages({"systemInstruction": "be brief", "contents": "none"})
    assert found == (Message(Role.SYSTEM, (Text("be brief"),), top=True, path="systemInstruction"),)


def test_results_without_ids_find_their_calls() -> None:
    """By name in order; a name that no call had answers the oldest one; an id that was told is taken as it is."""
    asked = [call("f"), call("g", id="mine"), call("f", args={"a": 1})]
    answered = [returned("f"), returned("f"), returned("other"), returned("f")]
    calls, results = read_messages(
        {"contents": [{"role": "model", "parts": asked}, {"role": "user", "parts": answered}]}
    )
    assert [(one.id, one.name, one.arguments) for one in calls.parts if isinstance(one, ToolCall)] == [
        ("call_0_0", "f", "{}"),
        ("mine", "g", "{}"),
        ("call_0_2", "f", '{"a":1}'),
    ]
    assert [one.id for one in results.parts if isinstance(one, ToolResult)] == [
        "call_0_0",
        "call_0_2",
        "mine",
        "result_1_3",
    ]


def test_a_result_with_media() -> None:
    raw = returned("f", id="x", parts={"inlineData": {"mimeType": "image/png", "data": "-_8="}})
    assert parts_of(raw) == (
        ToolResult("x", (Text("ok"), Media(MediaKind.IMAGE, "image/png", data="+/8=")), name="f", raw=raw),
    )


def test_signatures() -> None:
    text, signed_call = {"text": "a", "thoughtSignature": "c2ln"}, call("f", id="1") | {"thoughtSignature": "c2ln"}
    assert parts_of(text, {"thoughtSignature": "c2ln"}, signed_call) == (
        Text("a", raw=text),
        Thinking(opaque=SIGNED),
        Thinking(opaque=SIGNED),
        ToolCall("1", "f", "{}", opaque=SIGNED, raw=signed_call),
    )


def test_another_vendors_thought_is_one_block_again() -> None:
    """Its token comes after the words, and what Gate wrapped must not go out as it is."""
    words = [{"text": "Let ", "thought": True}, {"text": "me", "thought": True}]
    token = {"text": "", "thought": True, "thoughtSignature": write_token(ELSEWHERE)}
    assert parts_of({"text": "x"}, *words, token) == (Text("x", raw={"text": "x"}), Thinking("Let me", ELSEWHERE))


@pytest.mark.parametrize(
    ("response", "content", "error"),
    [
        (None, (), False),
        ({}, (), False),
        ({"output": "fine"}, (Text("fine"),), False),
        ({"error": {"code": 1}}, (Text('{"code":1}'),), True),
        ({"output": 1, "error": 2}, (Text('{"output":1,"error":2}'),), False),
        ({"result": "x"}, (Text('{"result":"x"}'),), False),
        ("just words", (Text("just words"),), False),
        ([1, None], (Text("[1,null]"),), False),
    ],
)
def test_responses(response: object, content: tuple[Text, ...], error: bool) -> None:
    assert read_response(response) == (content, error)


@pytest.mark.parametrize(("value", "text"), [("é", "é"), ({"a": "é"}, '{"a":"é"}'), (None, "null"), (1.5, "1.5")])
def test_written(value: object, text: str) -> None:
    assert written(value) == text


@pytest.mark.parametrize(
    ("part", "kind", "server", "text"),
    [
        ({"executableCode": {"language": "PYTHON", "code": "1+1"}}, "executableCode", True, "```python\n1+1\n```"),
        (
            {"executable_code": {"language": "LANGUAGE_UNSPECIFIED", "code": 3}},
            "executableCode",
            True,
            "```\n\n```",
        ),
        ({"codeExecutionResult": {"output": "2"}}, "codeExecutionResult", True, "```\n2\n```"),
        ({"toolCall": {"id": "1"}}, "toolCall", True, None),
        ({"thought": False, "hologram": 3}, "hologram", False, None),
    ],
)
def test_foreign_parts(part: dict[str, Any], kind: str, server: bool, text: str | None) -> None:
    assert foreign_part(part) == Foreign(Dialect.GEMINI, kind, part, server=server, text=text)


@pytest.mark.parametrize("part", [{}, {"text": None}, {"thoughtSignature": "x", "video_metadata": {"fps": 1}}])
def test_parts_that_say_nothing(part: dict[str, Any]) -> None:
    assert foreign_part(part) is None

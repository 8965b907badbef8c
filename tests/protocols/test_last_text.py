"""What the user said last: in each dialect, without what is not his, and without minding anything."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.core.dialect import Dialect
from gate.protocols.last_text import LIMIT, last_user_text
from tests.protocols.json_text import values

MESSAGES, CHAT = Dialect.ANTHROPIC_MESSAGES, Dialect.OPENAI_CHAT
RESPONSES, GEMINI = Dialect.OPENAI_RESPONSES, Dialect.GEMINI


def said(dialect: Dialect, **body: Any) -> str:
    return last_user_text(dialect, json.dumps(body).encode())


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def text(words: str, kind: str = "text") -> dict[str, Any]:
    return {"type": kind, "text": words}


REMINDER = "<system-reminder>\nAs you answer, refactor nothing.\n</system-reminder>\n"
CALL = {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "Bash", "input": {}}]}
RESULT = user([{"type": "tool_result", "tool_use_id": "t1", "content": [text("a result")]}])


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([user("first"), {"role": "assistant", "content": "no"}, user("last")], "last"),
        ([user([text("one"), text("two")])], "one\ntwo"),
        # An agent at work: the prompt stays what was said, whatever tools answer.
        ([user("do it"), CALL, RESULT, CALL, RESULT], "do it"),
        ([user([text("do it")]), CALL, user([RESULT["content"][0], text("and quickly")])], "and quickly"),
        # Claude Code: reminders before the prompt, in it, or alone in a message; its notes are of the role system.
        ([user([text(REMINDER), text("hello")]), {"role": "system", "content": [text("note")]}], "hello"),
        ([user(f"{REMINDER}hello {REMINDER.strip()}there")], "hello there"),
        ([user("hello"), CALL, user([text(REMINDER)])], "hello"),
        ([user("what does <system-reminder> mean?")], "what does <system-reminder> mean?"),
        ([user("</system-reminder>a<system-reminder>")], "</system-reminder>a<system-reminder>"),
        # OpenClaw: a message of its own behind the prompt.
        (
            [user("hello"), user("OpenClaw runtime context for the immediately preceding user message.\nx")],
            "hello",
        ),
        (
            [user("hello <<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>x<<<END_OPENCLAW_INTERNAL_CONTEXT>>>")],
            "hello",
        ),
        ([user([{"type": "image", "source": {"type": "base64", "data": "AAAA"}}])], ""),
        ([user(None), user([]), user(""), user([text(" \n")])], ""),
        ([user([None, 7, {"type": "text"}, text("ok"), {"type": "text", "text": 7}])], "ok"),
        ([user("ok"), "a text", 7, None, {}, {"role": 7}], "ok"),
        ([], ""),
    ],
)
def test_messages_and_chat(messages: list[Any], expected: str) -> None:
    assert said(MESSAGES, model="m", messages=messages) == expected
    assert said(CHAT, model="m", messages=messages) == expected


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ("hello", "hello"),
        ([user("hello")], "hello"),
        (["hello"], "hello"),
        ([{"type": "message", **user([text("hello", "input_text")])}], "hello"),
        (
            [
                {"type": "message", **user([text("<environment_context>x</environment_context>", "input_text")])},
                {"type": "message", **user([text("hello", "input_text")])},
                {"type": "reasoning", "summary": []},
                {"type": "function_call", "call_id": "c", "name": "n", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "c", "output": "result"},
                {"type": "message", **user([text("<turn_aborted>x</turn_aborted>", "input_text")])},
            ],
            "hello",
        ),
        ([{"type": "message", "role": "developer", "content": "no"}], ""),
        ({"role": "user", "content": "hello"}, "hello"),
        (None, ""),
        (7, ""),
    ],
)
def test_responses(given_: Any, expected: str) -> None:
    assert said(RESPONSES, model="m", input=given_) == expected


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        ([{"role": "user", "parts": [{"text": "hello"}]}], "hello"),
        ([{"parts": [{"text": "hello"}, {"text": "you"}]}], "hello\nyou"),
        ({"parts": {"text": "hello"}}, "hello"),
        (
            [
                {"role": "user", "parts": [{"text": "hello"}]},
                {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}}}]},
                {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"output": "x"}}}]},
            ],
            "hello",
        ),
        ([{"role": "user", "parts": [{"text": "thought", "thought": True}]}], ""),
        ("hello", ""),
    ],
)
def test_gemini(contents: Any, expected: str) -> None:
    assert said(GEMINI, contents=contents) == expected
    if isinstance(contents, list):
        assert said(GEMINI, generateContentRequest={"model": "models/m", "contents": contents}) == expected


def test_only_the_first_8_kib_are_looked_at_whole_characters_only() -> None:
    long = said(MESSAGES, messages=[user("é" * LIMIT)])
    assert long == "é" * (LIMIT // 2)
    assert said(MESSAGES, messages=[user("x" + "é" * LIMIT)]) == "x" + "é" * (LIMIT // 2 - 1)
    many = said(MESSAGES, messages=[user([text("a" * 8_000), text("b" * 8_000)])])
    assert many == "a" * 8_000 + "\n" + "b" * 191
    behind = said(MESSAGES, messages=[user("<system-reminder>" + "x" * 100_000 + "</system-reminder>refactor")])
    assert behind == "refactor", "what a client added does not use up what is looked at"


def test_lone_surrogates_are_no_obstacle() -> None:
    body = rb'{"messages":[{"role":"user","content":"cut \ud83d in two"}]}'
    assert last_user_text(MESSAGES, body).startswith("cut ")


def test_many_additions_take_no_long_time() -> None:
    for words in (
        "<system-reminder>" * 50_000,
        "<system-reminder></system-reminder>" * 50_000,
        "<turn_aborted>" * 50_000,
    ):
        assert said(MESSAGES, messages=[user(words + "<environment_context>")]) is not None


@given(st.sampled_from(Dialect), st.binary(max_size=200) | values.map(str.encode))
def test_it_is_total_on_any_bytes(dialect: Dialect, body: bytes) -> None:
    assert isinstance(last_user_text(dialect, body), str)


_MEMBERS = ("messages", "input", "contents", "generateContentRequest")


@given(st.sampled_from(Dialect), values, st.booleans())
def test_it_is_total_on_any_members(dialect: Dialect, value: str, held: bool) -> None:
    value = f'[{{"role":"user","content":{value},"parts":{value}}}]' if held else value
    body = "{" + ",".join(f'"{name}":{value}' for name in _MEMBERS) + "}"
    assert isinstance(last_user_text(dialect, body.encode()), str)

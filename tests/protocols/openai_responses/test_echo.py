"""gate.protocols.openai_responses.echo: what a response repeats of its request."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from gate.core.dialect import Dialect
from gate.protocols.canonical.parts import Text
from gate.protocols.canonical.request import Message, Request, Role
from gate.protocols.openai_responses.echo import echo
from tests.protocols.openai_responses.canonical import decode

UNASKED: dict[str, Any] = {
    "background": False,
    "instructions": None,
    "max_output_tokens": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "reasoning": {"effort": None, "summary": None},
    "service_tier": "default",
    "store": False,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}
TOOL = {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": True}


def repeated(request: Request) -> dict[str, Any]:
    return json.loads(msgspec.json.encode(echo(request)))


def test_nothing_asked() -> None:
    assert repeated(Request(Dialect.OPENAI_RESPONSES, "m", ())) == UNASKED


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"instructions": "be 'é'"}, {}),
        ({"temperature": 0, "top_p": 0.5, "max_output_tokens": 9}, {}),
        ({"metadata": {"a": "b"}, "user": "u", "service_tier": "flex"}, {}),
        ({"parallel_tool_calls": False}, {}),
        ({"reasoning": {"effort": "low", "summary": "auto"}}, {}),
        ({"tools": [TOOL], "tool_choice": {"type": "function", "name": "f"}}, {}),
        ({"tool_choice": "required"}, {}),
        ({"text": {"format": {"type": "json_object"}, "verbosity": "low"}}, {}),
        ({"previous_response_id": "resp_0", "prompt_cache_key": "k", "truncation": "auto"}, {}),
        # A response is never kept here, whatever was asked.
        ({"store": True}, {"store": False}),
        ({"text": {"verbosity": "high"}}, {"text": {"format": {"type": "text"}, "verbosity": "high"}}),
        ({"tools": []}, {}),
    ],
)
def test_what_was_asked_is_repeated(asked: dict[str, Any], told: dict[str, Any]) -> None:
    assert repeated(decode(**asked)) == UNASKED | asked | told


def test_only_instructions_that_stood_outside_the_input() -> None:
    messages = (
        Message(Role.SYSTEM, (Text("a"), Text("b")), top=True),
        Message(Role.SYSTEM, (Text("c"),), top=True),
        Message(Role.SYSTEM, (Text("inside"),)),
        Message(Role.USER, (Text("hi"),)),
    )
    assert repeated(Request(Dialect.OPENAI_RESPONSES, "m", messages))["instructions"] == "a\n\nb\n\nc"


def test_an_odd_choice_is_repeated_as_it_came_and_unknown_members_are_not() -> None:
    made = repeated(Request(Dialect.OPENAI_RESPONSES, "m", (), others={"tool_choice": 5, "member_of_tomorrow": 1}))
    assert made == UNASKED | {"tool_choice": 5}

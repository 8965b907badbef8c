"""gate.protocols.openai_chat.stream_calls: calls told apart by whatever their server tells."""

from __future__ import annotations

import pytest

from gate.protocols.canonical.answer import Close, Delta, Open
from gate.protocols.canonical.parts import Text, ToolCall
from tests.protocols.openai_chat.shapes import DONE, ROLE, chunk
from tests.protocols.openai_chat.translating import call, calls, stream, whole

A, B = '{"a":1}', '{"b":2}'
BOTH = [ToolCall("c1", "f", A), ToolCall("c2", "g", B)]


def test_parallel_calls_interleave() -> None:
    found = calls(
        call(0, "c1", "f", ""),
        call(1, "c2", "g", ""),
        call(0, arguments='{"a"'),
        call(1, arguments='{"b"'),
        call(0, arguments=":1}"),
        call(1, arguments=":2}"),
    )
    assert found == BOTH


def test_both_in_one_chunk() -> None:
    pieces = [
        {"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": A}},
        {"index": 1, "id": "c2", "type": "function", "function": {"name": "g", "arguments": B}},
    ]
    assert calls(chunk({"tool_calls": pieces})) == BOTH


def test_without_an_index() -> None:
    assert calls(call(None, "c1", "f", A), call(None, "c2", "g", B)) == BOTH


def test_without_an_index_and_in_pieces() -> None:
    found = calls(
        call(None, "c1", "f", ""),
        call(None, arguments=A),
        call(None, "c2", "g", ""),
        call(None, "c2", arguments=B[:3]),
        call(None, arguments=B[3:]),
    )
    assert found == BOTH


def test_several_ids_at_one_index() -> None:
    assert calls(call(0, "c1", "f", A), call(0, "c2", "g", B)) == BOTH


def test_several_calls_at_one_index_without_ids() -> None:
    assert calls(call(0, None, "f", A), call(0, None, "g", B)) == [ToolCall("", "f", A), ToolCall("", "g", B)]


@pytest.mark.parametrize("index", [0, None])
def test_id_and_name_repeated_in_every_piece(index: int | None) -> None:
    assert calls(call(index, "c1", "f", A[:2]), call(index, "c1", "f", A[2:])) == [ToolCall("c1", "f", A)]


def test_the_name_repeated_without_an_id() -> None:
    assert calls(call(0, None, "f", A[:2]), call(0, None, "f", A[2:])) == [ToolCall("", "f", A)]


def test_a_missing_id_is_empty() -> None:
    """The engine makes one up that is new (`canonical.restore`)."""
    assert calls(call(0, None, "f", A)) == [ToolCall("", "f", A)]
    assert calls(call(0, "", "f", A)) == [ToolCall("", "f", A)]


def test_one_id_for_two_calls_names_only_the_first() -> None:
    assert calls(call(0, "c1", "f", A), call(1, "c1", "g", B)) == [ToolCall("c1", "f", A), ToolCall("", "g", B)]


def test_arguments_as_an_object() -> None:
    assert calls(call(0, "c1", "f", {"a": 1})) == [ToolCall("c1", "f", A)]


def test_arguments_null_and_empty() -> None:
    piece = {"index": 0, "id": "c1", "function": {"name": "f", "arguments": None}}
    assert calls(chunk({"tool_calls": [piece]}), call(0, arguments="")) == [ToolCall("c1", "f")]


def test_an_id_that_comes_before_the_name() -> None:
    assert calls(call(0, "c1"), call(0, arguments="{"), call(0, name="f", arguments="}")) == [ToolCall("c1", "f", "{}")]


def test_a_call_that_never_gets_a_name_is_told_at_the_end() -> None:
    assert calls(call(0, "c1", arguments="{}")) == [ToolCall("c1", "", "{}")]


def test_text_closes_before_a_call_and_calls_stay_open() -> None:
    events = stream(
        ROLE, chunk({"content": "x"}), call(0, "c1", "f", A), call(1, "c2", "g", B), chunk({}, "stop"), DONE
    )
    blocks = [event for event in events if isinstance(event, Open | Delta | Close)]
    assert blocks == [
        Open(0, Text("")),
        Delta(0, "x"),
        Close(0),
        Open(1, ToolCall("c1", "f")),
        Delta(1, A),
        Open(2, ToolCall("c2", "g")),
        Delta(2, B),
        Close(1),
        Close(2),
    ]


def test_text_after_a_call_is_a_new_block() -> None:
    found = whole(ROLE, chunk({"content": "x"}), call(0, "c1", "f", A), chunk({"content": "y"}), chunk({}, "stop"))
    assert found.parts == (Text("x"), ToolCall("c1", "f", A), Text("y"))


def test_a_null_index_and_id() -> None:
    piece = {"index": None, "id": None, "type": None, "function": {"name": "f", "arguments": A}}
    more = {"index": None, "id": None, "function": {"name": None, "arguments": ""}}
    assert calls(chunk({"tool_calls": [piece]}), chunk({"tool_calls": [more]})) == [ToolCall("", "f", A)]


def test_members_that_are_there_and_empty_say_nothing() -> None:
    """Snowflake sends all there are."""
    empty = {"custom": {"name": "", "input": ""}, "index": 0}
    old = {"function_call": {"name": "", "arguments": ""}, "refusal": "", "content": ""}
    first = {**empty, "id": "c1", "function": {"name": "f", "arguments": ""}}
    more = {**empty, "id": "", "function": {"name": "", "arguments": A}}
    assert calls(chunk({**old, "tool_calls": [first]}), chunk({**old, "tool_calls": [more]})) == [
        ToolCall("c1", "f", A)
    ]

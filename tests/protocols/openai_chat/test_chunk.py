"""gate.protocols.openai_chat.chunk: chunks of the usual types, and of unusual ones."""

from __future__ import annotations

from typing import Any

import pytest

from gate.protocols.openai_chat.chunk import Call, Choice, Chunk, Delta, Function, read_chunk


def only_choice(data: bytes) -> Choice:
    found = read_chunk(data)
    assert found is not None
    assert found.choices is not None
    (choice,) = found.choices
    return choice


def test_a_chunk_of_the_usual_types() -> None:
    data = (
        b'{"id":"c1","model":"m","created":7,"unknown":1,"usage":{"prompt_tokens":2},"choices":[{"index":1,'
        b'"delta":{"content":"hi","tool_calls":[{"index":0,"id":"t","function":{"name":"f","arguments":"{"}}]},'
        b'"finish_reason":"stop","stop_reason":32}]}'
    )
    delta = Delta(content="hi", tool_calls=[Call(0, "t", Function("f", "{"))])
    choice = Choice(1, delta, finish_reason="stop", stop_reason=32)
    assert read_chunk(data) == Chunk([choice], "c1", "m", 7, {"prompt_tokens": 2})


def test_members_of_odd_types_are_read_one_by_one() -> None:
    data = (
        b'{"id":5,"model":"m","created":7.0,"choices":[{"index":null,"delta":{"content":"hi","refusal":3,'
        b'"reasoning":[{"type":"text","text":"a"},{"text":"b"}],"tool_calls":[{"index":null,"id":"t",'
        b'"function":{"name":"f","arguments":{"a":1}}}]},"finish_reason":"stop","stop_reason":"END"}]}'
    )
    found = read_chunk(data)
    assert found is not None
    assert (found.id, found.model, found.created) == (None, "m", 7)
    choice = only_choice(data)
    assert (choice.index, choice.finish_reason, choice.stop_reason) == (0, "stop", "END")
    assert choice.delta is not None
    assert (choice.delta.content, choice.delta.refusal, choice.delta.reasoning) == ("hi", "", "ab")
    assert choice.delta.tool_calls == [Call(None, "t", Function("f", '{"a":1}', None))]


@pytest.mark.parametrize(
    ("data", "content"),
    [
        (rb'{"choices":[{"delta":{"content":"x\ud83d"}}]}', "x\ufffd"),
        (b'{"choices":[{"delta":{"content":"x\xe2"}}]}', "x\ufffd"),
        (b'{"created":"now","choices":[{"delta":{"content":[{"type":"text"}]}}]}', [{"type": "text"}]),
        (b'{"created":"now","choices":[{"delta":{"content":5,"role":"x"}}]}', []),
    ],
    ids=["lone_surrogate", "cut_utf8", "list", "number"],
)
def test_odd_content(data: bytes, content: object) -> None:
    delta = only_choice(data).delta
    assert delta is not None
    assert delta.content == content


@pytest.mark.parametrize(
    ("data", "failure"),
    [
        (b'{"error":{"message":"busy","code":503}}', {"message": "busy", "code": 503}),
        (b'{"error":"busy"}', {"message": "busy"}),
        (b'[{"error":{"message":"busy"}}]', {"message": "busy"}),
        (b'{"object":"error","message":"busy","code":400}', {"message": "busy"}),
        (b'{"object":"error"}', {"message": ""}),
        (b'{"object":"chat.completion.chunk","message":"busy","choices":[]}', None),
        (b'{"error":5}', None),
    ],
)
def test_errors_in_place_of_a_chunk(data: bytes, failure: dict[str, Any] | None) -> None:
    found = read_chunk(data)
    assert found is not None
    assert found.failure == failure


@pytest.mark.parametrize("data", [b"", b"[DONE]", b"5", b"null", b"[]", b"[1]", b'"x"', b'{"id":', b"\xff"])
def test_what_is_no_chunk(data: bytes) -> None:
    assert read_chunk(data) is None

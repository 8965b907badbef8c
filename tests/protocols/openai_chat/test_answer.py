"""gate.protocols.openai_chat.answer: a whole completion read, and made into the stream it would have been."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.core.dialect import Dialect, Operation
from gate.core.usage import NOT_REPORTED, Usage
from gate.protocols.codec import Answer
from gate.protocols.registry import codec
from gate.protocols.sse import iter_events
from tests.protocols import json_text, reading, vendor_sdks
from tests.protocols.openai_chat.shapes import ANSWER, USAGE

D = Dialect.OPENAI_CHAT
CODEC = codec(D)
ASKED = replace(reading.SCANNED, asked_usage=True)
BODY = json.dumps(ANSWER, indent=2).encode()


def chunks(body: bytes) -> list[dict[str, Any]]:
    found = [data for _, data in iter_events(CODEC.synthesize(body, ASKED))]
    assert found[-1] == b"[DONE]"
    return [json.loads(data) for data in found[:-1]]


def test_read_answer() -> None:
    usage = Usage(input=200, output=25, cache_read=50, reasoning=5)
    assert CODEC.read_answer(BODY, Operation.CHAT) == Answer(usage, ("tool_calls",), "gpt-x", "chatcmpl-1")
    assert CODEC.read_answer(b'{"choices":[{"message":{}}]}', Operation.CHAT) == Answer(NOT_REPORTED)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"{}",
        b'{"choices":[]}',
        b'{"choices":{}}',
        b'{"choices":[5]}',
        b'{"choices":[{}]}',
        b'{"error":{"message":"x","code":502}}',
        b'{"choices":[{"message":{}}],"error":{"message":"x"}}',
        b'{"type":"message","content":[]}',
    ],
)
def test_what_is_no_completion(body: bytes) -> None:
    for read in (lambda: CODEC.read_answer(body, Operation.CHAT), lambda: CODEC.synthesize(body, ASKED)):
        with pytest.raises(ValueError):
            read()


def test_openais_own_client_puts_the_answer_together_again() -> None:
    made = vendor_sdks.chat_from(CODEC.synthesize(BODY, ASKED))
    assert (made["id"], made["model"]) == ("chatcmpl-1", "gpt-x")
    (choice,) = made["choices"]
    assert (choice["finish_reason"], choice["message"]["content"]) == ("tool_calls", "Look: é")
    calls = choice["message"]["tool_calls"]
    assert [(call["id"], call["function"]["name"], call["function"]["arguments"]) for call in calls] == [
        ("call_1", "ls", '{"a": 1}'),
        ("call_2", "cat", "{}"),
    ]
    assert made["usage"]["prompt_tokens"] == 200


def test_gates_own_tap_reads_it_as_a_whole_stream() -> None:
    found = reading.read(D, [CODEC.synthesize(BODY, ASKED)], ASKED)
    assert (found.done, found.content, found.failure) == (True, True, None)
    assert found.answer == CODEC.read_answer(BODY, Operation.CHAT)


def test_usage_only_for_those_who_asked() -> None:
    assert chunks(BODY)[-1]["usage"] == USAGE
    assert b"prompt_tokens" not in CODEC.synthesize(BODY, reading.SCANNED)


def test_chunks() -> None:
    found = chunks(BODY)
    assert {chunk["object"] for chunk in found} == {"chat.completion.chunk"}
    assert {chunk["id"] for chunk in found} == {"chatcmpl-1"}
    assert found[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert [call["index"] for call in found[1]["choices"][0]["delta"]["tool_calls"]] == [0, 1]
    assert found[2]["choices"][0] == {"index": 0, "delta": {}, "logprobs": None, "finish_reason": "tool_calls"}


def test_a_missing_finish_reason_is_stop_and_unknown_members_are_kept() -> None:
    body = b'{"id":"c","choices":[{"message":{"content":"x","reasoning_content":"r"}},{"message":{"content":"y"}}]}'
    found = chunks(body)
    assert found[1]["choices"][0]["delta"] == {"content": "x", "reasoning_content": "r"}
    assert [c["choices"][0]["finish_reason"] for c in found] == [None, None, "stop"] * 2
    assert [c["choices"][0]["index"] for c in found] == [0, 0, 0, 1, 1, 1]


@settings(max_examples=200, deadline=None)
@given(st.lists(json_text.values, max_size=3), json_text.values, st.binary(max_size=10))
def test_nothing_but_value_errors(choices: list[str], value: str, junk: bytes) -> None:
    listed = ",".join([f'{{"message":{{"content":{value},"tool_calls":{value}}},"index":{value}}}', *choices])
    text = f'{{"choices":[{listed}],"usage":{value},"id":{value}}}'
    for body in (text.encode(), text.encode() + junk, junk):
        try:
            CODEC.read_answer(body, Operation.CHAT)
            stream = CODEC.synthesize(body, ASKED)
        except ValueError:
            continue
        assert stream.endswith(b"data: [DONE]\n\n")

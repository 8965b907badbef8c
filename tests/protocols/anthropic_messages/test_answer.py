"""gate.protocols.anthropic_messages.answer: a whole message read, and made into the stream it would have been."""

from __future__ import annotations

import json
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
from tests.protocols.anthropic_messages.shapes import ANSWER

D = Dialect.ANTHROPIC_MESSAGES
CODEC = codec(D)


def synthesized(answer: Any) -> bytes:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return CODEC.synthesize(body, reading.SCANNED)


def events_of(answer: Any) -> list[dict[str, Any]]:
    found = [(name, json.loads(data)) for name, data in iter_events(synthesized(answer))]
    assert all(name == event["type"] for name, event in found)
    return [event for _, event in found]


def test_read_answer() -> None:
    expected = Answer(Usage(input=15, output=7, cache_read=5), ("tool_use",), "claude-x", "msg_1")
    assert CODEC.read_answer(json.dumps(ANSWER).encode(), Operation.CHAT) == expected
    bare = {"type": "message", "content": [], "stop_reason": None}
    assert CODEC.read_answer(json.dumps(bare).encode(), Operation.CHAT) == Answer(NOT_REPORTED)


def test_read_count_tokens() -> None:
    assert CODEC.read_answer(b'{"input_tokens": 2095}', Operation.COUNT_TOKENS).input_tokens == 2095
    with pytest.raises(ValueError):
        CODEC.read_answer(b'{"input_tokens": "2095"}', Operation.COUNT_TOKENS)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"<html></html>",
        b"{}",
        b'{"type":"message"}',
        b'{"type":"message","content":null}',
        b'{"type":"error","error":{"type":"api_error","message":"x"}}',
        b'{"type":"message","content":[],"error":{"message":"x"}}',
        b'{"choices":[]}',
        b'{"type":"message","content":[' + b"[" * 100_000,
    ],
)
def test_what_is_no_message(body: bytes) -> None:
    with pytest.raises(ValueError):
        CODEC.read_answer(body, Operation.CHAT)
    with pytest.raises(ValueError):
        CODEC.synthesize(body, reading.SCANNED)


def test_anthropics_own_client_puts_the_answer_together_again() -> None:
    made = vendor_sdks.messages_from(synthesized(ANSWER))
    for name in ("id", "model", "role", "stop_reason"):
        assert made[name] == ANSWER[name]
    for was, block in zip(ANSWER["content"], made["content"], strict=True):
        assert {name: block[name] for name in was if name != "citations"} == {
            k: v for k, v in was.items() if k != "citations"
        }
    assert made["content"][5]["citations"][0]["cited_text"] == "c"
    assert made["usage"]["input_tokens"] == 10
    assert made["usage"]["output_tokens"] == 7


def test_gates_own_tap_reads_it_as_a_whole_stream() -> None:
    found = reading.read(D, [synthesized(ANSWER)])
    assert (found.done, found.content, found.failure, found.ending) == (True, True, None, (b"", None))
    assert found.answer == CODEC.read_answer(json.dumps(ANSWER).encode(), Operation.CHAT)


def test_the_sequence_of_events() -> None:
    events = events_of(ANSWER)
    kinds = [event["type"] for event in events]
    assert (kinds[0], kinds[-2:]) == ("message_start", ["message_delta", "message_stop"])
    opened = [event["index"] for event in events if event["type"] == "content_block_start"]
    closed = [event["index"] for event in events if event["type"] == "content_block_stop"]
    assert opened == closed == list(range(len(ANSWER["content"])))
    first = events[0]["message"]
    assert (first["content"], first["stop_reason"], first["usage"]) == ([], None, ANSWER["usage"])
    assert events[-2]["usage"] == ANSWER["usage"]


def deltas(index: int) -> list[dict[str, Any]]:
    found = [event for event in events_of(ANSWER) if event["type"] == "content_block_delta"]
    return [event["delta"] for event in found if event["index"] == index]


def test_deltas_of_each_kind_of_block() -> None:
    assert deltas(0) == [
        {"type": "thinking_delta", "thinking": "hm"},
        {"type": "signature_delta", "signature": "c2ln"},
    ]
    assert deltas(1) == []
    assert [delta["type"] for delta in deltas(3)] == ["input_json_delta"]
    assert json.loads(deltas(3)[0]["partial_json"]) == {"command": "ls", "n": 1}
    assert [delta["type"] for delta in deltas(5)] == ["citations_delta", "text_delta"]
    starts = [e["content_block"] for e in events_of(ANSWER) if e["type"] == "content_block_start"]
    assert starts[1] == ANSWER["content"][1]
    assert starts[3]["input"] == {}
    assert starts[6] == ANSWER["content"][6]


def test_an_answer_without_usage_still_has_some_in_the_stream() -> None:
    events = events_of({"type": "message", "id": "msg_1", "content": [], "stop_reason": "end_turn"})
    assert events[0]["message"]["usage"] == {"input_tokens": 0, "output_tokens": 0}


def test_values_keep_their_spelling_and_pretty_printing_does_no_harm() -> None:
    body = (
        b'{\n  "type": "message",\r\n  "content": [\n {"type": "tool_use", "id": "t", "name": "n",\n'
        b'  "input": {"x": 1e999,\n "y": 123456789012345678901234567890, "z": "\\u00e9"}}\n],\n'
        b'  "usage": {\n "input_tokens": 1\n},\n  "stop_reason": "tool_use"\n}'
    )
    (delta,) = [event for event in events_of(body) if event["type"] == "content_block_delta"]
    for written in ("1e999", "123456789012345678901234567890", "\\u00e9"):
        assert written in delta["delta"]["partial_json"]
    assert reading.read(D, [synthesized(body)]).answer.usage.input == 1


def test_lone_surrogates_do_not_lose_the_answer() -> None:
    body = b'{"type":"message","content":[{"type":"text","text":"\\ud83d\\ude00 \\ud800"}],"stop_reason":"end_turn"}'
    (delta,) = [event for event in events_of(body) if event["type"] == "content_block_delta"]
    assert delta["delta"]["text"] == "\U0001f600 \ufffd"


@settings(max_examples=200, deadline=None)
@given(st.lists(json_text.values, max_size=4), json_text.values, st.binary(max_size=10))
def test_nothing_but_value_errors(blocks: list[str], usage: str, junk: bytes) -> None:
    text = f'{{"type":"message","content":[{",".join(blocks)}],"usage":{usage},"stop_reason":{usage}}}'
    for body in (text.encode(), text.encode() + junk, junk):
        try:
            stream = CODEC.synthesize(body, reading.SCANNED)
            CODEC.read_answer(body, Operation.CHAT)
        except ValueError:
            continue
        assert reading.read(D, [stream]).done

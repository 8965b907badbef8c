"""gate.protocols.openai_responses.answer: a whole response read, and made into the stream it would have been."""

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
from tests.protocols.openai_responses.shapes import ANSWER, ITEMS, response

D = Dialect.OPENAI_RESPONSES
CODEC = codec(D)


def synthesized(answer: dict[str, Any], indent: int | None = None) -> bytes:
    return CODEC.synthesize(json.dumps(answer, indent=indent).encode(), reading.SCANNED)


def events_of(answer: dict[str, Any]) -> list[dict[str, Any]]:
    found = [(name, json.loads(data)) for name, data in iter_events(synthesized(answer))]
    assert all(name == event["type"] for name, event in found)
    assert [event["sequence_number"] for _, event in found] == list(range(len(found)))
    return [event for _, event in found]


def test_read_answer() -> None:
    usage = Usage(input=200, output=25, cache_read=50, cache_write=20, reasoning=5)
    body = json.dumps(ANSWER).encode()
    assert CODEC.read_answer(body, Operation.CHAT) == Answer(usage, ("completed",), "gpt-x", "resp_1")
    assert CODEC.read_answer(b'{"id":"r","output":[]}', Operation.CHAT) == Answer(NOT_REPORTED, response_id="r")
    cut = response("incomplete", incomplete_details={"reason": "content_filter"})
    assert CODEC.read_answer(json.dumps(cut).encode(), Operation.CHAT).finish_reasons == ("content_filter",)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"id":"r"}',
        b'{"output":[]}',
        b'{"id":"r","output":{}}',
        b'{"error":{"message":"x"}}',
        json.dumps(response("failed", error={"code": "server_error", "message": "x"})).encode(),
    ],
)
def test_what_is_no_response(body: bytes) -> None:
    for read in (lambda: CODEC.read_answer(body, Operation.CHAT), lambda: CODEC.synthesize(body, reading.SCANNED)):
        with pytest.raises(ValueError):
            read()


def test_openais_own_client_puts_the_answer_together_again() -> None:
    kinds, made = vendor_sdks.response_from(synthesized(ANSWER, indent=1))
    assert (kinds[0], kinds[-1]) == ("response.created", "response.completed")
    assert (made["id"], made["model"], made["status"]) == ("resp_1", "gpt-x", "completed")
    assert [item["type"] for item in made["output"]] == [item["type"] for item in ITEMS]
    assert made["output"][2]["arguments"] == '{"a": 1}'
    assert made["usage"]["input_tokens"] == 200


def test_gates_own_tap_reads_it_as_a_whole_stream() -> None:
    found = reading.read(D, [synthesized(ANSWER)])
    assert (found.done, found.content, found.failure) == (True, True, None)
    assert found.answer == CODEC.read_answer(json.dumps(ANSWER).encode(), Operation.CHAT)


def test_the_events_of_each_item() -> None:
    by_item: dict[int, list[str]] = {}
    for event in events_of(ANSWER)[2:-1]:
        by_item.setdefault(event["output_index"], []).append(event["type"].removeprefix("response."))
    added, done = "output_item.added", "output_item.done"

    def part(name: str, *inner: str) -> list[str]:
        return [f"{name}.added", *inner, f"{name}.done"]

    assert by_item == {
        0: [
            added,
            *part("reasoning_summary_part", "reasoning_summary_text.delta", "reasoning_summary_text.done"),
            *part("content_part", "reasoning_text.delta", "reasoning_text.done"),
            done,
        ],
        1: [
            added,
            *part("content_part", "output_text.delta", "output_text.annotation.added", "output_text.done"),
            *part("content_part", "refusal.delta", "refusal.done"),
            done,
        ],
        2: [added, "function_call_arguments.delta", "function_call_arguments.done", done],
        3: [added, "custom_tool_call_input.delta", "custom_tool_call_input.done", done],
        4: [added, done],
    }


def test_items_begin_empty_and_end_whole() -> None:
    events = events_of(ANSWER)
    added = [event["item"] for event in events if event["type"] == "response.output_item.added"]
    done = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    assert done == ITEMS
    assert (added[1]["content"], added[1]["status"]) == ([], "in_progress")
    assert (added[2]["arguments"], added[3]["input"], added[0]["summary"]) == ("", "", [])
    assert added[4] == ITEMS[4]
    deltas = {event["type"]: event for event in events if event["type"].endswith(".delta")}
    assert deltas["response.output_text.delta"] | {"sequence_number": 0} == {
        "type": "response.output_text.delta",
        "sequence_number": 0,
        "item_id": "msg_1",
        "output_index": 1,
        "content_index": 0,
        "delta": "Look: é",
        "logprobs": [],
    }
    assert deltas["response.reasoning_summary_text.delta"]["summary_index"] == 0
    assert deltas["response.custom_tool_call_input.delta"]["delta"] == "text(1);"


def test_the_frame() -> None:
    events = events_of(ANSWER)
    for event in events[:2]:
        assert (event["response"]["status"], event["response"]["output"]) == ("in_progress", [])
        assert event["response"]["usage"] is None
    assert events[-1]["response"] == ANSWER


def test_an_incomplete_response_ends_as_one() -> None:
    last = events_of(response("incomplete", incomplete_details={"reason": "max_output_tokens"}))[-1]
    assert last["type"] == "response.incomplete"


@settings(max_examples=200, deadline=None)
@given(st.lists(json_text.values, max_size=3), json_text.values, st.binary(max_size=10))
def test_nothing_but_value_errors(items: list[str], value: str, junk: bytes) -> None:
    odd = [
        f'{{"type":"{kind}","id":{value},"content":[{{"type":"output_text","text":{value}}},{value}],"summary":{value},'
        f'"arguments":{value}}}'
        for kind in ("message", "reasoning", "function_call", "custom_tool_call")
    ]
    text = f'{{"id":"r","output":[{",".join([*odd, *items])}],"usage":{value},"status":{value}}}'
    for body in (text.encode(), text.encode() + junk, junk):
        try:
            CODEC.read_answer(body, Operation.CHAT)
            stream = CODEC.synthesize(body, reading.SCANNED)
        except ValueError:
            continue
        assert reading.read(D, [stream]).done

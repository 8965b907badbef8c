"""gate.protocols.anthropic_messages.decode_stream: streams of Anthropic and of those who speak like it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gate.core.failure import FailureKind
from gate.core.usage import NOT_REPORTED, Usage
from gate.protocols.anthropic_messages import TRANSLATOR
from gate.protocols.canonical.answer import (
    Cite,
    Close,
    Counted,
    Delta,
    Done,
    Event,
    Finish,
    Open,
    Sign,
    Start,
    Stop,
)
from gate.protocols.canonical.parts import Citation, Foreign, Opaque, Text, Thinking, ToolCall
from gate.protocols.sse import iter_events
from tests.protocols.anthropic_messages.shapes import (
    PING,
    STOP,
    STREAM,
    THINKING,
    TOOL,
    block,
    ending,
    sse,
    start,
    text,
)
from tests.protocols.anthropic_messages.translating import failed, stream, whole


def delta(index: int, kind: str, **members: Any) -> bytes:
    return sse("content_block_delta", index=index, delta={"type": kind, **members})


def opened(index: int, **block: Any) -> bytes:
    return sse("content_block_start", index=index, content_block=block)


def closed(index: int) -> bytes:
    return sse("content_block_stop", index=index)


END = ending() + STOP


def told(*pieces: bytes) -> list[Event]:
    """The events between the first and what ends a whole stream."""
    events = stream(start(), *pieces, END)
    assert isinstance(events[0], Start)
    assert [type(event) for event in events[-3:]] == [Counted, Finish, Done]
    return events[1:-3]


def test_a_stream_event_by_event() -> None:
    usage = Usage(input=12307, output=1, cache_read=0, cache_write=12304)
    end = Usage(input=12307, output=550, cache_read=0, cache_write=12304)
    assert stream(STREAM) == [
        Start("msg_1", "claude-x", usage=usage),
        Open(0, Thinking()),
        Delta(0, "hm"),
        Sign(0, Opaque("anthropic", "signature", "c2ln")),
        Close(0),
        Open(1, ToolCall("toolu_1", "Bash")),
        Delta(1, '{"command":"ls"}'),
        Close(1),
        Counted(end),
        Finish(Stop.TOOL_USE, "tool_use"),
        Done(),
    ]


def test_texts() -> None:
    assert told(text(0, "a", "", "b")) == [Open(0, Text("")), Delta(0, "a"), Delta(0, "b"), Close(0)]
    assert told(opened(0, type="text", text="at once"), closed(0)) == [
        Open(0, Text("")),
        Delta(0, "at once"),
        Close(0),
    ]


def test_citations() -> None:
    web = {"type": "web_search_result_location", "url": "https://a", "title": "t", "cited_text": "c"}
    found = told(opened(0, type="text", text=""), delta(0, "citations_delta", citation=web), closed(0))
    (cite,) = [event for event in found if isinstance(event, Cite)]
    assert isinstance(cite.citation, Citation)
    assert (cite.index, cite.citation.url, cite.citation.raw) == (0, "https://a", web)


def test_hidden_thinking_and_thinking_without_words() -> None:
    assert told(block(0, {"type": "redacted_thinking", "data": "D"})) == [
        Open(0, Thinking(opaque=Opaque("anthropic", "redacted", "D"))),
        Close(0),
    ]
    silent = block(
        0, {"type": "thinking", "thinking": "", "signature": ""}, {"type": "signature_delta", "signature": "S"}
    )
    assert told(silent) == [Open(0, Thinking()), Sign(0, Opaque("anthropic", "signature", "S")), Close(0)]
    assert told(block(0, {"type": "thinking", "thinking": "t", "signature": "S"}))[1:3] == [
        Delta(0, "t"),
        Sign(0, Opaque("anthropic", "signature", "S")),
    ]


@pytest.mark.parametrize(
    ("given", "pieces", "expected"),
    [
        ({}, [""], []),
        ({}, [], []),
        ({}, ["", '{"a":', "1}"], ['{"a":', "1}"]),
        ({"a": 1}, [], ['{"a":1}']),
        ({"a": 1}, ['{"a":2}'], ['{"a":2}']),
    ],
)
def test_arguments(given: Any, pieces: list[str], expected: list[str]) -> None:
    deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    found = told(block(0, {"type": "tool_use", "id": "i", "name": "f", "input": given}, *deltas))
    assert found == [Open(0, ToolCall("i", "f")), *(Delta(0, piece) for piece in expected), Close(0)]


def test_arguments_as_an_object() -> None:
    found = told(
        block(0, {"type": "tool_use", "id": "i", "name": "f"}, {"type": "input_json_delta", "partial_json": {"a": 1}})
    )
    assert Delta(0, '{"a":1}') in found


def test_what_the_vendors_servers_do_is_told_whole_and_is_no_call() -> None:
    use = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}
    found_block = {"type": "web_search_tool_result", "tool_use_id": "s", "content": [{"type": "web_search_result"}]}
    asked = [{"type": "input_json_delta", "partial_json": piece} for piece in ("", '{"query":', '"x"}')]
    found = told(block(0, use, *asked), block(1, found_block), text(2, "a"))
    parts = [event.part for event in found if isinstance(event, Open)]
    assert [(part.kind, part.server) for part in parts if isinstance(part, Foreign)] == [
        ("server_tool_use", True),
        ("web_search_tool_result", True),
    ]
    assert isinstance(parts[0], Foreign)
    assert json.dumps(parts[0].raw["input"], default=lambda raw: json.loads(bytes(raw))) == '{"query": "x"}'
    end = [event for event in stream(start(), block(0, use), ending("end_turn"), STOP) if isinstance(event, Finish)]
    assert [event.stop for event in end] == [Stop.END]


def test_compaction_and_blocks_of_tomorrow() -> None:
    compaction = block(
        0,
        {"type": "compaction", "content": None},
        {"type": "compaction_delta", "content": "short", "encrypted_content": "E"},
    )
    tomorrow = block(1, {"type": "tomorrow", "text": "a"}, {"type": "text_delta", "text": "b"}, {"type": "odd", "x": 1})
    parts = [event.part for event in told(compaction, tomorrow) if isinstance(event, Open)]
    assert [part.raw for part in parts] == [
        {"type": "compaction", "content": "short", "encrypted_content": "E"},
        {"type": "tomorrow", "text": "ab", "x": 1},
    ]
    assert [part.text for part in parts if isinstance(part, Foreign)] == ["short", "ab"]


def test_usage_is_counted_once() -> None:
    pieces = (start(input_tokens=10, cache_read_input_tokens=5, output_tokens=1), text(0, "a"))
    events = stream(*pieces, ending(None, output_tokens=3), ending("end_turn", input_tokens=10, output_tokens=7), STOP)
    (counted,) = [event.usage for event in events if isinstance(event, Counted)]
    assert counted == Usage(input=15, output=7, cache_read=5)
    loose = stream(sse("message_start", message={}), ending("end_turn"), STOP)
    assert isinstance(loose[0], Start)
    assert loose[0].usage == NOT_REPORTED


@pytest.mark.parametrize(
    ("pieces", "stop", "word"),
    [
        ((text(0, "a"), ending("max_tokens"), STOP), Stop.MAX_TOKENS, "max_tokens"),
        ((TOOL, ending("end_turn"), STOP), Stop.TOOL_USE, "end_turn"),
        ((TOOL, ending(None), STOP), Stop.TOOL_USE, None),
        ((text(0, "a"), STOP), Stop.END, None),
        ((text(0, "a"), ending("refusal")), Stop.REFUSAL, "refusal"),
        ((ending("end_turn"),), Stop.END, "end_turn"),
    ],
)
def test_why_it_ended(pieces: tuple[bytes, ...], stop: Stop, word: str | None) -> None:
    found = whole(start(), *pieces)
    assert (found.stop, found.stop_word) == (stop, word)


def test_the_stop_sequence() -> None:
    met = sse("message_delta", delta={"stop_reason": "stop_sequence", "stop_sequence": "END"}, usage={})
    assert whole(start(), text(0, "a"), met, STOP).stop_sequence == "END"


def test_what_only_this_dialect_knows_is_kept_beside() -> None:
    details = {"type": "refusal", "category": "bio"}
    last = sse(
        "message_delta",
        delta={"stop_reason": "refusal", "stop_details": details, "container": None},
        usage={"output_tokens": 1, "iterations": [{"type": "message"}]},
        context_management={"applied_edits": []},
    )
    assert whole(start(service_tier="standard"), last, STOP).raw == {
        "stop_details": details,
        "context_management": {"applied_edits": []},
        "usage": {"service_tier": "standard", "iterations": [{"type": "message"}]},
    }


@pytest.mark.parametrize(
    "pieces",
    [
        (text(0, "a"), STOP),
        (sse("content_block_delta", index=0, delta={"type": "text_delta", "text": "a"}), STOP),
        (opened(0, type="text"), delta(0, "text_delta", text="a"), ending(), STOP),
        (
            sse("content_block_start", content_block={"type": "text"}),
            sse("content_block_delta", delta={"type": "text_delta", "text": "a"}),
            sse("content_block_stop"),
            STOP,
        ),
        (PING, b": comment\n\n", sse("event_of_tomorrow"), text(0, "a"), b"data: [1]\n\n", b"data: {\n\n", END),
        (text(0, "a"), closed(0), closed(7), delta(9, "input_json_delta", partial_json="x"), END, text(1, "never")),
    ],
)
def test_servers_that_speak_it_loosely(pieces: tuple[bytes, ...]) -> None:
    found = whole(*pieces)
    assert [part.text for part in found.parts if isinstance(part, Text)] == ["a"]
    assert len(found.parts) == 1


def test_the_same_index_again_is_another_block() -> None:
    found = whole(start(), text(0, "a"), opened(0, type="text"), delta(0, "text_delta", text="b"), text(0, "c"), END)
    assert [part.text for part in found.parts if isinstance(part, Text)] == ["a", "b", "c"]


def test_blocks_that_overlap() -> None:
    pieces = (
        opened(0, type="text", text=""),
        opened(1, type="tool_use", id="i", name="f", input={}),
        delta(0, "text_delta", text="a"),
        delta(1, "input_json_delta", partial_json="{}"),
        closed(1),
        closed(0),
    )
    found = whole(start(), *pieces, END)
    assert [type(part) for part in found.parts] == [Text, ToolCall]


def test_the_names_of_events_are_not_needed() -> None:
    bare = b"".join(b"data: " + data + b"\n\n" for _, data in iter_events(STREAM))
    assert stream(bare) == stream(STREAM)
    assert stream(STREAM.replace(b"\n", b"\r\n")) == stream(STREAM)


@pytest.mark.parametrize(
    "pieces",
    [
        (),
        (start(),),
        (start(), THINKING),
        (start(), opened(0, type="text"), ending("end_turn")),
        (start(), text(0, "a"), ending(None)),
        (b"garbage\n\n",),
        (b'data: {"choices":[{"delta":{"content":"x"}}]}\n\n',),
    ],
)
def test_a_stream_that_breaks_off(pieces: tuple[bytes, ...]) -> None:
    assert failed(*pieces).failure.kind is FailureKind.TRUNCATED_STREAM


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("overloaded_error", FailureKind.OVERLOADED), ("api_error", FailureKind.STREAM_ERROR)],
)
def test_an_error_inside_the_stream(kind: str, expected: FailureKind) -> None:
    error = sse("error", error={"type": kind, "message": "its words"})
    last = failed(start(), opened(0, type="text"), error, text(1, "never"), END)
    assert (last.failure.kind, last.message) == (expected, "its words")


def test_nothing_is_told_after_the_end() -> None:
    decoder = TRANSLATOR.stream_decoder("anthropic")
    assert isinstance(decoder.feed(STREAM)[-1], Done)
    assert (decoder.feed(text(5, "x")), decoder.finish()) == ([], [])


def test_half_an_emoji() -> None:
    odd = b'data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a\\ud83d"}}\n\n'
    found = whole(start(), opened(0, type="text"), odd, closed(0), END)
    (part,) = found.parts
    assert isinstance(part, Text)
    assert part.text.startswith("a")

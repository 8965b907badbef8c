"""gate.protocols.openai_responses.decode_stream: every event, told once, whatever a server leaves out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gate.core.failure import FailureKind
from gate.core.usage import Usage
from gate.protocols.canonical.answer import (
    Cite,
    Counted,
    Delta,
    Done,
    Event,
    Failed,
    Finish,
    Open,
    Response,
    Start,
    Stop,
)
from gate.protocols.canonical.events import folded
from gate.protocols.canonical.parts import CallKind, Foreign, Opaque, Refusal, Text, Thinking, ToolCall
from gate.protocols.openai_responses import TRANSLATOR
from tests.protocols.openai_responses.shapes import (
    ANSWER,
    BEGUN,
    COMPLETED,
    CREATED,
    REASONED,
    STREAM,
    USAGE,
    WHOLE_STREAM,
    response,
    sse,
)


def events(*stream: bytes) -> list[Event]:
    decoder = TRANSLATOR.stream_decoder("openai")
    return [event for part in stream for event in decoder.feed(part)] + decoder.finish()


def answer(*stream: bytes) -> Response:
    return folded(events(*stream))


def added(item: dict[str, Any], at: int = 0) -> bytes:
    return sse("response.output_item.added", 1, output_index=at, item=item)


def done(item: dict[str, Any], at: int = 0) -> bytes:
    return sse("response.output_item.done", 8, output_index=at, item=item)


def completed(*items: dict[str, Any], status: str = "completed", **members: Any) -> bytes:
    return sse(f"response.{status}", 9, response=response(status, output=list(items), usage=USAGE, **members))


MESSAGE = {"type": "message", "id": "msg_1", "role": "assistant", "content": []}
CALL = {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "ls", "arguments": '{"a":1}'}


def test_the_whole_of_an_answer() -> None:
    found = answer(WHOLE_STREAM)
    thinking, text, refusal, call, custom, search = found.parts
    assert isinstance(thinking, Thinking)
    assert (thinking.text, thinking.opaque) == ("hm", Opaque("openai", "encrypted", "b3BhcXVl", "rs_1"))
    assert isinstance(text, Text)
    assert (text.text, text.citations[0].url, text.citations[0].end) == ("Look: é", "u", 1)
    assert refusal == Refusal("no")
    assert isinstance(call, ToolCall)
    assert isinstance(custom, ToolCall)
    assert (call.id, call.name, call.arguments, call.kind) == ("call_1", "ls", '{"a": 1}', CallKind.FUNCTION)
    assert (custom.id, custom.arguments, custom.kind) == ("call_2", "text(1);", CallKind.CUSTOM)
    assert isinstance(search, Foreign)
    assert (search.kind, search.server) == ("web_search_call", True)
    assert (found.id, found.model, found.created, found.stop, found.stop_word) == (
        "resp_1",
        "gpt-x",
        1700000000,
        Stop.TOOL_USE,
        "completed",
    )
    assert found.usage == Usage(input=200, output=25, cache_read=50, cache_write=20, reasoning=5)


def test_input_tokens_include_the_cached_ones() -> None:
    found = answer(WHOLE_STREAM).usage
    assert found.input == USAGE["input_tokens"]
    assert found.cache_read == USAGE["input_tokens_details"]["cached_tokens"]


def test_parts_of_a_summary_are_paragraphs() -> None:
    thinking, text = answer(REASONED).parts
    assert (thinking, text) == (
        Thinking("first\n\nsecond", Opaque("openai", "encrypted", "dG9rZW4=", "rs_9")),
        Text("é😀 done"),
    )


def test_deltas_come_as_they_are_written() -> None:
    told = [event.text for event in events(WHOLE_STREAM) if isinstance(event, Delta)]
    assert told == ["h", "m", "Loo", "k: é", "n", "o", '{"a"', ": 1}", "text", "(1);"]


def without(stream: bytes, *endings: str) -> bytes:
    """A stream without the events whose names end so."""
    pieces = [piece + b"\n\n" for piece in stream.split(b"\n\n") if piece]
    return b"".join(piece for piece in pieces if not piece.split(b"\n")[0].decode().endswith(endings))


@pytest.mark.parametrize(
    "missing",
    [
        (".delta",),
        ("text.done", "arguments.done", "refusal.done", "input.done"),
        ("item.added",),
        ("content_part.added", "content_part.done"),
        ("item.done",),
        ("item.added", "item.done"),
        (".delta", "item.done", "annotation.added"),
        (".delta", ".added", ".done"),
        ("response.created", "in_progress"),
    ],
)
@pytest.mark.parametrize("stream", [WHOLE_STREAM, REASONED])
def test_what_a_server_leaves_out_is_found_elsewhere(stream: bytes, missing: tuple[str, ...]) -> None:
    whole, cut = answer(stream), answer(without(stream, *missing))
    assert plain(cut) == plain(whole)
    assert (cut.stop, cut.usage) == (whole.stop, whole.usage)


def plain(found: Response) -> list[Any]:
    return [part.raw if isinstance(part, Foreign) else part for part in found.parts]


def test_what_is_told_again_is_told_once() -> None:
    again = WHOLE_STREAM.replace(
        b"event: response.completed", done(ANSWER["output"][1], 1) + b"event: response.completed"
    )
    assert plain(answer(again)) == plain(answer(WHOLE_STREAM))


def test_a_whole_answer_reads_the_same() -> None:
    whole = TRANSLATOR.decode_answer(json.dumps(ANSWER).encode(), "openai")
    assert [type(part) for part in whole.parts] == [type(part) for part in answer(WHOLE_STREAM).parts]
    assert (whole.stop, whole.usage, whole.id, whole.created) == (
        Stop.TOOL_USE,
        answer(STREAM).usage,
        "resp_1",
        1700000000,
    )


def test_a_call_without_arguments_is_still_a_call() -> None:
    bare = {**CALL, "arguments": ""}
    (call,) = answer(CREATED, added(bare), done(bare), completed(bare)).parts
    assert call == ToolCall("c", "ls", "")


def test_arguments_that_are_an_object() -> None:
    odd = {**CALL, "arguments": {"a": 1}}
    (call,) = answer(CREATED, done(odd), completed(odd)).parts
    assert call == ToolCall("c", "ls", '{"a":1}')


def test_a_call_without_a_name_waits_until_it_has_one() -> None:
    delta = sse("response.function_call_arguments.delta", 2, output_index=0, delta='{"a"')
    (call,) = answer(CREATED, added({"type": "function_call"}), delta, done(CALL), completed(CALL)).parts
    assert call == ToolCall("c", "ls", '{"a":1}')


def test_a_tool_search_of_the_client_is_a_call() -> None:
    search = {
        "type": "tool_search_call",
        "id": "t",
        "call_id": "c",
        "execution": "client",
        "arguments": {"query": "q"},
    }
    # OpenAI was seen to announce it with another id than it has in the end.
    early = {**search, "call_id": "other", "arguments": {}}
    (call,) = answer(CREATED, added(early), done(search), completed(search)).parts
    assert call == ToolCall("c", "tool_search", '{"query":"q"}', CallKind.SEARCH)


def test_namespaces_of_calls() -> None:
    spaced = {**CALL, "namespace": "functions"}
    (call,) = answer(CREATED, added({**spaced, "arguments": ""}), done(spaced), completed(spaced)).parts
    assert call == ToolCall("c", "ls", '{"a":1}', namespace="functions")


HOSTED = [
    {"type": "web_search_call", "id": "ws"},
    {"type": "file_search_call", "id": "fs", "queries": ["q"]},
    {"type": "code_interpreter_call", "id": "ci", "code": "1"},
    {"type": "image_generation_call", "id": "ig", "result": "aGk="},
    {"type": "mcp_call", "id": "mc", "name": "n", "arguments": "{}"},
    {"type": "mcp_list_tools", "id": "ml", "tools": []},
    {"type": "tool_search_call", "id": "ts", "arguments": {}},
]


@pytest.mark.parametrize("item", HOSTED, ids=lambda item: item["type"])
def test_tools_of_the_vendor_are_never_calls_of_the_client(item: dict[str, Any]) -> None:
    progress = sse("response.web_search_call.searching", 3, output_index=0, item_id="x")
    found = answer(CREATED, added(item), progress, done(item), completed(item))
    (part,) = found.parts
    assert isinstance(part, Foreign)
    assert (part.server, part.raw, found.stop) == (True, item, Stop.END)


def test_a_call_only_openai_knows_is_one_the_client_answers() -> None:
    item = {"type": "local_shell_call", "id": "ls", "call_id": "c", "action": {"command": ["ls"]}}
    found = answer(CREATED, done(item), completed(item))
    (part,) = found.parts
    assert isinstance(part, Foreign)
    assert (part.server, found.stop) == (False, Stop.TOOL_USE)


@pytest.mark.parametrize(
    ("status", "reason", "stop"),
    [
        ("incomplete", "max_output_tokens", Stop.MAX_TOKENS),
        ("incomplete", "content_filter", Stop.REFUSAL),
        ("incomplete", "max_tool_calls", Stop.PAUSE),
        ("incomplete", "new", Stop.OTHER),
        ("incomplete", None, Stop.OTHER),
        ("cancelled", None, Stop.OTHER),
        ("completed", None, Stop.TOOL_USE),
    ],
)
def test_why_it_ended(status: str, reason: str | None, stop: Stop) -> None:
    details = None if reason is None else {"reason": reason}
    found = answer(CREATED, done(CALL), completed(CALL, status=status, incomplete_details=details))
    assert (found.stop, found.stop_word) == (stop, reason or status)
    assert found.usage.input == 200


def test_a_refusal_is_why_it_ended() -> None:
    item = {**MESSAGE, "content": [{"type": "refusal", "refusal": "no"}]}
    found = answer(CREATED, done(item), completed(item))
    assert (found.parts, found.stop) == ((Refusal("no"),), Stop.REFUSAL)


@pytest.mark.parametrize(
    ("event", "kind", "words"),
    [
        (
            sse("response.failed", 2, response=response("failed", error={"code": "server_error", "message": "w"})),
            FailureKind.STREAM_ERROR,
            "w",
        ),
        (
            sse(
                "response.failed", 2, response=response("failed", error={"code": "rate_limit_exceeded", "message": "w"})
            ),
            FailureKind.RATE_LIMITED,
            "w",
        ),
        (
            sse("error", 2, code="context_length_exceeded", message="too long", param=None),
            FailureKind.CONTEXT_OVERFLOW,
            "too long",
        ),
        (sse("error", 2, error={"type": "slow_down", "message": "w"}), FailureKind.OVERLOADED, "w"),
        (sse("error", 2), FailureKind.STREAM_ERROR, ""),
    ],
)
def test_failures_keep_the_upstreams_words(event: bytes, kind: FailureKind, words: str) -> None:
    found = events(BEGUN, event, COMPLETED)
    failed = found[-1]
    assert isinstance(failed, Failed)
    assert (failed.failure.kind, failed.message) == (kind, words)
    assert not any(isinstance(event, Done | Finish) for event in found)


def test_a_failed_response_tells_what_it_cost() -> None:
    event = sse("response.failed", 2, response=response("failed", error={"message": "w"}, usage=USAGE))
    assert any(isinstance(told, Counted) and told.usage.input == 200 for told in events(event))


@pytest.mark.parametrize("stream", [b"", CREATED, BEGUN])
def test_a_broken_stream_is_named(stream: bytes) -> None:
    failed = events(stream)[-1]
    assert isinstance(failed, Failed)
    assert failed.failure.kind is FailureKind.TRUNCATED_STREAM


def test_nothing_is_told_after_the_end() -> None:
    decoder = TRANSLATOR.stream_decoder("openai")
    assert isinstance(decoder.feed(WHOLE_STREAM)[-1], Done)
    assert decoder.feed(STREAM) == []
    assert decoder.finish() == []


def test_items_that_all_claim_the_same_place() -> None:
    other = {**CALL, "id": "fc_2", "call_id": "d"}
    found = answer(
        CREATED,
        added({**CALL, "arguments": ""}),
        done(CALL),
        added({**other, "arguments": ""}),
        done(other),
        completed(CALL, other),
    )
    assert [part.id for part in found.parts if isinstance(part, ToolCall)] == ["c", "d"]


def test_comments_odd_lines_and_a_byte_order_mark() -> None:
    odd = b"\xef\xbb\xbf" + WHOLE_STREAM.replace(b"data: {", b": OPENROUTER PROCESSING\ndata: {\ndata: ", 3)
    assert plain(answer(odd + b"data: [DONE]\n\n")) == plain(answer(WHOLE_STREAM))


def test_names_of_events_are_not_needed() -> None:
    bare = b"\n".join(line for line in WHOLE_STREAM.split(b"\n") if not line.startswith(b"event:"))
    assert plain(answer(bare)) == plain(answer(WHOLE_STREAM))


def test_half_a_character_does_not_lose_the_event() -> None:
    cut = b'data: {"type":"response.output_text.delta","output_index":0,"delta":"a\\ud83d"}\n\n'
    assert Delta(0, "a\ufffd") in events(cut)
    raw = b'data: {"type":"response.output_text.delta","output_index":0,"delta":"a\xff"}\n\n'
    assert Delta(0, "a\ufffd") in events(raw)


def test_citations_are_told_where_only_the_item_has_them() -> None:
    item = {
        **MESSAGE,
        "content": [{"type": "output_text", "text": "x", "annotations": [{"type": "url_citation", "url": "u"}]}],
    }
    told = [event for event in events(CREATED, done(item), completed(item)) if isinstance(event, Cite)]
    assert [event.citation.url for event in told] == ["u"]


def test_reasoning_of_which_nothing_is_known_is_nothing() -> None:
    item = {"type": "reasoning", "id": "rs", "summary": []}
    assert answer(CREATED, added(item), done(item), completed(item)).parts == ()


def test_open_reasoning_is_told_once() -> None:
    item = {
        "type": "reasoning",
        "id": "rs",
        "summary": [{"type": "summary_text", "text": "short"}],
        "content": [{"type": "reasoning_text", "text": "long"}],
    }
    thought = sse("response.reasoning_text.delta", 2, output_index=0, content_index=0, delta="long")
    short = sse("response.reasoning_summary_text.delta", 3, output_index=0, summary_index=0, delta="short")
    assert answer(CREATED, added(item), thought, short, done(item), completed(item)).parts == (Thinking("long"),)
    assert answer(CREATED, done(item), completed(item)).parts == (Thinking("short"),)


def test_the_first_events_tell_who_answers() -> None:
    start, opened = events(STREAM)[:2]
    assert start == Start("resp_1", "gpt-x", 1700000000)
    assert isinstance(opened, Open)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"output": 5}', b'{"output": [], "error": {"message": "x"}}'])
def test_what_is_no_answer(body: bytes) -> None:
    with pytest.raises(ValueError, match="response"):
        TRANSLATOR.decode_answer(body, "openai")

"""gate.protocols.openai_chat.decode_stream: every vendor's stream, as well-formed canonical events."""

from __future__ import annotations

from typing import Any

import pytest

from gate.core.failure import FailureKind
from gate.core.usage import Usage
from gate.protocols.canonical.answer import Close, Counted, Delta, Done, Finish, Open, Start, Stop
from gate.protocols.canonical.parts import (
    CallKind,
    Citation,
    Foreign,
    Media,
    MediaKind,
    Opaque,
    Refusal,
    Text,
    Thinking,
    ToolCall,
)
from tests.protocols.openai_chat.shapes import BODY, DONE, ROLE, STREAM, USAGE, USAGE_ONLY, chunk, sse
from tests.protocols.openai_chat.translating import call, calls, failed, stream, whole

END = chunk({}, "stop") + DONE


def test_the_usual_stream() -> None:
    assert stream(STREAM, closed=False) == [
        Start("chatcmpl-1", "gpt-x", 1),
        Open(0, Text("")),
        Delta(0, "hé"),
        Close(0),
        Open(1, ToolCall("call_1", "ls")),
        Delta(1, '{"a":1}'),
        Counted(Usage(input=200, output=25, cache_read=50, reasoning=5)),
        Close(1),
        Finish(Stop.TOOL_USE, "tool_calls"),
        Done(),
    ]


def test_missing_done_is_no_failure_after_a_finish_reason() -> None:
    assert whole(BODY).stop is Stop.TOOL_USE


def test_done_without_a_finish_reason_ends_what_was_said() -> None:
    found = whole(ROLE, chunk({"content": "x"}), DONE)
    assert (found.stop, found.stop_word, found.parts) == (Stop.END, None, (Text("x"),))


@pytest.mark.parametrize("said", [b"", ROLE, ROLE + chunk({"content": "x"}), DONE, ROLE + DONE, b": c\n\n"])
def test_a_stream_that_stops_early_is_truncated(said: bytes) -> None:
    assert failed(said).failure.kind is FailureKind.TRUNCATED_STREAM


def test_nothing_follows_the_end() -> None:
    assert stream(STREAM, chunk({"content": "late"}), DONE) == stream(STREAM)


@pytest.mark.parametrize("unsaid", ["", "null"])
def test_a_finish_reason_that_says_nothing(unsaid: str) -> None:
    found = whole(ROLE, chunk({"content": "a"}, unsaid), chunk({"content": "b"}), END)
    assert (found.parts, found.stop_word) == ((Text("ab"),), "stop")


def test_content_after_the_finish_reason_arrives() -> None:
    assert whole(ROLE, chunk({"content": "a"}, "stop"), chunk({"content": "b"}), DONE).parts == (Text("ab"),)


@pytest.mark.parametrize(
    ("word", "called", "stop"),
    [
        ("stop", False, Stop.END),
        ("stop", True, Stop.TOOL_USE),
        ("length", True, Stop.MAX_TOKENS),
        ("length", False, Stop.MAX_TOKENS),
        ("tool_calls", True, Stop.TOOL_USE),
        ("function_call", True, Stop.TOOL_USE),
        ("tool_calls", False, Stop.END),
        ("content_filter", False, Stop.REFUSAL),
        ("model_length", False, Stop.CONTEXT_FULL),
        ("insufficient_system_resource", False, Stop.OTHER),
        ("STOP", False, Stop.END),
        ("some_new_word", False, Stop.OTHER),
    ],
)
def test_why_it_stopped(word: str, called: bool, stop: Stop) -> None:
    piece = call(0, "c", "f", "{}") if called else chunk({"content": "x"})
    found = whole(ROLE, piece, chunk({}, word), DONE)
    assert (found.stop, found.stop_word) == (stop, word)


@pytest.mark.parametrize(
    ("members", "stop", "met"),
    [
        ({"native_finish_reason": "stop_sequence"}, Stop.STOP_SEQUENCE, None),
        ({"native_finish_reason": "refusal"}, Stop.REFUSAL, None),
        ({"native_finish_reason": "end_turn"}, Stop.END, None),
        ({"stop_reason": "\n\n"}, Stop.STOP_SEQUENCE, "\n\n"),
        ({"stop_reason": 2}, Stop.END, None),
        ({"stop_reason": None}, Stop.END, None),
    ],
)
def test_finer_words_for_why_it_stopped(members: dict[str, Any], stop: Stop, met: str | None) -> None:
    last = sse(choices=[{"index": 0, "delta": {}, "finish_reason": "stop", **members}])
    found = whole(ROLE, chunk({"content": "x"}), last, DONE)
    assert (found.stop, found.stop_sequence, found.stop_word) == (stop, met, "stop")


def test_empty_deltas_open_nothing() -> None:
    empty = {"role": "assistant", "content": None, "tool_calls": [], "refusal": None, "reasoning_content": ""}
    events = stream(chunk(empty), chunk({"content": ""}), chunk({}), chunk({"reasoning_details": []}), closed=False)
    assert events == [Start("chatcmpl-1", "gpt-x", 1)]


def test_thinking_text_and_refusal_are_blocks_of_their_own() -> None:
    pieces = [{"reasoning_content": "a"}, {"reasoning_content": "b"}, {"content": "c"}, {"refusal": "d"}]
    found = whole(ROLE, *map(chunk, pieces), chunk({"reasoning": "e"}), END)
    assert found.parts == (Thinking("ab"), Text("c"), Refusal("d"), Thinking("e"))


@pytest.mark.parametrize("member", ["reasoning_content", "reasoning"])
def test_thinking_in_either_member(member: str) -> None:
    assert whole(chunk({member: "x"}), chunk({"content": "y"}), END).parts == (Thinking("x"), Text("y"))


def test_thinking_told_in_both_members_is_told_once() -> None:
    found = whole(chunk({"reasoning_content": "x", "reasoning": "x"}), chunk({"content": "y"}), END)
    assert found.parts[0] == Thinking("x")


def test_openrouters_details_keep_what_has_to_come_back() -> None:
    text = {"type": "reasoning.text", "index": 0, "format": "anthropic-claude-v1"}
    found = whole(
        chunk({"reasoning": "ab", "reasoning_details": [{**text, "text": "ab"}]}),
        chunk({"reasoning": "c", "reasoning_details": [{**text, "text": "c"}]}),
        chunk({"reasoning_details": [{**text, "signature": "sig=="}]}),
        chunk({"reasoning_details": [{"type": "reasoning.encrypted", "data": "zzz", "id": "call_1", "index": 1}]}),
        chunk({"content": "y"}),
        END,
    )
    signed = '{"type":"reasoning.text","index":0,"format":"anthropic-claude-v1","signature":"sig=="}'
    sealed = '{"type":"reasoning.encrypted","data":"zzz","id":"call_1","index":1}'
    assert found.parts == (
        Thinking("abc", Opaque("openrouter", "reasoning_detail", signed)),
        Thinking("", Opaque("openrouter", "reasoning_detail", sealed)),
        Text("y"),
    )


def test_another_detail_is_another_block() -> None:
    one = {"type": "reasoning.summary", "summary": "a", "index": 0}
    found = whole(chunk({"reasoning_details": [one, {**one, "summary": "b", "index": 1}]}), END)
    assert [part.text for part in found.parts if isinstance(part, Thinking)] == ["a", "b"]


def test_a_tool_openrouter_ran_is_no_call() -> None:
    ran = {"type": "reasoning.server_tool_call", "tool_name": "t", "arguments": "{}", "result": "r"}
    (part,) = whole(chunk({"reasoning_details": [ran]}), END).parts
    assert isinstance(part, Foreign)
    assert part.server


def test_mistrals_content_is_a_list() -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    reference = {"type": "reference", "reference_ids": [3]}
    found = whole(
        chunk({"content": [thinking]}),
        chunk({"content": [{"type": "text", "text": "so"}, reference]}),
        chunk({"content": " it is"}),
        END,
    )
    assert [type(part) for part in found.parts] == [Thinking, Text]
    assert isinstance(found.parts[1], Text)
    assert found.parts[1].text == "so it is"
    assert [citation.raw for citation in found.parts[1].citations] == [reference]


def test_annotations_are_citations_of_the_text() -> None:
    cited = {"url": "https://a", "title": "A", "start_index": 1, "end_index": 2, "content": "c"}
    annotation = {"type": "url_citation", "url_citation": cited}
    (part,) = whole(chunk({"content": "x"}), chunk({"annotations": [annotation]}), END).parts
    assert isinstance(part, Text)
    (found,) = part.citations
    assert isinstance(found, Citation)
    assert (found.url, found.title, found.text, found.start, found.end) == ("https://a", "A", "c", 1, 2)


def test_perplexitys_sources_are_citations_once() -> None:
    sources = {"citations": ["https://a", "https://b"]}
    (part,) = whole(chunk({"content": "x"}, **sources), chunk({"content": "y"}, **sources), END).parts
    assert isinstance(part, Text)
    assert [citation.url for citation in part.citations] == ["https://a", "https://b"]


def test_a_text_with_citations_of_its_own_gets_no_sources() -> None:
    annotation = {"type": "url_citation", "url_citation": {"url": "https://a", "title": "A"}}
    (part,) = whole(chunk({"content": "x", "annotations": [annotation]}, citations=["https://b"]), END).parts
    assert isinstance(part, Text)
    assert [citation.url for citation in part.citations] == ["https://a"]


def test_pictures_sound_and_tools_the_vendor_ran() -> None:
    found = whole(
        chunk({"images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}}]}),
        chunk({"audio": {"id": "a1", "transcript": "he"}}),
        chunk({"audio": {"data": "AAA"}}),
        chunk({"audio": {"data": "BBB", "transcript": "y"}}),
        chunk({"executed_tools": [{"index": 0, "type": "search", "arguments": "{}"}]}),
        chunk({"executed_tools": [{"index": 0, "type": "search", "arguments": "{}", "output": "o"}]}),
        END,
    )
    picture, text, ran = found.parts[0], found.parts[1], found.parts[3]
    sound = found.parts[2]
    assert isinstance(picture, Media)
    assert (picture.kind, picture.media_type, picture.data) == (MediaKind.IMAGE, "image/png", "QUJD")
    assert text == Text("hey")
    assert isinstance(sound, Media)
    assert (sound.kind, sound.data) == (MediaKind.AUDIO, "AAABBB")
    assert isinstance(ran, Foreign)
    assert (ran.server, ran.raw["output"]) == (True, "o")
    assert found.stop is Stop.END


def test_usage_wherever_it_comes() -> None:
    told = Usage(input=200, output=25, cache_read=50, reasoning=5)
    said = chunk({"content": "x"})
    assert whole(ROLE, said, END).usage == Usage()
    assert whole(ROLE, said, chunk({}, "stop"), USAGE_ONLY, DONE).usage == told
    assert whole(ROLE, said, chunk({}, "stop", usage=USAGE), DONE).usage == told
    assert whole(ROLE, said, chunk({}, "stop", x_groq={"id": "r", "usage": USAGE}), DONE).usage == told
    assert whole(ROLE, said, chunk({}, "stop"), sse(choices=[], usage=USAGE)).usage == told


def test_usage_in_every_chunk_is_told_when_it_changes() -> None:
    once = {"prompt_tokens": 5, "completion_tokens": 1}
    more = {"prompt_tokens": 5, "completion_tokens": 2}
    events = stream(
        chunk({"content": "a"}, usage=once), chunk({"content": "b"}, usage=once), chunk({}, "stop", usage=more), DONE
    )
    counted = [event.usage.output for event in events if isinstance(event, Counted)]
    assert counted == [1, 2]


def test_the_first_choice_is_the_answer() -> None:
    found = whole(
        chunk({"content": "a"}),
        chunk({"content": "other"}, index=1),
        chunk({}, "length", index=1),
        chunk({"content": "b"}),
        END,
    )
    assert (found.parts, found.stop) == ((Text("ab"),), Stop.END)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"error": {"code": 429, "message": "slow down"}}, FailureKind.RATE_LIMITED),
        ({"error": {"message": "slow down", "type": "overloaded_error"}}, FailureKind.OVERLOADED),
        ({"error": "slow down"}, FailureKind.STREAM_ERROR),
        ({"object": "error", "message": "slow down", "type": "BadRequestError", "code": 400}, FailureKind.STREAM_ERROR),
        ({"choices": [], "x_groq": {"error": "slow down"}}, FailureKind.STREAM_ERROR),
        (
            {"choices": [{"index": 0, "delta": {}, "finish_reason": "error", "error": {"message": "slow down"}}]},
            FailureKind.STREAM_ERROR,
        ),
        (
            {
                "error": {"code": 502, "message": "slow down"},
                "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}],
            },
            FailureKind.STREAM_ERROR,
        ),
    ],
)
def test_an_error_inside_the_stream(error: dict[str, Any], kind: FailureKind) -> None:
    events = stream(ROLE, chunk({"content": "x"}), sse(**error), chunk({"content": "y"}), DONE)
    found = failed(ROLE, chunk({"content": "x"}), sse(**error), DONE)
    assert (found.failure.kind, found.message) == (kind, "slow down")
    assert Delta(0, "y") not in events


def test_an_error_in_a_list() -> None:
    found = failed(ROLE, b'data: [{"error": {"code": 503, "message": "busy", "status": "UNAVAILABLE"}}]\n\n')
    assert (found.failure.kind, found.message) == (FailureKind.OVERLOADED, "busy")


def test_an_error_event_by_name() -> None:
    found = failed(ROLE, b'event: error\ndata: {"error": {"message": "no", "type": "server_error"}}\n\n')
    assert found.message == "no"


def test_ended_for_an_error_without_saying_which() -> None:
    assert failed(ROLE, chunk({"content": "x"}, "error"), DONE).failure.kind is FailureKind.STREAM_ERROR


def test_a_custom_tools_call() -> None:
    first = {"index": 0, "id": "c", "type": "custom", "custom": {"name": "patch", "input": ""}}
    more = {"index": 0, "custom": {"input": "*** Begin"}}
    found = calls(chunk({"tool_calls": [first]}), chunk({"tool_calls": [more]}))
    assert found == [ToolCall("c", "patch", "*** Begin", CallKind.CUSTOM)]


def test_the_old_function_call() -> None:
    found = calls(
        chunk({"function_call": {"name": "ls", "arguments": ""}}), chunk({"function_call": {"arguments": '{"a":1}'}})
    )
    assert found == [ToolCall("", "ls", '{"a":1}')]


def test_googles_signature_comes_with_the_call() -> None:
    piece = {
        "index": 0,
        "id": "c",
        "function": {"name": "f", "arguments": "{}"},
        "extra_content": {"google": {"thought_signature": "c2ln"}},
    }
    (found,) = calls(chunk({"tool_calls": [piece]}), vendor="google")
    assert found.opaque == Opaque("google", "thought_signature", "c2ln")

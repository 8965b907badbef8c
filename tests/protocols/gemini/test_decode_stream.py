"""gate.protocols.gemini.decode_stream: Gemini's chunks and whole answers as canonical events."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.core.dialect import Dialect
from gate.core.failure import FailureKind
from gate.core.usage import Usage
from gate.protocols.canonical.answer import Close, Counted, Done, Event, Failed, Finish, Open, Response, Start, Stop
from gate.protocols.canonical.events import folded
from gate.protocols.canonical.parts import Citation, Foreign, Media, MediaKind, Opaque, Text, Thinking, ToolCall
from gate.protocols.gemini import TRANSLATOR
from gate.protocols.sse import EventSplitter
from tests.protocols import reading
from tests.protocols.gemini.shapes import CALL, COUNTS, STREAM, WHOLE, answer, chunk, events, response, sse
from tests.protocols.json_text import values

UNSIGNED = Opaque("google", "thought_signature", "")
SIGNED = Opaque("google", "thought_signature", "c2lnbmVk")
USAGE = Usage(input=200, output=25, cache_read=50, reasoning=5)
SAID = Response(
    "resp-1",
    "gemini-3.8-flash",
    (
        Thinking("Let me see", UNSIGNED),
        Text("Hello é"),
        ToolCall("fc-1", "Bash", '{"command":"ls"}', opaque=SIGNED),
        ToolCall("fc-2", "Read", "{}"),
        Thinking("", Opaque("google", "thought_signature", "ZW5k")),
    ),
    Stop.TOOL_USE,
    USAGE,
    stop_word="STOP",
)


def told(*chunks: bytes) -> Response:
    return folded(events(b"".join(chunks)))


def well_formed(found: list[Event]) -> None:
    """What `gate.protocols.translation.StreamDecoder` promises."""
    assert isinstance(found[0], Start | Failed)
    assert isinstance(found[-1], Done | Failed)
    open_now: set[int] = set()
    used: set[int] = set()
    finished = False
    for place, event in enumerate(found):
        assert isinstance(event, Start) == (place == 0) or isinstance(found[0], Failed)
        if isinstance(event, Open):
            assert event.index not in used
            used.add(event.index)
            open_now.add(event.index)
        elif isinstance(event, Close):
            open_now.remove(event.index)
        elif isinstance(event, Finish):
            assert not open_now
            finished = True
        elif isinstance(event, Done):
            assert finished
        else:
            index = getattr(event, "index", None)
            assert index is None or index in open_now
            assert not finished or isinstance(event, Counted)


def test_a_stream_and_the_whole_answer_say_the_same() -> None:
    well_formed(events(STREAM))
    assert folded(events(STREAM)) == SAID
    assert response(WHOLE) == SAID


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 300), max_size=30), st.booleans())
def test_any_chunking_decodes_the_same(sizes: list[int], crlf: bool) -> None:
    stream = STREAM if crlf else STREAM.replace(b"\r\n", b"\n")
    decoder, splitter = TRANSLATOR.stream_decoder("google"), EventSplitter()
    found: list[Event] = []
    for piece in reading.cut(stream, sizes):
        found += decoder.feed(splitter.feed(piece))
    assert [*found, *decoder.finish()] == events(STREAM)


def test_usage_comes_with_the_start_and_is_replaced() -> None:
    found = events(STREAM)
    assert isinstance(found[0], Start)
    assert found[0].usage == Usage(input=200, output=0)
    assert [event.usage for event in found if isinstance(event, Counted)][-1] == USAGE


def test_a_finish_reason_in_every_chunk() -> None:
    """As the older models send them."""
    found = told(chunk([{"text": "a"}], "STOP"), chunk([{"text": "b"}], "STOP"))
    assert found.parts == (Text("ab"),)


def test_counts_after_the_finish_reason() -> None:
    later = {"usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 2, "totalTokenCount": 3}}
    assert told(chunk([{"text": "a"}], "STOP"), sse(later)).usage == Usage(input=1, output=2)


@pytest.mark.parametrize(
    ("word", "stop"),
    [
        ("STOP", Stop.END),
        ("MAX_TOKENS", Stop.MAX_TOKENS),
        ("CONTINUATION", Stop.MAX_TOKENS),
        ("SAFETY", Stop.REFUSAL),
        ("RECITATION", Stop.REFUSAL),
        ("BLOCKLIST", Stop.REFUSAL),
        ("PROHIBITED_CONTENT", Stop.REFUSAL),
        ("SPII", Stop.REFUSAL),
        ("IMAGE_SAFETY", Stop.REFUSAL),
        ("MODEL_ARMOR", Stop.REFUSAL),
        ("MALFORMED_FUNCTION_CALL", Stop.OTHER),
        ("UNEXPECTED_TOOL_CALL", Stop.OTHER),
        ("LANGUAGE", Stop.OTHER),
        ("OTHER", Stop.OTHER),
        ("SOMETHING_NEW", Stop.OTHER),
    ],
)
def test_why_it_ended(word: str, stop: Stop) -> None:
    found = told(chunk([{"text": "a"}], word))
    assert (found.stop, found.stop_word) == (stop, word)


def test_calls_that_were_cut_off_are_no_tool_use() -> None:
    assert told(chunk([CALL], "MAX_TOKENS")).stop is Stop.MAX_TOKENS
    assert told(chunk([CALL]), chunk([{"text": ""}], "STOP")).stop is Stop.TOOL_USE


def test_a_blocked_prompt_is_a_refusal() -> None:
    found = response({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 4}})
    assert (found.parts, found.stop, found.stop_word, found.usage.input) == ((), Stop.REFUSAL, "SAFETY", 4)


def test_calls_without_ids_or_arguments() -> None:
    found = told(chunk([{"functionCall": {"name": "f"}}], "STOP"))
    assert found.parts == (ToolCall("", "f", "{}"),)


def test_a_signed_thought_ends_there() -> None:
    first = {"text": "a", "thought": True, "thoughtSignature": "c2ln"}
    found = told(chunk([first]), chunk([{"text": "b", "thought": True}]), chunk([], "STOP"))
    assert found.parts == (
        Thinking("a", Opaque("google", "thought_signature", "c2ln")),
        Thinking("b", UNSIGNED),
    )


def test_the_signature_of_a_text_comes_after_it() -> None:
    signature = Thinking("", Opaque("google", "thought_signature", "ZW5k"))
    parts = ({"text": "a"}, {"text": "b", "thoughtSignature": "ZW5k"}, {"text": "c"})
    found = told(*(chunk([part]) for part in parts), chunk([], "STOP"))
    assert found.parts == (Text("ab"), signature, Text("c"))


def test_what_google_ran_is_no_call() -> None:
    code = {"executableCode": {"code": "1+1", "language": "PYTHON"}}
    output = {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "2"}}
    search = {"toolCall": {"toolType": "GOOGLE_SEARCH_WEB", "args": {}}}
    found = told(chunk([{"text": "a"}, code, output, search, {"text": "b"}], "STOP"))
    assert [type(part) for part in found.parts] == [Text, Foreign, Foreign, Foreign, Text]
    assert found.stop is Stop.END
    assert all(part.server for part in found.parts if isinstance(part, Foreign))


def test_pictures_and_the_unknown() -> None:
    blob = {"inlineData": {"mimeType": "image/png", "data": "AA"}}
    found = told(chunk([blob, {"newKind": {"a": 1}}], "STOP"))
    picture, new = found.parts
    assert picture == Media(MediaKind.IMAGE, "image/png", data="AA", raw=blob)
    assert new == Foreign(Dialect.GEMINI, "newKind", {"newKind": {"a": 1}})


GROUNDED: dict[str, Any] = {
    "groundingChunks": [{"web": {"uri": "https://a.example", "title": "A"}}, {"web": {"uri": "https://b.example"}}],
    "groundingSupports": [
        {"segment": {"startIndex": 0, "endIndex": 7, "text": "Grüße"}, "groundingChunkIndices": [0, 1]},
        {"segment": {"startIndex": 90, "endIndex": 99, "text": "Welt"}, "groundingChunkIndices": [1, 7, "x"]},
    ],
    "webSearchQueries": ["q"],
}


def test_grounding_is_cited_by_characters() -> None:
    found = told(chunk([{"text": "Grüße "}]), chunk([{"text": "Welt"}], "STOP", groundingMetadata=GROUNDED))
    text, extras = found.parts
    assert isinstance(text, Text)
    assert [(one.url, one.title, one.text, one.start, one.end) for one in text.citations[:3]] == [
        ("https://a.example", "A", "Grüße", 0, 5),
        ("https://b.example", None, "Grüße", 0, 5),
        ("https://b.example", None, "Welt", 6, 10),
    ]
    assert extras == Foreign(Dialect.GEMINI, "candidate", {"groundingMetadata": GROUNDED}, server=True)


def test_recitation_is_cited() -> None:
    source = {"startIndex": 2, "endIndex": 4, "uri": "https://a.example", "title": "A"}
    found = told(chunk([{"text": "abcdef"}], "STOP", citationMetadata={"citations": [source]}))
    assert isinstance(found.parts[0], Text)
    assert found.parts[0].citations == (Citation(Dialect.GEMINI, source, "https://a.example", "A", None, 2, 4),)


def test_only_the_first_candidate_counts() -> None:
    both = answer([{"text": "a"}], "STOP", COUNTS)
    both["candidates"].append({"index": 1, "content": {"parts": [{"text": "b"}]}, "finishReason": "STOP"})
    assert response(both).parts == (Text("a"),)


def test_an_error_in_the_stream() -> None:
    error = {"error": {"code": 429, "message": "Slow down", "status": "RESOURCE_EXHAUSTED"}}
    found = events(chunk([{"text": "a"}]) + sse(error) + chunk([{"text": "b"}], "STOP"))
    assert isinstance(found[-1], Failed)
    assert (found[-1].failure.kind, found[-1].message) == (FailureKind.RATE_LIMITED, "Slow down")


@pytest.mark.parametrize("stream", [b"", chunk([{"text": "a"}]), b"data: {}\n\n", b": comment\n\n"])
def test_a_stream_that_broke_off(stream: bytes) -> None:
    found = events(stream)
    assert isinstance(found[-1], Failed)
    assert found[-1].failure.kind is FailureKind.TRUNCATED_STREAM


def test_a_stream_without_sse_is_an_array() -> None:
    chunks = [answer([{"text": "a"}]), answer([{"text": "b"}], "STOP", COUNTS)]
    found = TRANSLATOR.decode_answer(json.dumps(chunks).encode(), "google")
    assert found.parts == (Text("ab"),)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"{}", b"[]", b'{"candidates": []}', b'{"error": {"message": "x"}}', b"3"]
)
def test_what_is_no_answer(body: bytes) -> None:
    with pytest.raises(ValueError):
        TRANSLATOR.decode_answer(body, "google")


def test_lone_surrogates_do_not_hide_a_chunk() -> None:
    stream = rb'data: {"candidates":[{"content":{"parts":[{"text":"a\ud83d"}]},"finishReason":"STOP"}]}' + b"\n\n"
    assert told(stream).parts == (Text("a\ufffd"),)


@settings(max_examples=300, deadline=None)
@given(st.lists(values, max_size=4), st.lists(st.binary(max_size=60), max_size=3))
def test_whatever_is_sent_the_events_are_well_formed(parts: list[str], garbage: list[bytes]) -> None:
    lines = [f'{{"candidates":[{{"content":{{"parts":[{part}]}},"finishReason":{part}}}]}}'.encode() for part in parts]
    lines += [f'{{"candidates":{part},"usageMetadata":{part},"promptFeedback":{part}}}'.encode() for part in parts]
    clean = [line.replace(b"\n", b" ").replace(b"\r", b" ") for line in (*lines, *garbage)]
    well_formed(events(b"".join(b"data: " + line + b"\n\n" for line in clean)))

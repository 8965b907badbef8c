"""Promises of the responses translator over all inputs: nothing raises, nothing depends on how bytes were cut, and what
it writes is what OpenAI's own client takes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gate.core.errors import GateError
from gate.protocols.canonical.answer import Close, Done, Event, Failed, Finish, Open, Response, Start, Stop
from gate.protocols.canonical.events import events_of, folded
from gate.protocols.canonical.parts import Part, Refusal, Text, Thinking, ToolCall, ToolResult
from gate.protocols.canonical.request import Request
from gate.protocols.canonical.sequence import Sequencer
from gate.protocols.openai_responses import TRANSLATOR
from gate.protocols.sse import EventSplitter, split_events
from tests.protocols import json_text, reading, vendor_sdks
from tests.protocols.openai_responses.canonical import AIM, MINT, answers, decode, encode, requests
from tests.protocols.openai_responses.shapes import ANSWER, REASONED, STREAM, WHOLE_STREAM

QUICK = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def decoded(chunks: list[bytes]) -> list[Event]:
    """The events of a stream, as the engine feeds it."""
    splitter, decoder = EventSplitter(), TRANSLATOR.stream_decoder("openai")
    events: list[Event] = []
    for chunk in chunks:
        whole = splitter.feed(chunk)
        if whole:
            events += decoder.feed(whole)
    return events + decoder.finish()


@QUICK
@given(st.sampled_from([STREAM, REASONED, WHOLE_STREAM]), st.lists(st.integers(1, 300), max_size=30), st.booleans())
def test_any_chunking_decodes_the_same(stream: bytes, sizes: list[int], crlf: bool) -> None:
    cut = reading.cut(stream.replace(b"\n", b"\r\n") if crlf else stream, sizes)
    assert decoded(cut) == decoded([stream])


def well_formed(events: list[Event]) -> None:
    """As `gate.protocols.translation.StreamDecoder` promises."""
    open_, seen = set[int](), set[int]()
    for at, event in enumerate(events):
        if isinstance(event, Start):
            assert at == 0
        elif isinstance(event, Open):
            assert event.index not in seen
            open_.add(event.index)
            seen.add(event.index)
        elif isinstance(event, Close):
            open_.remove(event.index)
        elif isinstance(event, Finish):
            assert not open_
        elif isinstance(event, Done | Failed):
            assert at == len(events) - 1
        elif hasattr(event, "index"):
            assert event.index in open_


PIECES = [*split_events(STREAM), *split_events(REASONED), *split_events(WHOLE_STREAM)]


@QUICK
@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=20) | st.just(b"data: {}\n\n"), max_size=14))
def test_no_stream_raises_and_every_one_is_well_formed(parts: list[bytes]) -> None:
    decoder = TRANSLATOR.stream_decoder("openai")
    events = [event for part in parts for event in decoder.feed(part)] + decoder.finish()
    well_formed(events)
    assert isinstance(events[-1], Done | Failed)
    encoder = TRANSLATOR.stream_encoder(decode(), MINT)
    encoder.encode([event for event in Sequencer().feed(events) if not isinstance(event, Failed)])


events_json = st.builds(
    lambda kind, members: b"data: " + json.dumps({**members, "type": kind}).encode() + b"\n\n",
    st.sampled_from(sorted({json.loads(piece.split(b"data: ")[1])["type"] for piece in PIECES})),
    st.dictionaries(
        st.sampled_from(["delta", "text", "item", "response", "output_index", "content_index", "error", "annotation"]),
        st.recursive(
            st.none() | st.booleans() | st.integers(-2, 3) | st.text(max_size=3),
            lambda inner: (
                st.lists(inner, max_size=2)
                | st.dictionaries(
                    st.sampled_from(["type", "id", "content", "output", "summary", "name"]), inner, max_size=3
                )
            ),
            max_leaves=6,
        ),
        max_size=4,
    ),
)


@QUICK
@given(st.lists(events_json, max_size=8))
def test_members_of_any_type_are_survived(parts: list[bytes]) -> None:
    decoder = TRANSLATOR.stream_decoder("openai")
    well_formed([event for part in parts for event in decoder.feed(part)] + decoder.finish())


@QUICK
@given(
    st.binary(max_size=80)
    | st.lists(st.tuples(json_text.unknown_keys, json_text.values)).map(lambda p: json_text.join(p, []))
)
def test_fuzzed_bodies_raise_only_what_is_promised(body: bytes) -> None:
    for read, promised in (
        (lambda: TRANSLATOR.decode_request(body, model="m", stream=False), GateError),
        (lambda: TRANSLATOR.decode_answer(body, "openai"), ValueError),
        (lambda: TRANSLATOR.decode_count(body), ValueError),
    ):
        try:
            read()
        except promised:
            pass


TYPES = [
    "message",
    "function_call",
    "custom_tool_call",
    "reasoning",
    "tool_search_output",
    "additional_tools",
    "namespace",
    "input_image",
    "input_file",
    "allowed_tools",
    "web_search",
    "shell_call",
    "client",
    "user",
]
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "role",
                    "content",
                    "id",
                    "call_id",
                    "name",
                    "arguments",
                    "input",
                    "output",
                    "tools",
                    "summary",
                    "encrypted_content",
                    "text",
                    "image_url",
                    "file_data",
                    "format",
                    "effort",
                    "annotations",
                    "environment",
                    "action",
                ]
            ),
            inner | st.sampled_from(TYPES),
            max_size=5,
        )
    ),
    max_leaves=15,
)
MEMBERS = ["input", "tools", "tool_choice", "reasoning", "text", "metadata", "include", "instructions", "temperature"]


@QUICK
@given(st.dictionaries(st.sampled_from(MEMBERS), json_values, max_size=5))
def test_requests_of_any_shape_are_read_and_written_again(members: dict[str, Any]) -> None:
    body = json.dumps({"model": "m", **members}).encode()
    try:
        request = TRANSLATOR.decode_request(body, model="m", stream=False)
    except GateError as error:
        assert error.message.startswith("input")
        return
    again = json.loads(TRANSLATOR.encode_request(request, AIM).body)
    if isinstance(members.get("input"), list):
        # A bare text among the items, which some send, is written as the message it stands for.
        items = [{"role": "user", "content": item} if isinstance(item, str) else item for item in members["input"]]
        assert again["input"] == items
    TRANSLATOR.encode_answer(Response("r", "m", (Text("x"),), Stop.END), request, MINT)


@QUICK
@given(requests)
def test_generated_requests_are_valid_for_the_sdk(request: Request) -> None:
    vendor_sdks.check_responses_request(encode(request))
    counted = TRANSLATOR.encode_count(request, AIM)
    assert counted is not None
    assert json.loads(counted.body).keys() <= {"model", "input", "instructions", "tools", "tool_choice", "text"} | {
        "reasoning",
        "parallel_tool_calls",
    }


@QUICK
@given(requests)
def test_every_part_of_a_request_arrives_or_is_lost(request: Request) -> None:
    encoded = TRANSLATOR.encode_request(request, AIM)
    sent = encoded.body.decode()
    lost = {loss.path for loss in encoded.losses}
    for message in request.messages:
        for at, part in enumerate(message.parts):
            path = f"{message.path}.content[{at}]"
            missing = [mark for mark in _marks(part) if json.dumps(mark, ensure_ascii=False)[1:-1] not in sent]
            assert not missing or any(found.startswith(path) for found in lost), (part, missing)


def _marks(part: Part) -> list[str]:
    """What has to stand in a body that carries this part."""
    match part:
        case Text() | Refusal() | Thinking():
            return [part.text]
        case ToolCall():
            return [part.id, *([part.name] if part.kind.value != "search" else [])]
        case ToolResult():
            return [part.id]
        case _:
            return []


def comparable(parts: tuple[Part, ...]) -> list[Any]:
    """What survives a way through this dialect, ids of items and marks of other dialects aside."""
    found: list[Any] = []
    for part in parts:
        match part:
            case Text() | Refusal() if part.text:
                found.append((type(part), part.text))
            case Thinking() if part.text or part.opaque is not None:
                token = None if part.opaque is None else (part.opaque.origin, part.opaque.data)
                found.append((Thinking, part.text, token))
            case ToolCall():
                arguments = json.loads(part.arguments) if part.kind.value == "search" else part.arguments
                found.append((ToolCall, part.id, part.kind, arguments, part.namespace))
            case _:
                pass
    return found


def back(body: bytes) -> Response:
    """An answer as a client sends it back in its next request: its tokens opened again."""
    items = json.loads(body)["output"]
    messages = decode(input=[{"role": "user", "content": "x"}, *items]).messages
    parts = tuple(part for message in messages[1:] for part in message.parts)
    return Response(None, None, parts, None)


@QUICK
@given(answers)
def test_an_answer_comes_back_with_the_next_request(answer: Response) -> None:
    body, _ = TRANSLATOR.encode_answer(answer, decode(), MINT)
    assert comparable(back(body).parts) == comparable(answer.parts)


@QUICK
@given(answers, st.sampled_from([Stop.END, Stop.TOOL_USE, Stop.STOP_SEQUENCE, Stop.PAUSE, Stop.OTHER]))
def test_the_sdk_puts_the_same_answer_together(answer: Response, stop: Stop) -> None:
    answer = replace(answer, stop=stop)
    events = events_of(answer)
    stream = TRANSLATOR.stream_encoder(decode(), MINT).encode(events)
    vendor_sdks.check_responses_events(stream)
    kinds, final = vendor_sdks.response_from(stream)
    assert kinds[:2] == ["response.created", "response.in_progress"]
    whole, _ = TRANSLATOR.encode_answer(answer, decode(), MINT)
    assert [item["type"] for item in final["output"]] == [item["type"] for item in json.loads(whole)["output"]]
    assert final["usage"]["input_tokens"] == answer.usage.input
    again = folded(decoded([stream]))
    assert [type(part) for part in again.parts] == [
        type(part) for part in TRANSLATOR.decode_answer(whole, "openai").parts
    ]
    assert comparable(again.parts) == comparable(TRANSLATOR.decode_answer(whole, "openai").parts)


def test_a_whole_answer_and_its_stream_are_the_same() -> None:
    whole = TRANSLATOR.decode_answer(json.dumps(ANSWER).encode(), "openai")
    streamed = folded(decoded([WHOLE_STREAM]))
    assert comparable(streamed.parts) == comparable(whole.parts)
    assert (streamed.stop, streamed.usage, streamed.id) == (whole.stop, whole.usage, whole.id)


@pytest.mark.parametrize("sizes", [[1] * 400, [7] * 100])
def test_byte_by_byte(sizes: list[int]) -> None:
    assert decoded(reading.cut(REASONED, sizes)) == decoded([REASONED])

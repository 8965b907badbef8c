"""Chat's translation holds for whatever is generated: chunkings, round trips, OpenAI's types, and plain noise."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gate.core.dialect import Operation
from gate.core.errors import GateError
from gate.core.profile import Quirks
from gate.protocols.canonical.answer import (
    Cite,
    Close,
    Delta,
    Done,
    Event,
    Failed,
    Finish,
    Open,
    Response,
    Sign,
    Start,
    Stop,
)
from gate.protocols.canonical.events import events_of, folded
from gate.protocols.canonical.parts import Media, Part, Text, Thinking, ToolCall, ToolResult
from gate.protocols.canonical.request import Request
from gate.protocols.canonical.sequence import sequenced
from gate.protocols.canonical.tools import prepare
from gate.protocols.openai_chat import CODEC, TRANSLATOR
from gate.protocols.openai_chat.translator import CANNOT
from gate.protocols.sse import EventSplitter
from gate.protocols.translation import Aim
from tests.protocols.openai_chat import made
from tests.protocols.openai_chat.sdk_types import answer_faults, request_faults
from tests.protocols.openai_chat.shapes import STREAM
from tests.protocols.openai_chat.translating import MINT, answer, bare, decoded, encoded, stream, written
from tests.protocols.reading import cut

often = settings(max_examples=100, deadline=None)
sizes = st.lists(st.integers(1, 60), max_size=40)


def read(chunks: list[bytes]) -> list[Event]:
    splitter, decoder = EventSplitter(), TRANSLATOR.stream_decoder("openrouter")
    events = [event for chunk in chunks for event in decoder.feed(splitter.feed(chunk))]
    return [*events, *decoder.finish()]


@often
@given(made.event_streams, sizes, st.booleans(), st.booleans())
def test_any_chunking_of_any_stream_decodes_the_same(said: bytes, at: list[int], crlf: bool, bom: bool) -> None:
    said = said.replace(b"\n", b"\r\n") if crlf else said
    said = b"\xef\xbb\xbf" + said if bom else said
    assert read(cut(said, at)) == read([said])


@often
@given(made.event_streams)
def test_every_stream_is_well_formed(said: bytes) -> None:
    """One start, pieces between the opening and closing of their block, then a finish and nothing else."""
    events = read([said])
    opened: dict[int, bool] = {}
    assert [isinstance(event, Start) for event in events[:-1]] in ([], [True, *[False] * (len(events) - 2)])
    for event in events:
        match event:
            case Open():
                assert event.index not in opened
                opened[event.index] = True
            case Delta() | Cite() | Sign() | Close():
                assert opened[event.index]
                opened[event.index] = not isinstance(event, Close)
            case Finish():
                assert not any(opened.values())
            case _:
                pass
    assert isinstance(events[-1], Done | Failed)
    if isinstance(events[-1], Done):
        assert isinstance(events[-2], Finish)
        written(sequenced(events))


@often
@given(made.wire_request)
def test_a_request_sent_on_in_chat_keeps_everything(body: dict[str, Any]) -> None:
    sent, losses = encoded(decoded(**body), model="m")
    assert losses == ()
    assert sent == body


def _stripped(request: Request) -> Request:
    """As after a transformer that touched every message."""
    return replace(request, messages=tuple(replace(message, raw=None) for message in request.messages))


@often
@given(made.wire_request)
def test_messages_written_anew_say_the_same(body: dict[str, Any]) -> None:
    request = decoded(**body)
    again = decoded(**encoded(_stripped(request), model="m")[0])
    for before, after in zip(request.messages, again.messages, strict=True):
        assert (after.role, after.name) == (before.role, before.name)
        assert sorted(map(repr, map(_bare, after.parts))) == sorted(map(repr, map(_bare, before.parts)))


def _bare(part: Part) -> Part:
    if isinstance(part, ToolResult):
        return replace(part, content=tuple(map(_bare, part.content)), raw=None)
    return part if not hasattr(part, "raw") or part.__class__.__name__ == "Foreign" else replace(part, raw=None)  # type: ignore[type-var]


@often
@given(made.foreign_requests, st.sampled_from(["openai", "groq"]))
def test_any_request_becomes_a_body_of_openais_types(request: Request, vendor: str) -> None:
    prepared = prepare(request, TRANSLATOR.tools)
    body, losses = encoded(prepared.request, vendor=vendor)
    assert request_faults(body) == []
    hurting = {loss.feature for loss in losses if loss.action.hurts}
    exempt = {"sampling", "parameters", "tool_choice", "other"}
    assert {feature.value for feature in hurting} - exempt <= {use.feature.value for use in CANNOT}


@often
@given(made.foreign_requests)
def test_every_text_call_and_link_arrives_or_is_a_loss(request: Request) -> None:
    body, losses = encoded(request, Quirks(), vendor="groq")
    lost = {loss.path for loss in losses}
    sent = json.dumps(body, ensure_ascii=False)
    for message in request.messages:
        for at, part in enumerate(message.parts):
            if f"{message.path}.content[{at}]" in lost and not isinstance(part, ToolResult):
                continue
            for text in _texts(part):
                assert json.dumps(text, ensure_ascii=False)[1:-1] in sent
    asked = [part for message in request.messages for part in message.parts]
    told = body["messages"]
    assert [part.id for part in asked if isinstance(part, ToolCall)] == [
        call["id"] for message in told for call in message.get("tool_calls", ())
    ]
    assert [part.id for part in asked if isinstance(part, ToolResult)] == [
        message["tool_call_id"] for message in told if message["role"] == "tool"
    ]


def _texts(part: Part) -> list[str]:
    if isinstance(part, ToolResult):
        return [text for inner in part.content for text in _texts(inner)]
    if isinstance(part, ToolCall):
        return [part.name, part.arguments]
    if isinstance(part, Thinking):
        return []
    if isinstance(part, Media):
        return [part.text] if part.text else []
    return [part.text] if part.text else []


ANSWERED = st.builds(
    lambda parts, stop: Response("r", "m", tuple(parts), stop, created=5),
    st.lists(
        st.builds(Text, made.spoken)
        | st.builds(Thinking, made.spoken)
        | st.builds(
            lambda name, said, at: ToolCall(f"c{at}", name, said), made.names, made.arguments, st.integers(0, 99)
        ),
        max_size=4,
        unique_by=lambda part: part.id if isinstance(part, ToolCall) else id(part),
    ),
    st.sampled_from([Stop.END, Stop.MAX_TOKENS, Stop.TOOL_USE, Stop.REFUSAL]),
)


@often
@given(ANSWERED)
def test_whole_and_streamed_answers_tell_a_client_the_same(response: Response) -> None:
    body, _ = answer(response)
    assert answer_faults(body) == []
    read_whole = bare(TRANSLATOR.decode_answer(json.dumps(body).encode(), "x"))
    out, _ = written(events_of(response), decoded(stream=True))
    read_stream = bare(folded(stream(out)))
    assert read_whole.stop == read_stream.stop
    for kind in (Text, Thinking):
        said = ["".join(part.text for part in one.parts if isinstance(part, kind)) for one in (read_whole, read_stream)]
        assert said[0] == said[1]
    calls = [[part for part in one.parts if isinstance(part, ToolCall)] for one in (response, read_whole, read_stream)]
    assert calls[0] == calls[1] == calls[2]
    assert "".join(part.text for part in response.parts if isinstance(part, Text)) == said_by(read_whole)


def said_by(response: Response) -> str:
    return "".join(part.text for part in response.parts if isinstance(part, Text))


NOISE = st.binary(max_size=60) | made.json_values.map(lambda value: json.dumps(value).encode())
REQUEST_NOISE = st.dictionaries(
    st.sampled_from(["model", "messages", "tools", "tool_choice", "stop", "reasoning", "response_format", "functions"]),
    made.json_values | st.lists(st.dictionaries(st.sampled_from(["role", "content", "tool_calls"]), made.json_values)),
).map(lambda body: json.dumps(body).encode())
ANSWER_NOISE = st.dictionaries(
    st.sampled_from(["choices", "usage", "id", "citations"]),
    made.json_values
    | st.lists(
        st.dictionaries(st.sampled_from(["message", "index", "finish_reason"]), made.json_values | made.objects)
    ),
).map(lambda body: json.dumps(body).encode())


@often
@given(NOISE | REQUEST_NOISE)
def test_noise_for_a_request_raises_only_gate_errors(body: bytes) -> None:
    with contextlib.suppress(GateError):
        request = TRANSLATOR.decode_request(body, model="m", stream=False)
        TRANSLATOR.encode_request(request, Aim("m", "openai"))
        TRANSLATOR.encode_request(_stripped(request), Aim("m", "openai"))
    with contextlib.suppress(GateError):
        CODEC.scan(body, Operation.CHAT)


@often
@given(NOISE | ANSWER_NOISE)
def test_noise_for_an_answer_raises_only_value_errors(body: bytes) -> None:
    with contextlib.suppress(ValueError):
        TRANSLATOR.decode_answer(body, "x")


@often
@given(st.lists(NOISE | ANSWER_NOISE, max_size=4), st.integers(0, len(STREAM)))
def test_noise_in_a_stream_raises_nothing(noise: list[bytes], at: int) -> None:
    decoder = TRANSLATOR.stream_decoder("x")
    for piece in (STREAM[:at], *(b"data: " + one + b"\n\n" for one in noise), STREAM[at:]):
        encoder = TRANSLATOR.stream_encoder(decoded(), MINT)
        events = sequenced([event for event in decoder.feed(piece) if not isinstance(event, Failed)])
        if events and isinstance(events[0], Start):
            encoder.encode(events)
    decoder.finish()

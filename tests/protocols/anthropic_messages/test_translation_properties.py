"""Messages' translation, generated: any chunking, nothing lost silently, nothing an upstream would refuse."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gate.core.errors import GateError
from gate.core.loss import Feature
from gate.protocols.anthropic_messages import TRANSLATOR
from gate.protocols.canonical.answer import (
    Cite,
    Close,
    Counted,
    Delta,
    Done,
    Event,
    Failed,
    Finish,
    Open,
    Sign,
    Start,
)
from gate.protocols.canonical.events import events_of, folded
from gate.protocols.canonical.parts import Part, Text, ToolCall, ToolResult
from gate.protocols.canonical.request import Request
from gate.protocols.canonical.sequence import sequenced
from gate.protocols.canonical.tools import prepare
from gate.protocols.sse import EventSplitter
from gate.protocols.translation import Aim
from tests.protocols.anthropic_messages import made
from tests.protocols.anthropic_messages.translating import events_in, faults, stream, written
from tests.protocols.reading import cut

often = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NEVER_SAID = ("tool_result", "image", "document")
"""Blocks that are only ever the user's."""
FREE = {Feature.SAMPLING, Feature.PARAMETERS, Feature.TOOL_CHOICE, Feature.OTHER}


def in_pieces(whole: bytes, sizes: list[int]) -> list[Event]:
    """As the engine does it."""
    decoder, splitter = TRANSLATOR.stream_decoder("anthropic"), EventSplitter()
    events: list[Event] = []
    for piece in cut(whole, sizes):
        events += decoder.feed(splitter.feed(piece))
    return [*events, *decoder.finish()]


@often
@given(made.streams, st.lists(st.integers(1, 200), max_size=20), st.booleans())
def test_any_chunking_of_any_stream_decodes_the_same(whole: bytes, sizes: list[int], crlf: bool) -> None:
    whole = whole.replace(b"\n", b"\r\n") if crlf else whole
    assert repr(in_pieces(whole, sizes)) == repr(stream(whole))


@often
@given(made.streams)
def test_the_events_of_any_stream_are_well_formed(whole: bytes) -> None:
    events = stream(whole)
    opened: set[int] = set()
    used: set[int] = set()
    finished = False
    for at, event in enumerate(events):
        match event:
            case Start():
                assert at == 0
            case Open():
                assert event.index not in used
                assert not finished
                opened.add(event.index)
                used.add(event.index)
            case Delta() | Cite() | Sign():
                assert event.index in opened
            case Close():
                opened.remove(event.index)
            case Finish():
                assert not opened
                finished = True
            case Counted():
                pass
            case Done() | Failed():
                assert at == len(events) - 1
                assert isinstance(event, Failed) or finished
    assert isinstance(events[-1], Done | Failed)


@often
@given(made.streams)
def test_what_a_client_gets_of_any_stream_reads_the_same(whole: bytes) -> None:
    told = sequenced(stream(whole))
    if isinstance(told[-1], Failed):
        return
    out, losses = written(told)
    assert losses == set()
    events_in(out)
    first, again = folded(told), folded(stream(out))
    assert [seen(part) for part in again.parts if seen(part)] == [seen(part) for part in first.parts if seen(part)]
    assert (again.stop, again.stop_sequence) == (first.stop, first.stop_sequence)
    assert (again.usage.input or 0, again.usage.output or 0) == (first.usage.input or 0, first.usage.output or 0)


def seen(part: Part) -> Any:
    """What must survive of a part; nothing of one that says nothing."""
    if isinstance(part, ToolCall):
        return part.id, part.name, part.arguments or "{}"
    if isinstance(part, Text):
        return part.text
    return json.dumps(part.raw, default=lambda raw: json.loads(bytes(raw))) if part.raw else getattr(part, "text", None)


@often
@given(made.bodies)
def test_a_request_of_this_dialect_keeps_everything(body: dict[str, Any]) -> None:
    request = TRANSLATOR.decode_request(json.dumps(body).encode(), model="m", stream=False)
    again = TRANSLATOR.encode_request(request, Aim("m", "anthropic"))
    assert (json.loads(again.body), again.losses) == (json.loads(json.dumps(body)), ())


@often
@given(made.requests, made.models)
def test_a_request_of_another_dialect_is_one_that_can_be_sent(request: Request, model: str) -> None:
    prepared = prepare(request, TRANSLATOR.tools)
    encoded = TRANSLATOR.encode_request(prepared.request, Aim(model, "anthropic"))
    body = json.loads(encoded.body)
    assert faults(body) == []
    check(body)
    carried(prepared.request, body, {loss.path for loss in (*prepared.losses, *encoded.losses)})
    known = {use.feature for use in TRANSLATOR.cannot} | FREE
    assert {loss.feature for loss in encoded.losses if loss.action.hurts} <= known


def check(body: dict[str, Any]) -> None:
    """What the API answers 400 to."""
    thinking = body.get("thinking", {})
    if thinking.get("type") == "enabled":
        assert 1024 <= thinking["budget_tokens"] < body["max_tokens"]
        assert "temperature" not in body
        assert body.get("tool_choice", {}).get("type") not in ("any", "tool")
    turns = body["messages"]
    assert turns[0]["role"] == "user"
    waiting: list[str] = []
    used: set[str] = set()
    for before, turn in zip([None, *turns], turns, strict=False):
        role, content = turn["role"], turn["content"]
        assert content
        assert before is None or before["role"] != role
        if role == "system":
            assert before is not None
            assert before["role"] == "user"
            continue
        results = [block["tool_use_id"] for block in content if block["type"] == "tool_result"]
        assert results == (waiting if role == "user" else [])
        assert [block["type"] for block in content[: len(results)]] == ["tool_result"] * len(results)
        waiting = [block["id"] for block in content if block["type"] == "tool_use"]
        assert all(re.fullmatch("[a-zA-Z0-9_-]+", call_id) for call_id in waiting)
        assert not used & set(waiting)
        used |= set(waiting)
        assert all(block["text"].strip() for block in content if block["type"] == "text")
    assert not waiting


def carried(request: Request, body: dict[str, Any], lost: set[str]) -> None:
    """Every text, call and result arrives or is reported."""
    sent = json.dumps([body["messages"], body.get("system")], ensure_ascii=False)
    for message in request.messages:
        for at, part in enumerate(message.parts):
            path = f"{message.path}.content[{at}]"
            if isinstance(part, Text) and part.text.strip():
                # A begun answer must not end in white space.
                assert json.dumps(part.text.rstrip(), ensure_ascii=False)[1:-1] in sent
            elif isinstance(part, ToolCall):
                assert f'"name": "{part.name}"' in sent
            elif isinstance(part, ToolResult):
                texts = [one.text for one in part.content if isinstance(one, Text) and one.text.strip()]
                assert all(json.dumps(text, ensure_ascii=False)[1:-1] in sent for text in texts)
                assert part.id in sent or path in lost


@often
@given(made.bodies)
def test_an_answer_both_ways(body: dict[str, Any]) -> None:
    """Blocks of an answer, whole and as a stream, come to the client the same."""
    content = [
        block for message in body["messages"] if isinstance(message["content"], list) for block in message["content"]
    ]
    said = [block for block in content if block["type"] not in NEVER_SAID]
    whole = {"type": "message", "id": "i", "model": "m", "content": said, "stop_reason": "end_turn", "usage": {}}
    response = TRANSLATOR.decode_answer(json.dumps(whole).encode(), "anthropic")
    out, losses = written(events_of(response))
    assert losses == set()
    streamed = folded(stream(out))
    assert [seen(part) for part in streamed.parts if seen(part)] == [
        seen(bare(part)) for part in response.parts if seen(bare(part))
    ]


def bare(part: Part) -> Part:
    """As a stream tells it."""
    (opened, *rest) = events_of(_response(part))[1:-3]
    return folded([Start(None, None), opened, *rest]).parts[0]


def _response(part: Part) -> Any:
    from gate.protocols.canonical.answer import Response

    return Response(None, None, (part,), None)


@often
@given(st.binary(max_size=60) | made.json_values.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_raise_anything_else(body: bytes) -> None:
    for read in (
        lambda: TRANSLATOR.decode_request(body, model="m", stream=False),
        lambda: TRANSLATOR.decode_answer(body, "anthropic"),
        lambda: TRANSLATOR.decode_count(body),
    ):
        try:
            read()
        except (GateError, ValueError) as error:
            assert str(error)
    assert stream(body + b"\n\n")


@often
@given(
    st.dictionaries(
        st.sampled_from(
            ["messages", "system", "tools", "tool_choice", "thinking", "output_config", "metadata", "stream"]
        ),
        made.json_values,
        max_size=4,
    )
)
def test_members_of_any_type_are_survived(body: dict[str, Any]) -> None:
    try:
        request = TRANSLATOR.decode_request(json.dumps(body).encode(), model="m", stream=False)
    except GateError as error:
        assert "role" in error.message
        return
    assert json.loads(TRANSLATOR.encode_request(request, Aim("m", "anthropic")).body)["model"] == "m"

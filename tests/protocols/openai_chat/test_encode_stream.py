"""gate.protocols.openai_chat.encode_stream: the complete chunk sequence, judged by OpenAI's own client."""

from __future__ import annotations

from typing import Any

from gate.core.dialect import Dialect
from gate.core.errors import ErrorCode, GateError
from gate.core.loss import Feature, Loss, LossAction
from gate.core.usage import Usage
from gate.protocols.canonical.answer import (
    Cite,
    Close,
    Counted,
    Delta,
    Done,
    Event,
    Finish,
    Open,
    Response,
    Sign,
    Start,
    Stop,
)
from gate.protocols.canonical.events import events_of, folded
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
from gate.protocols.canonical.request import Request
from gate.protocols.openai_chat import CODEC, TRANSLATOR
from tests.protocols.openai_chat.translating import MINT, bare, chunks_of, decoded, stream, written
from tests.protocols.vendor_sdks import chat_from

ASKED = decoded(stream=True, stream_options={"include_usage": True})
UNASKED = decoded(stream=True)
LEGACY = decoded(functions=[{"name": "f", "parameters": {}}])
START = Start("r1", "m1", 5)
ENDING: list[Event] = [Finish(Stop.END), Done()]
USED = Usage(input=10, output=4, cache_read=6)


def deltas(events: list[Event], request: Request = UNASKED) -> list[dict[str, Any]]:
    """What each chunk's one choice says more, the role and the end left out."""
    data = chunks_of(written([START, *events, *ENDING], request)[0])
    return [one["choices"][0]["delta"] for one in data[1:-2]]


def test_the_complete_sequence() -> None:
    events: list[Event] = [START, Open(0, Text("")), Delta(0, "hi"), Close(0), Counted(USED), *ENDING]
    out, losses = written(events, ASKED)
    data = chunks_of(out)
    head = {"id": "r1", "object": "chat.completion.chunk", "created": 5, "model": "m1"}

    def choice(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        one = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return {**head, "choices": [one], "usage": None}

    assert data[:3] == [
        choice({"role": "assistant", "content": "", "refusal": None}),
        choice({"content": "hi"}),
        choice({}, "stop"),
    ]
    assert {**data[3], "usage": None} == {**head, "choices": [], "usage": None}
    assert (data[3]["usage"]["prompt_tokens"], data[3]["usage"]["prompt_tokens_details"]["cached_tokens"]) == (10, 6)
    assert data[4:] == ["[DONE]"]
    assert losses == []


def test_usage_is_only_told_when_asked_for() -> None:
    data = chunks_of(written([START, Counted(USED), *ENDING], UNASKED)[0])
    assert len(data) == 3
    assert not any("usage" in one for one in data[:-1])
    assert len(chunks_of(written([START, *ENDING], ASKED)[0])) == 3  # nothing was reported


def test_one_id_time_and_model_through_the_stream() -> None:
    data = chunks_of(written([Start(None, None), Open(0, Text("")), Delta(0, "x"), Close(0), *ENDING])[0])
    assert {(one["id"], one["created"], one["model"]) for one in data[:-1]} == {("chatcmpl-ab12", MINT.now, "m")}


def test_calls_name_first_then_arguments() -> None:
    found = deltas(
        [
            Open(0, ToolCall("c1", "f")),
            Delta(0, '{"a"'),
            Delta(0, ":1}"),
            Close(0),
            Open(1, ToolCall("c2", "g")),
            Close(1),
            Open(2, ToolCall("c3", "h", kind=CallKind.CUSTOM)),
            Delta(2, "free"),
            Close(2),
        ]
    )
    assert found == [
        {
            "tool_calls": [
                {"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": ""}},
            ]
        },
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"a"'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": ":1}"}}]},
        {"tool_calls": [{"index": 1, "id": "c2", "type": "function", "function": {"name": "g", "arguments": ""}}]},
        {"tool_calls": [{"index": 1, "function": {"arguments": "{}"}}]},
        {"tool_calls": [{"index": 2, "id": "c3", "type": "custom", "custom": {"name": "h", "input": ""}}]},
        {"tool_calls": [{"index": 2, "custom": {"input": "free"}}]},
    ]


def test_thinking_is_reasoning_content() -> None:
    events: list[Event] = [
        Open(0, Thinking()),
        Delta(0, "a"),
        Sign(0, Opaque("anthropic", "signature", "s")),
        Close(0),
        Open(1, Thinking("", Opaque("anthropic", "redacted", "r"))),
        Close(1),
        Open(2, Thinking()),
        Delta(2, "b"),
        Close(2),
    ]
    assert deltas(events) == [{"reasoning_content": "a"}, {"reasoning_content": "\n\nb"}]
    _, losses = written([START, *events, *ENDING])
    assert losses == [
        Loss(Feature.THINKING, "content[0]", LossAction.APPROXIMATED),
        Loss(Feature.THINKING, "content[1]", LossAction.DROPPED),
    ]


def test_refusals_pictures_and_citations() -> None:
    citation = Citation(Dialect.GEMINI, {}, url="https://a", title="A")
    found = deltas(
        [
            Open(0, Refusal("")),
            Delta(0, "no"),
            Close(0),
            Open(1, Text("")),
            Delta(1, "12"),
            Close(1),
            Open(2, Text("")),
            Delta(2, "345"),
            Cite(2, citation),
            Close(2),
            Open(3, Media(MediaKind.IMAGE, url="https://b")),
            Close(3),
        ]
    )
    inner = {"url": "https://a", "title": "A", "start_index": 2, "end_index": 5}
    assert found == [
        {"refusal": "no"},
        {"content": "12"},
        {"content": "345"},
        {"annotations": [{"type": "url_citation", "url_citation": inner}]},
        {"images": [{"type": "image_url", "image_url": {"url": "https://b"}}]},
    ]


def test_a_vendors_own_tools_never_become_calls() -> None:
    block = Foreign(Dialect.ANTHROPIC_MESSAGES, "server_tool_use", {"name": "web"}, server=True)
    events: list[Event] = [START, Open(0, block), Close(0), *ENDING]
    out, losses = written(events)
    assert b"tool_calls" not in out
    assert losses == [Loss(Feature.SERVER_TOOLS, "content[0]", LossAction.DROPPED)]


def test_a_client_of_functions_gets_its_function_call() -> None:
    events: list[Event] = [
        Open(0, ToolCall("c1", "f")),
        Delta(0, "{}"),
        Close(0),
        Open(1, ToolCall("c2", "f")),
        Delta(1, "{}"),
        Close(1),
    ]
    assert deltas(events, LEGACY) == [
        {"function_call": {"name": "f", "arguments": ""}},
        {"function_call": {"arguments": "{}"}},
    ]
    out, losses = written([START, *events, Finish(Stop.TOOL_USE), Done()], LEGACY)
    assert chunks_of(out)[-2]["choices"][0]["finish_reason"] == "function_call"
    assert losses == [Loss(Feature.OTHER, "content[1]", LossAction.DROPPED)]


def test_an_error_ends_the_stream_without_a_done() -> None:
    encoder = TRANSLATOR.stream_encoder(UNASKED, MINT)
    out = encoder.encode([START]) + encoder.error_event(GateError(ErrorCode.UPSTREAM_ERROR, "their words"))
    assert chunks_of(out)[-1]["error"]["message"] == "their words"
    assert b"[DONE]" not in out


RICH = Response(
    id="r1",
    model="m1",
    parts=(
        Thinking("hm"),
        Text("Look: é\n"),
        ToolCall("c1", "f", '{"a": "é"}'),
        ToolCall("c2", "g", "{}"),
    ),
    stop=Stop.TOOL_USE,
    usage=USED,
    created=5,
)


def test_openais_client_puts_the_answer_together() -> None:
    found = chat_from(written(events_of(RICH), ASKED)[0])
    message = found["choices"][0]["message"]
    calls = [(call["id"], call["function"]["name"], call["function"]["arguments"]) for call in message["tool_calls"]]
    assert (found["id"], found["model"], found["created"]) == ("r1", "m1", 5)
    assert (message["content"], message["reasoning_content"]) == ("Look: é\n", "hm")
    assert calls == [("c1", "f", '{"a": "é"}'), ("c2", "g", "{}")]
    assert found["choices"][0]["finish_reason"] == "tool_calls"
    assert (found["usage"]["prompt_tokens"], found["usage"]["completion_tokens"]) == (10, 4)


def test_its_own_decoder_reads_the_same() -> None:
    read = folded(stream(written(events_of(RICH), ASKED)[0]))
    assert (bare(read).parts, read.stop, read.usage) == (RICH.parts, RICH.stop, Usage(10, 4, 6, None, reasoning=0))


def test_the_raw_lanes_tap_calls_it_whole() -> None:
    tap = CODEC.tap(CODEC.scan(b'{"model":"m","messages":[],"stream":true}', "chat"))  # type: ignore[arg-type]
    piece = tap.feed(written(events_of(RICH), ASKED)[0])
    assert (piece.done, piece.failure, tap.answer().finish_reasons) == (True, None, ("tool_calls",))

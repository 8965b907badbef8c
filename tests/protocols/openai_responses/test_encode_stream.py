"""gate.protocols.openai_responses.encode_stream: the events clients wait for, in their order."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.core.errors import ErrorCode, GateError
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
from gate.protocols.canonical.events import events_of
from gate.protocols.canonical.parts import (
    CallKind,
    Citation,
    Foreign,
    Media,
    MediaKind,
    Opaque,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
)
from gate.protocols.openai_responses import TRANSLATOR
from gate.protocols.sse import iter_events
from tests.protocols import vendor_sdks
from tests.protocols.openai_responses import shapes
from tests.protocols.openai_responses.canonical import MINT, decode
from tests.protocols.openai_responses.shapes import ITEMS

USAGE = Usage(input=200, output=25, cache_read=50, cache_write=20, reasoning=5)


def whole(*parts: Part, stop: Stop = Stop.END) -> Response:
    return Response("msg_upstream", "claude-x", parts, stop, USAGE)


def stream(*events: Event, **members: Any) -> list[dict[str, Any]]:
    """The events a client sees; each is called what its type says, and they are numbered."""
    encoder = TRANSLATOR.stream_encoder(decode(**members), MINT)
    made = b"".join(encoder.encode([event]) for event in events)
    found = [(name, json.loads(data)) for name, data in iter_events(made)]
    assert [event["sequence_number"] for _, event in found] == list(range(len(found)))
    assert all(name == event["type"] for name, event in found)
    return [event for _, event in found]


def of(*parts: Part, stop: Stop = Stop.END, **members: Any) -> list[dict[str, Any]]:
    return stream(*events_of(whole(*parts, stop=stop)), **members)


def kinds(found: list[dict[str, Any]]) -> list[str]:
    return [event["type"].removeprefix("response.") for event in found]


def lost(*parts: Part) -> set[tuple[str, str, str]]:
    encoder = TRANSLATOR.stream_encoder(decode(), MINT)
    encoder.encode(events_of(whole(*parts)))
    return {(loss.feature.value, loss.path, loss.action.value) for loss in encoder.losses}


BEFORE = ["created", "in_progress"]
TEXT = ["content_part.added", "output_text.delta", "output_text.done", "content_part.done"]


def test_text() -> None:
    found = of(Text("hello"))
    assert kinds(found) == [*BEFORE, "output_item.added", *TEXT, "output_item.done", "completed"]
    added, part, delta, told, part_done, item_done, completed = found[2:]
    assert added["item"]["content"] == []
    assert part["part"] == {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
    assert (delta["delta"], told["text"], part_done["part"]["text"]) == ("hello", "hello", "hello")
    assert {event["item_id"] for event in (part, delta, told, part_done)} == {added["item"]["id"]}
    assert item_done["item"] == completed["response"]["output"][0]
    assert item_done["item"]["status"] == "completed"


def test_continue_sees_created_first_and_the_deltas_of_arguments() -> None:
    found = of(ToolCall("c1", "ls", '{"a":1}'))
    assert kinds(found) == [
        *BEFORE,
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "completed",
    ]
    added, delta, told, item_done = found[2:6]
    assert (added["item"]["call_id"], added["item"]["name"], added["item"]["arguments"]) == ("c1", "ls", "")
    assert delta["item_id"] == added["item"]["id"] == item_done["item"]["id"]
    assert (delta["delta"], told["arguments"], item_done["item"]["arguments"]) == ('{"a":1}',) * 3


def test_codex_runs_a_tool_at_the_done_item_and_ends_at_completed() -> None:
    """Codex reads calls from `output_item.done` alone, and repeats a request without `completed`."""
    found = of(ToolCall("c1", "exec", "x()", CallKind.CUSTOM, "functions"), stop=Stop.TOOL_USE)
    assert kinds(found)[3:] == [
        "custom_tool_call_input.delta",
        "custom_tool_call_input.done",
        "output_item.done",
        "completed",
    ]
    assert found[-2]["item"] == {
        "id": "ctc_abc12300",
        "type": "custom_tool_call",
        "status": "completed",
        "call_id": "c1",
        "name": "exec",
        "input": "x()",
        "namespace": "functions",
    }


def test_codex_gets_its_tool_search_back() -> None:
    found = of(ToolCall("c1", "tool_search", '{"query":"q"}', CallKind.SEARCH))
    assert kinds(found)[2:] == ["output_item.added", "output_item.done", "completed"]
    item = found[3]["item"]
    assert (item["type"], item["execution"], item["arguments"]) == ("tool_search_call", "client", {"query": "q"})


def test_a_call_without_arguments_has_an_object() -> None:
    found = of(ToolCall("c1", "ls"))
    assert (found[3]["delta"], found[4]["arguments"]) == ("{}", "{}")


def test_a_change_of_kind_ends_one_item_and_begins_the_next() -> None:
    found = of(Thinking("hm"), Text("a"), Text("b"), ToolCall("c", "ls", "{}"), Text("c"))
    items = [event["item"]["type"] for event in found if event["type"] == "response.output_item.done"]
    assert items == ["reasoning", "message", "function_call", "message"]
    indexes = [event["output_index"] for event in found if event["type"] == "response.output_item.added"]
    assert indexes == [0, 1, 2, 3]
    parts = [event["content_index"] for event in found if event["type"] == "response.content_part.added"]
    assert parts == [0, 1, 0]
    assert [item["type"] for item in found[-1]["response"]["output"]] == items


def test_thinking() -> None:
    found = of(Thinking("hm", Opaque("anthropic", "signature", "sig")))
    assert kinds(found)[2:-1] == [
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
    ]
    item = found[-2]["item"]
    assert item["summary"] == [{"type": "summary_text", "text": "hm"}]
    assert item["encrypted_content"].startswith("gate1.")
    (message,) = decode(input=[item]).messages
    assert message.parts[0].opaque == Opaque("anthropic", "signature", "sig")  # pyright: ignore


def test_thinking_that_is_hidden_is_kept_all_the_same() -> None:
    found = of(Thinking("", Opaque("anthropic", "redacted", "data")), Thinking())
    assert kinds(found)[2:-1] == ["output_item.added", "output_item.done"]
    assert found[3]["item"]["summary"] == []


def test_openais_own_token_keeps_the_id_it_was_made_for() -> None:
    """OpenAI refuses a token under another item's id, and the id of a stream's item is told before the token."""
    token = of(Thinking("hm", Opaque("openai", "encrypted", "tok", "rs_1")))[-2]["item"]["encrypted_content"]
    (message,) = decode(input=[{"type": "reasoning", "id": "x", "summary": [], "encrypted_content": token}]).messages
    assert message.parts[0].opaque == Opaque("openai", "encrypted", "tok", "rs_1")  # pyright: ignore
    bare = of(Thinking("hm", Opaque("openai", "encrypted", "tok")))[-2]["item"]
    assert bare["encrypted_content"] == "tok"


def test_refusals() -> None:
    found = of(Refusal("no"), stop=Stop.REFUSAL)
    assert kinds(found)[2:] == [
        "output_item.added",
        "content_part.added",
        "refusal.delta",
        "refusal.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]


def test_citations_come_when_their_reach_is_known() -> None:
    url = Citation(Dialect.ANTHROPIC_MESSAGES, {}, url="https://x.test", title=None, text="q")
    page = Citation(Dialect.ANTHROPIC_MESSAGES, {}, title="doc", text="q")
    own = Citation(Dialect.OPENAI_RESPONSES, {"type": "file_citation", "file_id": "f", "filename": "n", "index": 0})
    found = of(Text("hello", citations=(url, page, own)))
    noted = [event for event in found if event["type"].endswith("annotation.added")]
    assert [event["annotation_index"] for event in noted] == [0, 1]
    first = {
        "type": "url_citation",
        "url": "https://x.test",
        "title": "https://x.test",
        "start_index": 0,
        "end_index": 5,
    }
    assert noted[0]["annotation"] == first
    assert noted[1]["annotation"] == own.raw
    assert found[-1]["response"]["output"][0]["content"][0]["annotations"] == [first, own.raw]
    assert lost(Text("hello", citations=(page,))) == {("citations", "content[0].citations", "dropped")}


def test_a_picture_is_no_call() -> None:
    found = of(Media(MediaKind.IMAGE, "image/webp", data="aGk="))
    item = found[-2]["item"]
    assert (item["type"], item["result"], item["output_format"]) == ("image_generation_call", "aGk=", "webp")
    assert lost(Media(MediaKind.AUDIO, data="aGk=")) == {("audio", "content[0]", "dropped")}
    assert lost(Media(MediaKind.IMAGE, url="https://x.test")) == {("images", "content[0]", "dropped")}


def test_another_vendors_own_tools_never_reach_the_client() -> None:
    block = Foreign(Dialect.ANTHROPIC_MESSAGES, "server_tool_use", {"id": "srvtoolu_1"}, server=True)
    found = of(Text("a"), block)
    assert [item["type"] for item in found[-1]["response"]["output"]] == ["message"]
    assert lost(Text("a"), block) == {("server_tools", "content[1]", "dropped")}
    assert lost(Foreign(Dialect.GEMINI, "new", {})) == {("other", "content[0]", "dropped")}


def test_items_of_this_dialect_pass_whole() -> None:
    found = of(Foreign(Dialect.OPENAI_RESPONSES, "web_search_call", ITEMS[4], server=True))
    assert (found[2]["item"], found[3]["item"]) == (ITEMS[4], ITEMS[4])


@pytest.mark.parametrize(
    ("stop", "status", "reason"),
    [
        (Stop.END, "completed", None),
        (Stop.TOOL_USE, "completed", None),
        (Stop.STOP_SEQUENCE, "completed", None),
        (Stop.PAUSE, "completed", None),
        (Stop.OTHER, "completed", None),
        (Stop.MAX_TOKENS, "incomplete", "max_output_tokens"),
        (Stop.CONTEXT_FULL, "incomplete", "max_output_tokens"),
        (Stop.REFUSAL, "incomplete", "content_filter"),
    ],
)
def test_how_it_ends(stop: Stop, status: str, reason: str | None) -> None:
    last = of(Text("x"), stop=stop)[-1]
    assert (last["type"], last["response"]["status"]) == (f"response.{status}", status)
    assert last["response"]["incomplete_details"] == (None if reason is None else {"reason": reason})


def test_usage_includes_what_was_cached() -> None:
    assert of(Text("x"))[-1]["response"]["usage"] == {
        "input_tokens": 200,
        "input_tokens_details": {"cached_tokens": 50, "cache_write_tokens": 20},
        "output_tokens": 25,
        "output_tokens_details": {"reasoning_tokens": 5},
        "total_tokens": 225,
    }
    counted_late = stream(Start(None, None), Finish(Stop.END), Counted(Usage(input=3)), Done())
    assert counted_late[-1]["response"]["usage"]["input_tokens"] == 3


def test_one_id_throughout() -> None:
    assert {event["response"]["id"] for event in of(Text("x")) if "response" in event} == {"resp_abc123"}
    kept = stream(Start("resp_upstream", "m"), Finish(Stop.END), Done())
    assert {event["response"]["id"] for event in kept} == {"resp_upstream"}


def test_what_the_response_repeats_of_its_request() -> None:
    tools = [{"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": False}]
    sent: dict[str, Any] = {
        "instructions": "be good",
        "tools": tools,
        "tool_choice": {"type": "function", "name": "f"},
        "parallel_tool_calls": False,
        "temperature": 0.5,
        "top_p": 0.25,
        "max_output_tokens": 99,
        "metadata": {"a": "b"},
        "reasoning": {"effort": "low", "summary": "auto"},
        "text": {"format": {"type": "json_object"}, "verbosity": "low"},
        "previous_response_id": "resp_0",
        "prompt_cache_key": "k",
        "truncation": "auto",
        "user": "u",
    }
    for event in of(Text("x"), **sent):
        if "response" in event:
            assert {name: event["response"][name] for name in sent} == sent
            assert event["response"]["model"] == "claude-x"
            assert event["response"]["object"] == "response"


BROKEN = GateError(ErrorCode.UPSTREAM_INTERRUPTED, "broken off")


def test_an_upstream_that_dies_fails_the_same_response() -> None:
    encoder = TRANSLATOR.stream_encoder(decode(), MINT)
    before = encoder.encode([Start("resp_7", "m"), Open(0, Text("")), Delta(0, "hal")])
    ((name, data),) = iter_events(encoder.error_event(BROKEN))
    failed = json.loads(data)
    numbers = [json.loads(data)["sequence_number"] for _, data in iter_events(before)]
    assert (name, failed["sequence_number"]) == ("response.failed", numbers[-1] + 1)
    assert (failed["response"]["id"], failed["response"]["status"]) == ("resp_7", "failed")
    assert failed["response"]["error"] == {"code": "server_error", "message": "broken off"}


def test_an_error_before_anything_else_begins_its_own_stream() -> None:
    encoder = TRANSLATOR.stream_encoder(decode(), MINT)
    found = [json.loads(data) for _, data in iter_events(encoder.error_event(BROKEN))]
    assert kinds(found) == [*BEFORE, "failed"]


def test_empty_deltas_and_empty_texts_are_not_told() -> None:
    assert kinds(stream(Start(None, None), Open(0, Text("")), Delta(0, ""), Close(0), Finish(Stop.END), Done())) == [
        *BEFORE,
        "completed",
    ]


def test_a_signature_and_citations_that_come_late() -> None:
    cite = Citation(Dialect.GEMINI, {}, url="https://x.test", start=1, end=2)
    found = stream(
        Start(None, None),
        Open(4, Thinking()),
        Delta(4, "t"),
        Sign(4, Opaque("google", "thought_signature", "s")),
        Close(4),
        Open(5, Text("")),
        Cite(5, cite),
        Delta(5, "abc"),
        Close(5),
        Finish(Stop.END),
        Done(),
    )
    reasoning, message = found[-1]["response"]["output"]
    assert reasoning["encrypted_content"].startswith("gate1.")
    noted = message["content"][0]["annotations"][0]
    assert (noted["start_index"], noted["end_index"]) == (1, 2)


def test_the_phase_of_a_message_comes_through() -> None:
    """A Codex session that was on another vendor once is translated from OpenAI to OpenAI ever after."""
    message = {"type": "message", "id": "m", "role": "assistant", "status": "completed"}
    said = [
        {**message, "phase": phase, "content": [{"type": "output_text", "text": phase, "annotations": []}]}
        for phase in ("commentary", "final_answer")
    ]
    decoder = TRANSLATOR.stream_decoder("openai")
    found = stream(*decoder.feed(shapes.made(shapes.response(output=said))))
    output = found[-1]["response"]["output"]
    assert [(item["phase"], item["content"][0]["text"]) for item in output] == [
        ("commentary",) * 2,
        ("final_answer",) * 2,
    ]


def test_what_openai_says_of_the_response_itself_comes_through() -> None:
    sent = shapes.response(
        output=[], usage=shapes.USAGE, service_tier="flex", tool_usage={"web_search": {"num_requests": 1}}
    )
    decoder = TRANSLATOR.stream_decoder("openai")
    last = stream(*decoder.feed(shapes.made(sent)))[-1]["response"]
    assert (last["service_tier"], last["tool_usage"]) == ("flex", sent["tool_usage"])
    body, _ = TRANSLATOR.encode_answer(TRANSLATOR.decode_answer(json.dumps(sent).encode(), "openai"), decode(), MINT)
    assert json.loads(body)["service_tier"] == "flex"


def test_the_openai_sdk_reads_it() -> None:
    parts = (Thinking("hm"), Text("a"), Text("b"), ToolCall("c", "ls", '{"a":1}'))
    encoder = TRANSLATOR.stream_encoder(decode(), MINT)
    _, final = vendor_sdks.response_from(encoder.encode(events_of(whole(*parts))))
    reasoning, message, call = final["output"]
    assert reasoning["summary"][0]["text"] == "hm"
    assert [part["text"] for part in message["content"]] == ["a", "b"]
    assert (call["call_id"], call["arguments"]) == ("c", '{"a":1}')


def test_a_whole_answer_is_what_its_stream_ends_with() -> None:
    answer = whole(Thinking("hm"), Text("a"), ToolCall("c", "ls", "{}"))
    body, losses = TRANSLATOR.encode_answer(answer, decode(), MINT)
    assert json.loads(body) == stream(*events_of(answer))[-1]["response"]
    assert losses == ()

"""Each pitfall of translation that concerns messages, by name (the list is in the design notes, protocols.md)."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.core.usage import Usage
from gate.protocols.anthropic_messages import TRANSLATOR
from gate.protocols.canonical.answer import (
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
    Stop,
)
from gate.protocols.canonical.parts import Foreign, Media, MediaKind, Opaque, Text, Thinking, ToolCall, ToolResult
from gate.protocols.canonical.request import (
    Message,
    OutputFormat,
    Reasoning,
    Role,
    Sampling,
    Tool,
    ToolChoice,
    ToolKind,
)
from gate.protocols.canonical.sequence import sequenced
from gate.protocols.canonical.tools import prepare
from gate.protocols.translation import Aim
from tests.protocols.anthropic_messages.shapes import PING, STOP, STREAM, ending, sse, start, text
from tests.protocols.anthropic_messages.translating import (
    NEW,
    OLD,
    PNG,
    assistant,
    called,
    decoded,
    encoded,
    events_in,
    faults,
    foreign,
    result,
    stream,
    turns,
    user,
    whole,
    written,
)
from tests.protocols.vendor_sdks import messages_from

HI = user(Text("hi"))
END: list[Event] = [Counted(Usage(input=3, output=4)), Finish(Stop.END), Done()]
BEGIN = Start("id", "m")
CHAT = Dialect.OPENAI_CHAT


def client_gets(*events: Event) -> list[dict[str, Any]]:
    return events_in(written(sequenced([BEGIN, *events, *END]))[0])


def test_block_kind_switches_close_and_open_blocks() -> None:
    found = client_gets(
        Open(0, Thinking()),
        Delta(0, "t"),
        Close(0),
        Open(1, Text("")),
        Delta(1, "x"),
        Close(1),
        Open(2, called()),
        Close(2),
    )
    open_now: list[int] = []
    for event in found:
        if event["type"] == "content_block_start":
            assert open_now == []
            open_now.append(event["index"])
        elif event["type"] == "content_block_stop":
            open_now.remove(event["index"])
    assert [event["index"] for event in found if event["type"] == "content_block_start"] == [0, 1, 2]


def test_thinking_signatures_survive_or_are_dropped_with_a_loss() -> None:
    genuine = {"type": "thinking", "thinking": "t", "signature": "EqQB/+=="}
    said = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": [genuine, {"type": "text", "text": "x"}]},
    ]
    body, losses = encoded(decoded(messages=said))
    assert (body["messages"], losses) == (said, set())
    body, losses = encoded(decoded(messages=said), vendor="deepseek")
    assert "EqQB" not in json.dumps(body)
    assert losses == {("thinking", "messages[1].content[0]", "dropped")}


def test_no_signature_is_invented_as_anthropics() -> None:
    found = client_gets(
        Open(0, Thinking()), Delta(0, "t"), Sign(0, Opaque("google", "thought_signature", "QUJD")), Close(0)
    )
    (signature,) = [event["delta"]["signature"] for event in found if event.get("delta", {}).get("signature")]
    assert signature.startswith("gate1.")
    back = [{"type": "thinking", "thinking": "t", "signature": signature}, {"type": "text", "text": "x"}]
    said = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": back}]
    body, losses = encoded(decoded(messages=said))
    assert "gate1" not in json.dumps(body)
    assert losses == {("thinking", "messages[1].content[0]", "dropped")}


def test_a_session_that_falls_back_to_another_vendor_and_returns_keeps_its_own_thinking() -> None:
    mine = {"type": "thinking", "thinking": "a", "signature": "EqQB"}
    theirs = {"type": "thinking", "thinking": "b", "signature": "gate1.Z29vZ2xl.dGhvdWdodF9zaWduYXR1cmU..UVVKRA"}
    words = {"type": "text", "text": "x"}
    said = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": [mine, words]},
        {"role": "user", "content": "go on"},
        {"role": "assistant", "content": [theirs, words]},
        {"role": "user", "content": "and on"},
    ]
    request = decoded(messages=said)
    parts = [part for message in request.messages for part in message.parts if isinstance(part, Thinking)]
    assert [part.opaque.origin for part in parts if part.opaque] == ["anthropic", "google"]
    body, _ = encoded(request)
    assert body["messages"][1] == said[1]
    assert body["messages"][3] == {"role": "assistant", "content": [words]}


def test_gemini_thought_signatures_ride_in_the_tool_id_and_leave_it_here() -> None:
    from gate.protocols.opaque import sign_id

    call_id = sign_id("call_1", Opaque("google", "thought_signature", "QUJD"))
    prepared = prepare(foreign(HI, assistant(called(call_id)), user(result(call_id))), TRANSLATOR.tools)
    body = json.loads(TRANSLATOR.encode_request(prepared.request, Aim(OLD, "anthropic")).body)
    assert body["messages"][1]["content"][0]["id"] == "call_1"
    assert body["messages"][2]["content"][0]["tool_use_id"] == "call_1"


@pytest.mark.parametrize("kind", ["web_search_call", "code_interpreter_call", "tool_use"])
def test_a_vendors_own_server_side_calls_never_reach_the_client_as_tool_calls(kind: str) -> None:
    hosted = Foreign(Dialect.OPENAI_RESPONSES, kind, {"type": kind, "id": "x", "name": "f"}, server=True)
    found = client_gets(Open(0, hosted), Close(0))
    assert "tool_use" not in json.dumps(found)
    server = sse("content_block_start", index=0, content_block={"type": "server_tool_use", "id": "s", "name": "f"})
    answer = whole(start(), server, sse("content_block_stop", index=0), ending("tool_use"), STOP)
    assert not any(isinstance(part, ToolCall) for part in answer.parts)
    assert answer.stop is Stop.END


@pytest.mark.parametrize("call_id", ["call|1", "toolu_1", "functions.Bash:0", "é", "x" * 300])
def test_tool_ids_are_brought_into_the_charset_and_stay_linked(call_id: str) -> None:
    prepared = prepare(foreign(HI, assistant(called(call_id)), user(result(call_id))), TRANSLATOR.tools)
    body = json.loads(TRANSLATOR.encode_request(prepared.request, Aim(OLD, "anthropic")).body)
    made, linked = body["messages"][1]["content"][0]["id"], body["messages"][2]["content"][0]["tool_use_id"]
    assert made == linked
    assert all(letter.isascii() and (letter.isalnum() or letter in "_-") for letter in made)


def test_parallel_calls_that_interleave_come_one_after_the_other() -> None:
    found = client_gets(
        Open(0, ToolCall("a", "f")),
        Open(1, ToolCall("b", "g")),
        Delta(0, '{"x":'),
        Delta(1, '{"y":'),
        Delta(0, "1}"),
        Delta(1, "2}"),
        Close(1),
        Close(0),
    )
    pieces: dict[int, str] = {}
    for event in found:
        if event["type"] == "content_block_delta":
            pieces[event["index"]] = pieces.get(event["index"], "") + event["delta"]["partial_json"]
    assert pieces == {0: '{"x":1}', 1: '{"y":2}'}


def test_cached_tokens_are_excluded_here_and_included_there() -> None:
    out, _ = written([BEGIN, Counted(Usage(input=100, output=5, cache_read=80)), Finish(Stop.END), Done()])
    usage = events_in(out)[-2]["usage"]
    assert (usage["input_tokens"], usage["cache_read_input_tokens"]) == (20, 80)
    events = stream(start(input_tokens=20, cache_read_input_tokens=80, output_tokens=1), ending(output_tokens=5), STOP)
    (counted,) = [event.usage for event in events if isinstance(event, Counted)]
    assert counted.input == 100


def test_the_golden_cost() -> None:
    answer = whole(STREAM)
    usage = answer.usage
    assert (usage.input, usage.cache_write, usage.output) == (12307, 12304, 550)
    uncached = (usage.input or 0) - (usage.cache_write or 0)
    cost = uncached * Decimal(3) + (usage.cache_write or 0) * Decimal("3.75") + (usage.output or 0) * Decimal(15)
    # 0.05439 USD to five places; exactly 0.054399.
    assert cost / 1_000_000 == Decimal("0.054399")


def test_an_end_with_tool_calls_is_tool_use() -> None:
    call = sse("content_block_start", index=0, content_block={"type": "tool_use", "id": "i", "name": "f", "input": {}})
    assert whole(start(), call, sse("content_block_stop", index=0), ending("end_turn"), STOP).stop is Stop.TOOL_USE
    out, _ = written([BEGIN, Open(0, called()), Close(0), Counted(Usage()), Finish(Stop.TOOL_USE, "stop"), Done()])
    assert events_in(out)[-2]["delta"]["stop_reason"] == "tool_use"


def test_usage_in_odd_places_is_not_counted_twice() -> None:
    pieces = (start(input_tokens=7, output_tokens=1), ending(None, input_tokens=7, output_tokens=2))
    events = stream(*pieces, ending("end_turn", output_tokens=5), STOP)
    assert [event.usage for event in events if isinstance(event, Counted)] == [Usage(input=7, output=5)]


def test_empty_deltas_comments_crlf_bom_and_a_missing_end_marker() -> None:
    plain = start() + text(0, "a", "", "b") + ending()
    odd = b"\xef\xbb\xbf" + (b": OPENROUTER PROCESSING\n\n" + PING + plain).replace(b"\n", b"\r\n")
    (part,) = whole(odd).parts
    assert isinstance(part, Text)
    assert part.text == "ab"


def test_data_on_several_lines() -> None:
    lines = (
        b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,\n'
        b'data: "delta":{"type":"text_delta","text":"a"}}\n\n'
    )
    opened = sse("content_block_start", index=0, content_block={"type": "text", "text": ""})
    (part,) = whole(start(), opened, lines, sse("content_block_stop", index=0), ending(), STOP).parts
    assert isinstance(part, Text)
    assert part.text == "a"


def test_a_stream_that_dies_is_no_answer() -> None:
    last = stream(
        start(), sse("content_block_start", index=0, content_block={"type": "tool_use", "id": "i", "name": "f"})
    )[-1]
    assert isinstance(last, Failed)


def test_tool_results_with_images() -> None:
    picture = Media(MediaKind.IMAGE, "image/png", data=PNG)
    made, losses = turns(HI, assistant(called()), user(ToolResult("call_1", (Text("a"), picture))))
    assert [block["type"] for block in made[2]["content"][0]["content"]] == ["text", "image"]
    assert losses == set()


def test_system_messages_in_the_middle() -> None:
    later = Message(Role.SYSTEM, (Text("later"),), path="messages[1]")
    for model in (OLD, NEW):
        body, losses = encoded(foreign(HI, later, assistant(Text("a")), user(Text("b"))), model)
        assert "later" in json.dumps(body)
        assert {action for _, _, action in losses} <= {"moved"}


def test_claude_codes_system_messages_with_an_effort_of_their_own() -> None:
    said = [
        {"role": "user", "content": "hi"},
        {"role": "system", "content": [{"type": "text", "text": "s"}], "output_config": {"effort": "medium"}},
    ]
    request = decoded(messages=said, thinking={"type": "adaptive", "display": "updates"})
    assert request.reasoning is not None
    assert request.reasoning.effort == "medium"
    body, losses = encoded(request)
    assert (body["messages"], body["thinking"], losses) == (said, {"type": "adaptive", "display": "updates"}, set())
    assert "output_config" not in body


def test_json_schemas_are_held_to_the_subset() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}}
    body, losses = encoded(foreign(HI, output=OutputFormat("json_schema", schema)))
    made = body["output_config"]["format"]["schema"]
    assert "minimum" not in made["properties"]["n"]
    assert made["additionalProperties"] is False
    assert losses == {("json_schema", "response_format", "approximated")}


def test_a_limit_is_always_there_and_above_the_budget() -> None:
    body, _ = encoded(foreign(HI, reasoning=Reasoning(on=True, budget=10_000)))
    assert body["max_tokens"] > body["thinking"]["budget_tokens"] == 10_000
    body, _ = encoded(foreign(HI, max_tokens=5000, reasoning=Reasoning(on=True, budget=10_000)))
    assert body["max_tokens"] == 5000 > body["thinking"]["budget_tokens"]


def test_temperature_on_models_that_think() -> None:
    asked = foreign(HI, sampling=Sampling(temperature=0.2), reasoning=Reasoning(on=True, budget=2000))
    assert "temperature" not in encoded(asked)[0]
    assert "temperature" not in encoded(foreign(HI, sampling=Sampling(temperature=0.2)), NEW)[0]


def test_a_forced_choice_excludes_thinking() -> None:
    tools = (Tool(ToolKind.FUNCTION, "f"),)
    asked = foreign(HI, tools=tools, tool_choice=ToolChoice("tool", "f"), reasoning=Reasoning(on=True, budget=2000))
    body, _ = encoded(asked)
    assert (body["tool_choice"], "thinking" in body) == ({"type": "tool", "name": "f"}, False)


def test_a_tool_loop_that_lost_its_thinking_is_not_sent_with_a_budget() -> None:
    asked = foreign(HI, assistant(called()), user(result()), reasoning=Reasoning(on=True, budget=2000))
    assert "thinking" not in encoded(asked)[0]


def test_empty_text_beside_calls_is_left_out() -> None:
    made, losses = turns(HI, assistant(Text(""), called()), user(result("call_1", Text(""))))
    assert [block["type"] for block in made[1]["content"]] == ["tool_use"]
    assert losses == set()


def test_effort_budget_and_adaptive() -> None:
    asked = foreign(HI, reasoning=Reasoning(on=True, budget=8000))
    assert encoded(asked)[0]["thinking"] == {"type": "enabled", "budget_tokens": 8000}
    body, _ = encoded(asked, NEW)
    assert (body["thinking"], body["output_config"]) == ({"type": "adaptive"}, {"effort": "medium"})


def test_opencode_gets_usage_at_both_ends_of_a_stream() -> None:
    found = client_gets(Open(0, Text("")), Delta(0, "x"), Close(0))
    assert set(found[0]["message"]["usage"]) >= {"input_tokens", "output_tokens"}
    assert found[-2]["usage"]["input_tokens"] == 3


def test_thinking_display_that_omits_the_words_keeps_the_signature() -> None:
    silent = (Open(0, Thinking()), Sign(0, Opaque("anthropic", "signature", "S")), Close(0))
    found = client_gets(*silent)
    assert [event["type"] for event in found[1:4]] == [
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
    ]
    content = messages_from(written([BEGIN, *silent, *END])[0])["content"]
    assert [(one["type"], one["thinking"], one["signature"]) for one in content] == [("thinking", "", "S")]


def test_whatever_a_client_of_another_dialect_asks_can_be_sent() -> None:
    asked = foreign(
        Message(Role.SYSTEM, (Text("s"),), path="messages[0]"),
        HI,
        assistant(Text("a"), called("call_1"), called("call_2")),
        user(result("call_2", Text("2")), result("call_1", error=True), Text("go")),
        tools=(Tool(ToolKind.FUNCTION, "f"),),
        reasoning=Reasoning(effort=None, on=True),
        sampling=Sampling(temperature=1.5, top_p=0.9),
        stop=("END",),
        stream=True,
    )
    for model in (OLD, NEW):
        assert faults(encoded(asked, model)[0]) == []


def test_answers_of_chat_are_whole_for_the_vendors_client() -> None:
    out, _ = written([BEGIN, Open(0, ToolCall("call_1", "f")), Delta(0, '{"a":"é"}'), Close(0), *END])
    content = messages_from(out)["content"]
    assert [(one["id"], one["name"], one["input"]) for one in content] == [("call_1", "f", {"a": "é"})]

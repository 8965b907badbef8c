"""One test for each pitfall that the project's protocol notes name and that concerns chat; named after it."""

from __future__ import annotations

import json

import pytest

from gate.core.dialect import Dialect
from gate.core.loss import Feature, Loss, LossAction
from gate.core.profile import Quirks
from gate.protocols.canonical.answer import Done, Event, Finish, Open, Start, Stop
from gate.protocols.canonical.events import events_of
from gate.protocols.canonical.parts import Foreign, Media, MediaKind, Opaque, Text, Thinking, ToolCall, ToolResult
from gate.protocols.canonical.request import Effort, Message, Reasoning, Role, Sampling, Tool, ToolChoice, ToolKind
from gate.protocols.canonical.sequence import sequenced
from gate.protocols.canonical.tools import prepare
from gate.protocols.opaque import sign_id
from gate.protocols.openai_chat import CODEC, TRANSLATOR
from gate.protocols.sse import EventSplitter
from tests.protocols.openai_chat.shapes import BODY, DONE, ROLE, STREAM, USAGE, chunk
from tests.protocols.openai_chat.test_encode_stream import RICH
from tests.protocols.openai_chat.translating import (
    PIXEL,
    answer,
    answered,
    assistant,
    bare,
    call,
    calls,
    chunks_of,
    decoded,
    encoded,
    foreign,
    stream,
    user,
    whole,
    written,
)
from tests.protocols.vendor_sdks import chat_from

END = chunk({}, "stop") + DONE
SIGNED = Opaque("anthropic", "signature", "genuine")


def test_block_kind_switches_close_and_open_blocks() -> None:
    pieces = [{"reasoning_content": "a"}, {"content": "b"}, {"reasoning_content": "c"}, {"content": "d"}]
    assert whole(ROLE, *map(chunk, pieces), END).parts == (Thinking("a"), Text("b"), Thinking("c"), Text("d"))


def test_thinking_signatures_are_dropped_with_a_loss_and_never_sent_to_another_vendor() -> None:
    body, losses = encoded(foreign(assistant(Thinking("hm", SIGNED), Text("x"))))
    assert "genuine" not in json.dumps(body)
    assert losses == (Loss(Feature.THINKING, "messages[1].content[0]", LossAction.DROPPED),)


def test_gemini_wants_its_thought_signature_back_with_the_call() -> None:
    signed = {"extra_content": {"google": {"thought_signature": "c2ln"}}}
    told = {"index": 0, "id": "c1", "function": {"name": "f", "arguments": "{}"}, **signed}
    (made,) = whole(chunk({"tool_calls": [told]}), END, vendor="google").parts
    body, _ = encoded(foreign(assistant(made)), vendor="google")
    assert body["messages"][0]["tool_calls"][0]["extra_content"] == signed["extra_content"]


def test_a_signature_that_rode_in_the_id_reaches_geminis_chat_layer_and_nobody_else() -> None:
    signed = sign_id("c1", Opaque("google", "thought_signature", "c2ln"))
    call_ = {"id": signed, "type": "function", "function": {"name": "f", "arguments": "{}"}}
    said = [{"role": "assistant", "content": None, "tool_calls": [call_]}, {"role": "tool", "tool_call_id": signed}]
    prepared = prepare(decoded(messages=said), TRANSLATOR.tools).request
    made = encoded(prepared, vendor="google")[0]["messages"]
    assert made[0]["tool_calls"][0]["extra_content"] == {"google": {"thought_signature": "c2ln"}}
    assert made[0]["tool_calls"][0]["id"] == made[1]["tool_call_id"] == "c1"
    assert "extra_content" not in encoded(prepared, vendor="groq")[0]["messages"][0]["tool_calls"][0]


def test_a_vendors_server_side_tool_call_never_reaches_the_client_as_a_tool_call() -> None:
    block = Foreign(Dialect.ANTHROPIC_MESSAGES, "server_tool_use", {"name": "web_search", "id": "srv"}, server=True)
    events: list[Event] = [Start("r", "m"), Open(0, block), Finish(Stop.END), Done()]
    out, losses = written(events)
    assert b"web_search" not in out
    assert [loss.feature for loss in losses] == [Feature.SERVER_TOOLS]


def test_tool_ids_of_mistral_are_nine_letters_and_digits() -> None:
    long = ToolCall("toolu_01A09q90qw90lq917835lq9", "f", "{}")
    request = foreign(assistant(long), user(ToolResult(long.id, (Text("r"),))))
    prepared = prepare(request, TRANSLATOR.tools, r"[A-Za-z0-9]{9}").request
    body, _ = encoded(prepared, vendor="mistral")
    made, answered_ = body["messages"][0]["tool_calls"][0]["id"], body["messages"][1]["tool_call_id"]
    assert made == answered_
    assert (len(made), made.isalnum()) == (9, True)


def test_tool_ids_of_anthropic_and_openclaw_fit_openai() -> None:
    long = "call_" + "x" * 60
    request = foreign(assistant(ToolCall(long, "f", "{}")), user(ToolResult(long)))
    body, _ = encoded(prepare(request, TRANSLATOR.tools).request)
    assert len(body["messages"][0]["tool_calls"][0]["id"]) <= 40
    assert body["messages"][0]["tool_calls"][0]["id"] == body["messages"][1]["tool_call_id"]


def test_parallel_tool_deltas_interleave_in_chat_and_come_in_turn_after_it() -> None:
    events = sequenced(
        stream(
            ROLE,
            call(0, "c1", "f", ""),
            call(1, "c2", "g", ""),
            call(0, arguments="{}"),
            call(1, arguments="[]"),
            chunk({}, "tool_calls"),
            DONE,
        )
    )
    order = [(type(event).__name__, event.index) for event in events if hasattr(event, "index")]
    assert order == [(kind, at) for at in (0, 1) for kind in ("Open", "Delta", "Close")]


def test_openai_prompt_tokens_include_cached_tokens() -> None:
    assert answered({"content": "x"}, usage=USAGE).usage.input == 200
    usage = answer(answered({"content": "x"}, usage=USAGE))[0]["usage"]
    assert (usage["prompt_tokens"], usage["prompt_tokens_details"]["cached_tokens"]) == (200, 50)


def test_usage_is_asked_of_the_upstream_and_kept_from_a_client_that_did_not_ask() -> None:
    body, _ = encoded(decoded(stream=True))
    assert body["stream_options"] == {"include_usage": True}
    body, _ = encoded(decoded(stream=True, stream_options={"include_usage": False, "include_obfuscation": False}))
    assert body["stream_options"] == {"include_usage": True, "include_obfuscation": False}
    assert b"usage" not in written(stream(STREAM), decoded(stream=True))[0]


def test_finish_reason_stop_with_tool_calls_is_tool_use() -> None:
    assert whole(ROLE, call(0, "c", "f", "{}"), END).stop is Stop.TOOL_USE


def test_usage_in_a_chunk_with_a_non_empty_choices() -> None:
    assert whole(ROLE, chunk({"content": "x"}), chunk({}, "stop", usage=USAGE), DONE).usage.output == 25


@pytest.mark.parametrize("empty", [{}, {"content": None}, {"content": ""}, {"role": "assistant", "content": None}])
def test_empty_deltas_and_content_null(empty: dict[str, object]) -> None:
    assert whole(ROLE, chunk(empty), chunk({"content": "x"}), chunk(empty), END).parts == (Text("x"),)


def test_comments_are_no_events() -> None:
    assert stream(b": OPENROUTER PROCESSING\n\n", STREAM) == stream(STREAM)


def test_missing_done() -> None:
    assert whole(BODY).stop is Stop.TOOL_USE


def test_crlf_multi_line_data_and_bom() -> None:
    assert stream(STREAM.replace(b"\n", b"\r\n")) == stream(STREAM)
    assert stream(b"\xef\xbb\xbf" + STREAM) == stream(STREAM)
    assert stream(STREAM.replace(b'"choices"', b'\ndata: "choices"')) == stream(STREAM)


def test_utf8_split_across_packets() -> None:
    decoder, splitter = TRANSLATOR.stream_decoder("x"), EventSplitter()
    said = [event for at in range(len(STREAM)) for event in decoder.feed(splitter.feed(STREAM[at : at + 1]))]
    assert said == stream(STREAM, closed=False)


def test_tool_results_with_images() -> None:
    image = Media(MediaKind.IMAGE, "image/png", PIXEL)
    body, losses = encoded(foreign(assistant(ToolCall("c", "f")), user(ToolResult("c", (Text("r"), image)))))
    assert [message["role"] for message in body["messages"]] == ["assistant", "tool", "user"]
    assert PIXEL in body["messages"][2]["content"][1]["image_url"]["url"]
    assert [loss.action for loss in losses] == [LossAction.MOVED]


def test_mid_list_system_messages() -> None:
    body, losses = encoded(foreign(user(Text("a")), Message(Role.SYSTEM, (Text("b"),)), user(Text("c"))))
    assert [message["role"] for message in body["messages"]] == ["user", "system", "user"]
    assert losses == ()


def test_openais_strict_subset_of_json_schema() -> None:
    loose = Tool(ToolKind.FUNCTION, "f", schema={"type": "object", "properties": {"a": {}}}, strict=True)
    body, losses = encoded(foreign(user(Text("x")), tools=(loose,)))
    assert "strict" not in body["tools"][0]["function"]
    assert [loss.action for loss in losses] == [LossAction.APPROXIMATED]


def test_max_tokens_against_max_completion_tokens() -> None:
    request = foreign(user(Text("x")), max_tokens=9)
    assert encoded(request)[0]["max_completion_tokens"] == 9
    assert encoded(request, Quirks(max_tokens="max_tokens"), vendor="mistral")[0]["max_tokens"] == 9


def test_temperature_on_reasoning_models() -> None:
    request = foreign(user(Text("x")), sampling=Sampling(temperature=0))
    body, losses = encoded(request, Quirks(reasoning_models=("gpt-5*",)), model="gpt-5.5")
    assert "temperature" not in body
    assert losses == (Loss(Feature.SAMPLING, "temperature", LossAction.DROPPED),)


def test_stop_limits() -> None:
    body, losses = encoded(foreign(user(Text("x")), stop=tuple("abcde")), Quirks(stop_most=4))
    assert body["stop"] == list("abcd")
    assert losses == (Loss(Feature.PARAMETERS, "stop_sequences[4]", LossAction.DROPPED),)


def test_tool_choice() -> None:
    tool = Tool(ToolKind.FUNCTION, "f")
    body, _ = encoded(foreign(user(Text("x")), tools=(tool,), tool_choice=ToolChoice("any", parallel=False)))
    assert (body["tool_choice"], body["parallel_tool_calls"]) == ("required", False)


def test_reasoning_effort_against_thinking_budget_and_adaptive() -> None:
    def effort(asked: Reasoning) -> object:
        return encoded(foreign(user(Text("x")), reasoning=asked))[0].get("reasoning_effort")

    assert effort(Reasoning(on=True, budget=32_000)) == "high"
    assert effort(Reasoning(on=True, adaptive=True)) is None
    assert effort(Reasoning(on=True, adaptive=True, effort=Effort.LOW)) == "low"


def test_response_id_stays_the_same_through_a_stream() -> None:
    out = written(events_of(RICH))[0]
    assert {one["id"] for one in chunks_of(out)[:-1]} == {"r1"}
    assert chat_from(out)["id"] == "r1"


def test_arguments_as_an_object_instead_of_a_string() -> None:
    assert calls(call(0, "c", "f", {"a": 1})) == [ToolCall("c", "f", '{"a":1}')]
    message = {"tool_calls": [{"id": "c", "function": {"name": "f", "arguments": {"a": 1}}}]}
    assert bare(answered(message)).parts == (ToolCall("c", "f", '{"a":1}'),)


def test_the_tap_of_the_raw_lane_drops_what_the_client_did_not_ask_for() -> None:
    scanned = CODEC.scan(b'{"model":"m","messages":[],"stream":true}', "chat")  # type: ignore[arg-type]
    assert b'"usage": {' not in CODEC.tap(scanned).feed(STREAM).forward

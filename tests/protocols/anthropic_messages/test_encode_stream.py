"""gate.protocols.anthropic_messages.encode_stream: the whole sequence of events the clients need."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.core.errors import ErrorCode, GateError
from gate.core.usage import Usage
from gate.protocols.anthropic_messages import TRANSLATOR
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
from tests.protocols.anthropic_messages.shapes import ANSWER
from tests.protocols.anthropic_messages.translating import MINT, decoded, events_in, stream, written
from tests.protocols.vendor_sdks import messages_from

D = Dialect.OPENAI_CHAT
ENDING: list[Event] = [Counted(Usage(input=9, output=4)), Finish(Stop.END, "stop"), Done()]


def blocks(*events: Event) -> tuple[list[dict[str, Any]], set[tuple[str, str, str]]]:
    """The events of the blocks, their indexes checked."""
    out, losses = written([Start("id", "m"), *events, *ENDING])
    found = events_in(out)
    assert [event["type"] for event in found[-2:]] == ["message_delta", "message_stop"]
    starts = [event["index"] for event in found if event["type"] == "content_block_start"]
    stops = [event["index"] for event in found if event["type"] == "content_block_stop"]
    assert starts == stops == list(range(len(starts)))
    return found[1:-2], losses


def kinds(found: Sequence[dict[str, Any]]) -> list[str]:
    named = {"content_block_start": "content_block", "content_block_delta": "delta"}
    return [event[named[event["type"]]]["type"] if event["type"] in named else "stop" for event in found]


def test_an_event_at_a_time() -> None:
    out, losses = written(
        [
            Start("id_1", "gpt", usage=Usage(input=7, cache_read=2)),
            Open(0, Text("")),
            Delta(0, 'a "é"\n'),
            Close(0),
            Counted(Usage(input=7, output=4, cache_read=2)),
            Finish(Stop.STOP_SEQUENCE, "stop", "END"),
            Counted(Usage(input=9, output=4, cache_read=2)),
            Done(),
        ]
    )
    assert events_in(out) == [
        {
            "type": "message_start",
            "message": {
                "id": "id_1",
                "type": "message",
                "role": "assistant",
                "model": "gpt",
                "content": [],
                "stop_reason": None,
                "stop_sequence": None,
                "usage": {
                    "input_tokens": 5,
                    "cache_creation_input_tokens": 0,
                    "cache_read_input_tokens": 2,
                    "output_tokens": 0,
                },
            },
        },
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": 'a "é"\n'}},
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "stop_sequence", "stop_sequence": "END"},
            "usage": {
                "input_tokens": 7,
                "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": 2,
                "output_tokens": 4,
            },
        },
        {"type": "message_stop"},
    ]
    assert losses == set()


def test_what_the_upstream_did_not_say_is_made_up() -> None:
    out, _ = written([Start(None, None), Finish(Stop.END), Done()])
    message = events_in(out)[0]["message"]
    assert (message["id"], message["model"], message["usage"]["input_tokens"]) == ("msg_ab12", "m", 0)


def test_calls_open_with_an_empty_piece_and_have_arguments() -> None:
    found, _ = blocks(
        Open(0, ToolCall("i", "f")), Delta(0, '{"a":'), Delta(0, "1}"), Close(0), Open(4, ToolCall("j", "g")), Close(4)
    )
    assert found[0]["content_block"] == {"type": "tool_use", "id": "i", "name": "f", "input": {}}
    pieces = [event["delta"]["partial_json"] for event in found if event["type"] == "content_block_delta"]
    assert pieces == ["", '{"a":', "1}", "", "{}"]


def test_the_signature_stands_right_before_the_end_of_its_block() -> None:
    opaque = Opaque("anthropic", "signature", "S")
    found, _ = blocks(Open(0, Thinking()), Sign(0, opaque), Delta(0, "a"), Delta(0, "b"), Close(0))
    assert kinds(found) == ["thinking", "thinking_delta", "thinking_delta", "signature_delta", "stop"]
    assert found[-2]["delta"]["signature"] == "S"


def test_thinking_of_other_vendors_has_a_signature_too() -> None:
    found, _ = blocks(
        Open(0, Thinking()),
        Delta(0, "a"),
        Close(0),
        Open(1, Thinking(opaque=Opaque("openai", "encrypted", "E"))),
        Close(1),
    )
    assert kinds(found) == [
        "thinking",
        "thinking_delta",
        "signature_delta",
        "stop",
        "thinking",
        "signature_delta",
        "stop",
    ]
    signatures = [event["delta"]["signature"] for event in found if "signature" in event.get("delta", {})]
    assert all(signature.startswith("gate1.") for signature in signatures)
    assert len(set(signatures)) == 2


def test_hidden_thinking_comes_whole() -> None:
    opaque = Opaque("anthropic", "redacted", "D")
    for events in ((Open(0, Thinking(opaque=opaque)), Close(0)), (Open(0, Thinking()), Sign(0, opaque), Close(0))):
        found, _ = blocks(*events)
        assert [event.get("content_block") for event in found] == [{"type": "redacted_thinking", "data": "D"}, None]


def test_empty_blocks_are_not_told() -> None:
    found, losses = blocks(
        Open(0, Text("")),
        Delta(0, ""),
        Close(0),
        Open(1, Thinking()),
        Close(1),
        Open(2, Refusal("")),
        Close(2),
        Open(3, Text("")),
        Delta(3, "x"),
        Close(3),
    )
    assert (kinds(found), found[0]["index"], losses) == (["text", "text_delta", "stop"], 0, set())


def test_citations_come_as_deltas() -> None:
    web, file = Citation(D, {}, "https://a", "t"), Citation(D, {}, title="t")
    found, losses = blocks(Open(0, Text("")), Delta(0, "x"), Cite(0, web), Cite(0, file), Close(0))
    assert kinds(found) == ["text", "text_delta", "citations_delta", "stop"]
    assert found[2]["delta"]["citation"]["url"] == "https://a"
    assert losses == {("citations", "content[0].citations[1]", "dropped")}


def test_blocks_that_come_whole() -> None:
    own = Dialect.ANTHROPIC_MESSAGES
    use = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "x"}}
    back = {"type": "web_search_tool_result", "tool_use_id": "s", "content": []}
    hosted = Foreign(D, "web_search_call", {"type": "tool_use"}, server=True)
    found, losses = blocks(
        Open(0, Foreign(own, "server_tool_use", use, server=True)),
        Close(0),
        Open(1, Foreign(own, "web_search_tool_result", back, server=True)),
        Close(1),
        Open(2, hosted),
        Close(2),
        Open(3, Media(MediaKind.IMAGE, url="https://a")),
        Close(3),
    )
    assert kinds(found) == [
        "server_tool_use",
        "input_json_delta",
        "stop",
        "web_search_tool_result",
        "stop",
        "text",
        "text_delta",
        "stop",
    ]
    assert json.loads(found[1]["delta"]["partial_json"]) == {"query": "x"}
    assert losses == {("server_tools", "content[2]", "dropped"), ("images", "content[3]", "replaced")}


def test_refusals_are_texts() -> None:
    found, _ = blocks(Open(0, Refusal("")), Delta(0, "no"), Close(0))
    assert kinds(found) == ["text", "text_delta", "stop"]


def test_what_only_this_dialect_knows_goes_on() -> None:
    raw = {
        "stop_details": {"type": "refusal"},
        "container": {"id": "c"},
        "context_management": {"applied_edits": []},
        "usage": {"service_tier": "standard"},
    }
    out, _ = written([Start("i", "m"), Finish(Stop.REFUSAL, "refusal", None, raw), Done()])
    last = events_in(out)[-2]
    assert last["delta"]["stop_details"] == raw["stop_details"]
    assert (last["delta"]["container"], last["context_management"]) == (raw["container"], raw["context_management"])
    assert last["usage"]["service_tier"] == "standard"


def test_nothing_to_say_yet() -> None:
    encoder = TRANSLATOR.stream_encoder(decoded(), MINT)
    assert encoder.encode([]) == b""
    encoder.encode([Start("i", "m")])
    assert encoder.encode([Open(0, Text("")), Delta(0, "")]) == b""
    assert encoder.encode([Counted(Usage(output=1)), Finish(Stop.END)]) == b""


def test_an_error_event() -> None:
    encoder = TRANSLATOR.stream_encoder(decoded(), MINT)
    (event,) = events_in(encoder.error_event(GateError(ErrorCode.UPSTREAM_OVERLOADED, "its words")))
    assert event["error"] == {"type": "overloaded_error", "message": "its words"}


PARTS = (
    Thinking("hm", Opaque("google", "thought_signature", "QUJD")),
    Text("Look: é 😀", citations=(Citation(D, {}, "https://a", "t", "quoted"),)),
    ToolCall("call_1", "f", '{"a": [1, 2.5]}'),
    ToolCall("call_2", "g", ""),
    Refusal("not that"),
)


def test_the_vendors_client_puts_it_together() -> None:
    made = Response("id_1", "gpt", PARTS, Stop.TOOL_USE, Usage(input=20, output=7, cache_read=5, reasoning=3))
    out, losses = written(events_of(made))
    message = messages_from(out)
    thinking, text, first, second, refusal = message["content"]
    assert thinking["thinking"] == "hm"
    assert thinking["signature"].startswith("gate1.")
    assert (text["text"], text["citations"][0]["url"], refusal["text"]) == ("Look: é 😀", "https://a", "not that")
    assert (first["id"], first["name"], first["input"]) == ("call_1", "f", {"a": [1, 2.5]})
    assert (second["type"], second["input"]) == ("tool_use", {})
    assert (message["stop_reason"], message["model"], message["id"]) == ("tool_use", "gpt", "id_1")
    usage = message["usage"]
    assert (usage["input_tokens"], usage["cache_read_input_tokens"], usage["output_tokens"]) == (15, 5, 7)
    assert losses == set()


def test_a_stream_of_this_dialect_is_the_same_for_the_vendors_client() -> None:
    from gate.protocols.anthropic_messages.answer import synthesize

    known = {**ANSWER, "content": [one for one in ANSWER["content"] if one["type"] != "block_of_tomorrow"]}
    raw = synthesize(json.dumps(known).encode())
    out, losses = written(stream(raw))
    assert losses == set()
    made, expected = messages_from(out), messages_from(raw)
    # What was not reported is 0 in a stream that Gate writes.
    made["usage"]["cache_creation_input_tokens"] = None
    assert made == expected


@pytest.mark.parametrize("stop", Stop)
def test_every_stop_ends_the_stream(stop: Stop) -> None:
    out, _ = written([Start("i", "m"), Finish(stop), Done()])
    assert events_in(out)[-2]["delta"]["stop_reason"]

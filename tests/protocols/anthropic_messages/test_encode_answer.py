"""gate.protocols.anthropic_messages.encode_answer: what a client of this dialect gets of any vendor's answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.core.usage import Usage
from gate.protocols.anthropic_messages import TRANSLATOR
from gate.protocols.canonical.answer import Response, Stop
from gate.protocols.canonical.parts import (
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
from tests.protocols.anthropic_messages.shapes import ANSWER
from tests.protocols.anthropic_messages.translating import answer, parts

D = Dialect.OPENAI_RESPONSES
SIGNED = Opaque("openai", "encrypted", "Z0FB", "rs_1")


def response(*said: Part, stop: Stop | None = Stop.END, **more: Any) -> Response:
    return Response(id=None, model=None, parts=said, stop=stop, **more)


def blocks(*said: Part) -> tuple[list[dict[str, Any]], set[tuple[str, str, str]]]:
    made, losses = answer(response(*said))
    return made["content"], losses


def test_a_whole_message() -> None:
    usage = Usage(input=120, output=30, cache_read=100, cache_write=10, reasoning=5)
    made, losses = answer(
        Response("id_1", "gpt", (Text("x"),), Stop.STOP_SEQUENCE, usage, stop_word="stop", stop_sequence="END")
    )
    assert made == {
        "id": "id_1",
        "type": "message",
        "role": "assistant",
        "model": "gpt",
        "content": [{"type": "text", "text": "x"}],
        "stop_reason": "stop_sequence",
        "stop_sequence": "END",
        "usage": {
            "input_tokens": 10,
            "cache_creation_input_tokens": 10,
            "cache_read_input_tokens": 100,
            "output_tokens": 30,
            "output_tokens_details": {"thinking_tokens": 5},
        },
    }
    assert losses == set()


def test_what_the_upstream_did_not_say_is_made_up() -> None:
    made, _ = answer(response())
    assert (made["id"], made["model"], made["content"]) == ("msg_ab12", "m", [])
    assert (made["stop_reason"], made["stop_sequence"], made["usage"]["output_tokens"]) == ("end_turn", None, 0)


def test_calls_and_their_arguments() -> None:
    made, losses = blocks(
        ToolCall("i", "f", '{"a": 1.50, "b": [null]}'), ToolCall("j", "g", ""), ToolCall("k", "h", "{")
    )
    assert [block["input"] for block in made] == [{"a": 1.5, "b": [None]}, {}, {"arguments": "{"}]
    assert losses == {("other", "content[2].input", "approximated")}


@pytest.mark.parametrize(
    "thought",
    [Thinking("t", SIGNED), Thinking("", SIGNED), Thinking("t"), Thinking("t", Opaque("anthropic", "signature", "S"))],
)
def test_thinking_comes_back_as_it_was(thought: Thinking) -> None:
    made, losses = blocks(thought)
    assert made[0]["signature"]
    assert losses == set()
    (back,) = parts(*made, role="assistant")
    assert isinstance(back, Thinking)
    assert (back.text, back.opaque) == (thought.text, thought.opaque)


def test_hidden_thinking() -> None:
    made, _ = blocks(Thinking("", Opaque("anthropic", "redacted", "D")), Thinking(""))
    assert made == [{"type": "redacted_thinking", "data": "D"}]
    theirs = Opaque("other", "redacted", "D")
    made, _ = blocks(Thinking("", theirs))
    assert made[0]["type"] == "thinking"
    (back,) = parts(*made, role="assistant")
    assert isinstance(back, Thinking)
    assert back.opaque == theirs


def test_citations() -> None:
    own = Citation(Dialect.ANTHROPIC_MESSAGES, {"type": "page_location", "x": 1})
    web = Citation(D, {}, "https://a", "t", "quoted")
    file = Citation(D, {}, title="t")
    made, losses = blocks(Text("x", citations=(own, web, file)))
    first, second = made[0]["citations"]
    assert first == own.raw
    assert (second["type"], second["url"], second["title"], second["cited_text"]) == (
        "web_search_result_location",
        "https://a",
        "t",
        "quoted",
    )
    assert losses == {("citations", "content[0].citations[2]", "dropped")}


def test_what_the_vendors_servers_did_is_no_call() -> None:
    hosted = Foreign(D, "web_search_call", {"type": "web_search_call"}, server=True, text="never shown")
    made, losses = blocks(Text("a"), hosted, Foreign(D, "x", {}), Foreign(D, "y", {}, text="y"))
    assert [block["text"] for block in made] == ["a"]
    assert losses == {
        ("server_tools", "content[1]", "dropped"),
        ("other", "content[2]", "dropped"),
        ("other", "content[3]", "dropped"),
    }


def test_pictures_refusals_and_nothing() -> None:
    made, losses = blocks(
        Refusal("no"),
        Media(MediaKind.IMAGE, data="QUJD"),
        Media(MediaKind.IMAGE, url="https://a"),
        Text(""),
        Refusal(""),
    )
    assert [block["text"] for block in made] == ["no", "[image](https://a)"]
    assert losses == {("images", "content[1]", "dropped"), ("images", "content[2]", "replaced")}


@pytest.mark.parametrize("stop", Stop)
def test_every_stop(stop: Stop) -> None:
    made, _ = answer(response(Text("x"), stop=stop))
    assert made["stop_reason"] in (
        "end_turn",
        "max_tokens",
        "stop_sequence",
        "tool_use",
        "pause_turn",
        "refusal",
        "model_context_window_exceeded",
    )


def test_an_answer_of_this_dialect_keeps_everything() -> None:
    extra = {
        "stop_details": {"type": "refusal"},
        "container": {"id": "c"},
        "context_management": {"applied_edits": []},
    }
    usage = {
        "input_tokens": 1,
        "cache_creation_input_tokens": 3,
        "cache_read_input_tokens": 5,
        "cache_creation": {"ephemeral_5m_input_tokens": 1, "ephemeral_1h_input_tokens": 2},
        "output_tokens": 7,
        "output_tokens_details": {"thinking_tokens": 4},
        "service_tier": "standard",
        "server_tool_use": {"web_search_requests": 1},
    }
    whole = {**ANSWER, **extra, "usage": usage}
    made, losses = answer(TRANSLATOR.decode_answer(json.dumps(whole).encode(), "anthropic"))
    assert (made, losses) == (whole, set())

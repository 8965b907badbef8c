"""gate.protocols.openai_chat.encode_thinking: earlier thinking for those who read it, and for nobody else."""

from __future__ import annotations

from gate.core.profile import Quirks
from gate.protocols.canonical.parts import (
    Media,
    MediaKind,
    Opaque,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from tests.protocols.openai_chat.translating import PIXEL, assistant, user
from tests.protocols.openai_chat.translating import text_part as text
from tests.protocols.openai_chat.translating import upstream_messages as sent

A, B = ToolCall("c1", "f", '{"a":1}'), ToolCall("c2", "g")
IMAGE = Media(MediaKind.IMAGE, "image/png", PIXEL)
DEEPSEEK = Quirks(thinking_field="reasoning_content", thinking_input=True)


def test_thinking_is_left_out_where_it_is_not_read() -> None:
    thought = Thinking("hm", Opaque("anthropic", "signature", "s"))
    found, losses = sent(assistant(thought, Text("x")), assistant(thought, path="messages[3]"))
    assert found == [{"role": "assistant", "content": "x"}]
    assert losses == {
        ("thinking", "messages[1].content[0]", "dropped"),
        ("thinking", "messages[3].content[0]", "dropped"),
    }
    assert sent(assistant(thought))[0] == []


def test_thinking_goes_back_where_it_is_read() -> None:
    found, losses = sent(
        assistant(Thinking("a"), Thinking("b", Opaque("anthropic", "signature", "s")), A),
        user(ToolResult("c1")),
        assistant(B, path="messages[3]"),
        user(ToolResult("c2")),
        assistant(Text("x"), path="messages[5]"),
        quirks=DEEPSEEK,
        vendor="deepseek",
        typed=False,
    )
    assert found[0]["reasoning_content"] == "a\n\nb"
    # DeepSeek refuses calls without it, even when there was none.
    assert found[2]["reasoning_content"] == ""
    assert "reasoning_content" not in found[4]
    assert losses == {("thinking", "messages[1].content[1]", "approximated")}


def test_mistrals_thinking_is_part_of_the_content() -> None:
    quirks = Quirks(thinking_field="content", thinking_input=True)
    found, _ = sent(assistant(Thinking("a"), Text("x")), assistant(A), quirks=quirks, vendor="mistral", typed=False)
    assert found[0]["content"] == [{"type": "thinking", "thinking": [text("a")]}, text("x")]
    assert sent(assistant(Text("x")), quirks=quirks, vendor="mistral")[0][0]["content"] == "x"


def test_openrouter_gets_its_own_details_again() -> None:
    opaque = Opaque("openrouter", "reasoning_detail", '{"type":"reasoning.text","index":0,"signature":"s"}')
    sealed = Opaque("openrouter", "reasoning_detail", '{"type":"reasoning.encrypted","data":"z"}')
    said = assistant(Thinking("hm", opaque), Thinking("", sealed), A)
    found, losses = sent(said, vendor="openrouter", typed=False)
    assert found[0]["reasoning_details"] == [
        {"type": "reasoning.text", "index": 0, "signature": "s", "text": "hm"},
        {"type": "reasoning.encrypted", "data": "z"},
    ]
    assert losses == set()
    found, losses = sent(said, vendor="groq")
    assert b"reasoning" not in str(found).encode()
    assert {action for _, _, action in losses} == {"dropped"}


def test_other_vendors_thinking_stands_beside_openrouters_own() -> None:
    opaque = Opaque("openrouter", "reasoning_detail", '{"type":"reasoning.encrypted","data":"z"}')
    quirks = Quirks(thinking_field="reasoning", thinking_input=True)
    said = assistant(Thinking("theirs", Opaque("anthropic", "signature", "s")), Thinking("", opaque), A)
    found, losses = sent(said, assistant(B), quirks=quirks, vendor="openrouter", typed=False)
    assert (found[0]["reasoning"], found[0]["reasoning_details"]) == (
        "theirs",
        [{"type": "reasoning.encrypted", "data": "z"}],
    )
    assert losses == {("thinking", "messages[1].content[0]", "approximated")}


def test_googles_signature_goes_where_its_chat_layer_gave_it() -> None:
    call = ToolCall("c1", "f", "{}", opaque=Opaque("google", "thought_signature", "c2ln"))
    found, _ = sent(assistant(call), vendor="google", typed=False)
    assert found[0]["tool_calls"][0]["extra_content"] == {"google": {"thought_signature": "c2ln"}}

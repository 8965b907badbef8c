"""gate.protocols.anthropic_messages.encode_blocks: parts as an upstream's blocks, and what that costs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.core.loss import Use
from gate.core.profile import NO_QUIRKS, Quirks
from gate.protocols.anthropic_messages.body import json_text
from gate.protocols.anthropic_messages.encode_blocks import BlockWriter, text_block, unanswered
from gate.protocols.anthropic_messages.ledger import Ledger
from gate.protocols.canonical.parts import Citation, Foreign, Media, MediaKind, Opaque, Part, Refusal, Text, Thinking
from gate.protocols.translation import Aim
from tests.protocols.anthropic_messages.translating import PNG, called, result, told

OWN, CHAT = Dialect.ANTHROPIC_MESSAGES, Dialect.OPENAI_CHAT
CACHE = {"type": "ephemeral"}
Losses = set[tuple[str, str, str]]


def writer(dialect: Dialect = CHAT, quirks: Quirks = NO_QUIRKS) -> tuple[BlockWriter, Ledger]:
    ledger = Ledger(dialect)
    return BlockWriter(Aim("claude-x", "anthropic", quirks), ledger, dialect), ledger


@pytest.mark.parametrize(
    ("part", "block", "losses"),
    [
        (Text("x", CACHE), {"type": "text", "text": "x", "cache_control": CACHE}, set()),
        (Text(" \n\t"), None, set()),
        (Text("", CACHE, (Citation(OWN, {}),)), None, set()),
        (Refusal("no"), {"type": "text", "text": "no"}, set()),
        (
            Text("x", citations=(Citation(CHAT, {}, "u"),)),
            {"type": "text", "text": "x"},
            {("citations", "p.citations[0]", "dropped")},
        ),
        (Foreign(CHAT, "k", {}, text="said"), {"type": "text", "text": "said"}, {("other", "p", "replaced")}),
        (Foreign(CHAT, "k", {}, server=True), None, {("server_tools", "p", "dropped")}),
        (Thinking("hm"), None, {("thinking", "p", "dropped")}),
        (called(), None, {("other", "p", "dropped")}),
    ],
)
def test_words(part: Part, block: object, losses: Losses) -> None:
    blocks, ledger = writer()
    assert blocks.words(part, "p") == block
    assert told(ledger.losses) == losses


def test_what_is_this_dialects_own_goes_back_as_it_came() -> None:
    cited = {"type": "char_location", "cited_text": "c"}
    mixed = Text("x", citations=(Citation(OWN, cited), Citation(CHAT, {}, "u")))
    block = {"type": "server_tool_use", "id": "s"}
    served = Foreign(OWN, "server_tool_use", block, server=True)
    blocks, ledger = writer(OWN)
    assert blocks.words(mixed, "p") == {"type": "text", "text": "x", "citations": [cited]}
    assert blocks.words(served, "p") == block
    assert told(ledger.losses) == {("citations", "p.citations[1]", "dropped")}
    blocks, ledger = writer(OWN, Quirks(cannot=frozenset({Use.SERVER_TOOL_HISTORY})))
    assert blocks.words(served, "p") is None
    assert told(ledger.losses) == {("server_tools", "p", "dropped")}


@pytest.mark.parametrize(
    ("part", "input_taken", "block"),
    [
        (
            Thinking("hm", Opaque("anthropic", "signature", "EqQB")),
            False,
            {"type": "thinking", "thinking": "hm", "signature": "EqQB"},
        ),
        (Thinking("", Opaque("anthropic", "redacted", "c2Vj")), False, {"type": "redacted_thinking", "data": "c2Vj"}),
        (Thinking("hm", Opaque("anthropic", "odd", "x")), True, None),
        (Thinking("hm", Opaque("openai", "encrypted", "tok")), True, None),
        (Thinking("hm"), True, {"type": "thinking", "thinking": "hm", "signature": ""}),
        (Thinking("hm"), False, None),
        (Thinking(""), True, None),
    ],
)
def test_thinking_goes_to_the_vendor_of_its_token(part: Thinking, input_taken: bool, block: object) -> None:
    blocks, ledger = writer(quirks=Quirks(thinking_input=input_taken))
    assert blocks.thinking(part, "p") == block
    assert told(ledger.losses) == (set() if block else {("thinking", "p", "dropped")})


@pytest.mark.parametrize(
    ("arguments", "spelled", "losses"),
    [
        ('{"b":1.0,"a":[]}', '{"b":1.0,"a":[]}', set()),
        ("  ", "{}", set()),
        ("[1]", '{"arguments":"[1]"}', {("other", "p.arguments", "approximated")}),
        ('{"cut', '{"arguments":"{\\"cut"}', {("other", "p.arguments", "approximated")}),
    ],
)
def test_calls(arguments: str, spelled: str, losses: Losses) -> None:
    blocks, ledger = writer()
    block = blocks.call(called("call_1", "f", arguments), "toolu_1", "p")
    assert json_text(block) == f'{{"type":"tool_use","id":"toolu_1","name":"f","input":{spelled}}}'
    assert told(ledger.losses) == losses


@pytest.mark.parametrize(
    ("content", "error", "members"),
    [
        ((), False, {}),
        ((Text(" "),), False, {}),
        ((Text("ok"),), False, {"content": [{"type": "text", "text": "ok"}]}),
        ((), True, {"content": [{"type": "text", "text": "The tool failed and said nothing."}], "is_error": True}),
        (
            (Text("a"), Media(MediaKind.IMAGE, "image/png", data=PNG)),
            True,
            {
                "content": [
                    {"type": "text", "text": "a"},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
                ],
                "is_error": True,
            },
        ),
    ],
)
def test_results(content: tuple[Part, ...], error: bool, members: dict[str, Any]) -> None:
    blocks, ledger = writer()
    block = blocks.result(result("call_1", *content, error=error), "toolu_1", "p")
    assert json.loads(json_text(block)) == {"type": "tool_result", "tool_use_id": "toolu_1", **members}
    assert ledger.losses == ()


def test_a_result_without_its_call_and_a_call_without_its_result() -> None:
    blocks, ledger = writer()
    assert blocks.orphan(result("call_9", Text("ok"), Text("")), "p") == [
        {"type": "text", "text": "[Result of the tool call call_9]"},
        {"type": "text", "text": "ok"},
    ]
    assert told(ledger.losses) == {("other", "p", "replaced")}
    assert unanswered("toolu_1") == {
        "type": "tool_result",
        "tool_use_id": "toolu_1",
        "content": [{"type": "text", "text": "The tool was not run, or its result is not known."}],
        "is_error": True,
    }
    assert text_block("\u00a0\n") is None

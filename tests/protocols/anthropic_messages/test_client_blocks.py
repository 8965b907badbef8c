"""gate.protocols.anthropic_messages.client_blocks: parts of an answer as blocks for a client of this dialect."""

from __future__ import annotations

import pytest

from gate.core.dialect import Dialect
from gate.protocols.anthropic_messages.body import json_text
from gate.protocols.anthropic_messages.client_blocks import arguments, citation, redacted, signature, thinking, whole
from gate.protocols.anthropic_messages.ledger import Ledger
from gate.protocols.canonical.parts import Citation, Foreign, Media, MediaKind, Opaque, Part, Text, Thinking
from gate.protocols.opaque import unpack
from tests.protocols.anthropic_messages.translating import told

SIGNED = Opaque("anthropic", "signature", "EqQB")
HIDDEN = Opaque("anthropic", "redacted", "c2VjcmV0")
OPENAI = Opaque("openai", "encrypted", "tok", "rs_1")
OWN, CHAT = Dialect.ANTHROPIC_MESSAGES, Dialect.OPENAI_CHAT


def test_a_signature_is_genuine_or_an_envelope() -> None:
    assert signature(SIGNED) == "EqQB"
    assert signature(OPENAI).startswith("gate1.")
    assert unpack(signature(OPENAI), "anthropic", "signature") == OPENAI
    assert unpack(signature(None), "anthropic", "signature") == Opaque("gate", "unsigned", "")


@pytest.mark.parametrize(
    ("part", "block"),
    [
        (Thinking(), None),
        (Thinking("hm", SIGNED), {"type": "thinking", "thinking": "hm", "signature": "EqQB"}),
        (Thinking("", SIGNED), {"type": "thinking", "thinking": "", "signature": "EqQB"}),
        (Thinking("hm", OPENAI), {"type": "thinking", "thinking": "hm", "signature": signature(OPENAI)}),
        (Thinking("hm"), {"type": "thinking", "thinking": "hm", "signature": signature(None)}),
        (Thinking("", HIDDEN), {"type": "redacted_thinking", "data": "c2VjcmV0"}),
    ],
)
def test_thinking(part: Thinking, block: object) -> None:
    assert thinking(part) == block


def test_only_anthropics_own_redacted_thinking_is_redacted() -> None:
    assert redacted(HIDDEN) == {"type": "redacted_thinking", "data": "c2VjcmV0"}
    assert redacted(SIGNED) is None
    assert redacted(Opaque("other", "redacted", "c2VjcmV0")) is None
    assert redacted(None) is None


@pytest.mark.parametrize(
    ("text", "spelled", "losses"),
    [
        ('{"b": 1.0, "a": "é"}', '{"b":1.0,"a":"é"}', set()),
        ("", "{}", set()),
        (" \n", "{}", set()),
        ('{"a": "cut o', '{"arguments":"{\\"a\\": \\"cut o"}', {("other", "parts[0]", "approximated")}),
        ("[1]", '{"arguments":"[1]"}', {("other", "parts[0]", "approximated")}),
    ],
)
def test_arguments_are_an_object(text: str, spelled: str, losses: set[tuple[str, str, str]]) -> None:
    ledger = Ledger()
    assert json_text(arguments(text, "parts[0]", ledger)) == spelled
    assert told(ledger.losses) == losses


def test_citations() -> None:
    ledger = Ledger()
    raw = {"type": "char_location", "cited_text": "x", "document_index": 0}
    assert citation(Citation(OWN, raw), "p", ledger) is raw
    made = citation(Citation(CHAT, {}, "https://x.test", "T"), "p", ledger)
    assert made is not None
    assert unpack(str(made["encrypted_index"]), "anthropic", "") == Opaque("gate", "citation", "")
    assert {name: made[name] for name in made if name != "encrypted_index"} == {
        "type": "web_search_result_location",
        "cited_text": "",
        "title": "T",
        "url": "https://x.test",
    }
    assert ledger.losses == ()
    assert citation(Citation(CHAT, {}, "", "T"), "p", ledger) is None
    assert told(ledger.losses) == {("citations", "p", "dropped")}


SERVED = {"type": "server_tool_use", "id": "srvtoolu_1"}


@pytest.mark.parametrize(
    ("part", "block", "loss"),
    [
        (Foreign(OWN, "server_tool_use", SERVED, server=True), SERVED, None),
        (Foreign(CHAT, "x", {}, server=True, text="said"), None, ("server_tools", "p", "dropped")),
        (Foreign(CHAT, "x", {}), None, ("other", "p", "dropped")),
        (
            Media(MediaKind.IMAGE, url="https://x.test/a.png"),
            {"type": "text", "text": "[image](https://x.test/a.png)"},
            ("images", "p", "replaced"),
        ),
        (Media(MediaKind.AUDIO, "audio/wav", data="aGk="), None, ("audio", "p", "dropped")),
        (Media(MediaKind.VIDEO, data="aGk="), None, ("audio", "p", "dropped")),
        (Text("never streamed"), None, ("other", "p", "dropped")),
    ],
)
def test_parts_that_come_whole(part: Part, block: object, loss: tuple[str, str, str] | None) -> None:
    ledger = Ledger()
    assert whole(part, "p", ledger) == block
    assert told(ledger.losses) == ({loss} if loss else set())

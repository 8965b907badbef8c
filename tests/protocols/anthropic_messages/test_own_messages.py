"""gate.protocols.anthropic_messages.own_messages: the same objects, but for thinking that is not this vendor's."""

from __future__ import annotations

import json
from typing import Any

from msgspec.structs import replace

from gate.core.dialect import Dialect
from gate.protocols.anthropic_messages import TRANSLATOR
from gate.protocols.canonical.parts import Citation, Opaque, Text
from gate.protocols.canonical.tools import prepare
from gate.protocols.opaque import pack, sign_id
from gate.protocols.translation import Aim
from tests.protocols.anthropic_messages.translating import answer, answered, decoded, encoded

HI = {"role": "user", "content": "hi"}
GOOGLE = Opaque("google", "thought_signature", "QUJD")


def sent(*messages: dict[str, Any], vendor: str = "anthropic") -> tuple[list[Any], set[tuple[str, str, str]]]:
    body, losses = encoded(decoded(messages=list(messages)), vendor=vendor)
    return body["messages"], losses


def thought(signature: str) -> dict[str, Any]:
    return {"type": "thinking", "thinking": "t", "signature": signature}


def said(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


WORDS = {"type": "text", "text": "x", "beside": 1}


def test_envelopes_of_others_are_left_out() -> None:
    body, losses = sent(HI, said(thought(pack(GOOGLE, "anthropic")), WORDS), HI)
    assert body == [HI, said(WORDS), HI]
    assert losses == {("thinking", "messages[1].content[0]", "dropped")}


def test_a_message_of_nothing_else_is_left_out() -> None:
    body, losses = sent(HI, said(thought(pack(GOOGLE, "anthropic"))), HI)
    assert body == [HI, HI]
    assert len(losses) == 1


def test_envelopes_go_back_to_their_maker_opened() -> None:
    opaque = Opaque("deepseek", "signature", "S")
    body, losses = sent(HI, said(thought(pack(opaque, "anthropic")), WORDS), vendor="deepseek")
    assert body == [HI, said(thought("S"), WORDS)]
    assert losses == set()


def test_genuine_signatures_are_left_alone_and_go_to_no_other_vendor() -> None:
    hidden = {"type": "redacted_thinking", "data": "D", "x": 1}
    body, losses = sent(HI, said(thought("S"), hidden, WORDS))
    assert (body, losses) == ([HI, said(thought("S"), hidden, WORDS)], set())
    body, losses = sent(HI, said(thought("S"), hidden, WORDS), vendor="deepseek")
    assert body == [HI, said(WORDS)]
    assert len(losses) == 2


def test_thinking_without_a_signature_goes_back_as_it_came() -> None:
    bare = {"type": "thinking", "thinking": "t"}
    assert sent(HI, said(bare, WORDS), vendor="deepseek") == ([HI, said(bare, WORDS)], set())


def test_citations_that_gate_made_for_its_client_never_come_back() -> None:
    made, _ = answer(
        replace(
            answered(),
            parts=(Text("cited", citations=(Citation(Dialect.OPENAI_CHAT, {}, "https://a", "t"),)), Text("plain")),
        )
    )
    assert made["content"][0]["citations"][0]["url"] == "https://a"
    body, losses = sent(HI, {"role": "assistant", "content": made["content"]}, HI)
    assert body[1] == said({"type": "text", "text": "cited"}, {"type": "text", "text": "plain"})
    assert losses == set()


def test_genuine_citations_beside_those_stay() -> None:
    genuine = {"type": "page_location", "cited_text": "c", "document_index": 0}
    made = {"type": "web_search_result_location", "url": "https://a", "encrypted_index": "gate1.Z2F0ZQ.Y2l0YXRpb24.."}
    body, losses = sent(HI, said({"type": "text", "text": "x", "citations": [made, genuine]}), HI)
    assert (body[1], losses) == (said({"type": "text", "text": "x", "citations": [genuine]}), set())


def test_ids_with_a_signature_of_google_lose_it() -> None:
    call_id = sign_id("toolu_1", GOOGLE)
    use = {"type": "tool_use", "id": call_id, "name": "f", "input": {"a": 1}}
    back = {"type": "tool_result", "tool_use_id": call_id, "content": "ok", "is_error": False}
    request = decoded(messages=[HI, said(WORDS, use), {"role": "user", "content": [back]}])
    prepared = prepare(request, TRANSLATOR.tools)
    body = json.loads(TRANSLATOR.encode_request(prepared.request, Aim("m", "anthropic")).body)
    assert body["messages"][1]["content"] == [
        WORDS,
        {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1}},
    ]
    (result,) = body["messages"][2]["content"]
    assert (result["tool_use_id"], result["content"]) == ("toolu_1", [{"type": "text", "text": "ok"}])


def test_a_part_that_a_transformer_changed_is_written_anew() -> None:
    request = decoded(
        messages=[
            {"role": "user", "content": [WORDS, {"type": "image", "source": {"type": "url", "url": "https://a"}}]}
        ]
    )
    (message,) = request.messages
    changed = replace(message, raw=None, parts=(Text("new", {"type": "ephemeral"}), message.parts[1]))
    body, losses = encoded(replace(request, messages=(changed,)))
    assert body["messages"] == [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "new", "cache_control": {"type": "ephemeral"}},
                {"type": "image", "source": {"type": "url", "url": "https://a"}},
            ],
        }
    ]
    assert losses == set()

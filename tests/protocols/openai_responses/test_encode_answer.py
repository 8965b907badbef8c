"""gate.protocols.openai_responses.encode_answer: whole responses for a client."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.core.usage import Usage
from gate.protocols.canonical.answer import Response, Stop
from gate.protocols.canonical.parts import Citation, Part, Refusal, Text, ToolCall
from gate.protocols.openai_responses.encode_answer import encode_answer
from tests.protocols.openai_responses.canonical import MINT, decode


def written(*parts: Part, stop: Stop | None = Stop.END, **members: Any) -> tuple[dict[str, Any], set[tuple[str, str]]]:
    """The body; feature and action of each loss."""
    answer = Response(members.pop("id", None), members.pop("model", None), parts, stop, **members)
    body, losses = encode_answer(answer, decode(), MINT)
    return json.loads(body), {(loss.feature.value, loss.action.value) for loss in losses}


def test_what_the_upstream_did_not_give_is_minted() -> None:
    body, losses = written(Text("hi"))
    named = {name: body[name] for name in ("id", "object", "created_at", "model", "status", "incomplete_details")}
    assert named == {
        "id": "resp_abc123",
        "object": "response",
        "created_at": 1700000000,
        "model": "gpt-x",
        "status": "completed",
        "incomplete_details": None,
    }
    (message,) = body["output"]
    assert (message["type"], message["role"], message["status"]) == ("message", "assistant", "completed")
    assert [(part["type"], part["text"]) for part in message["content"]] == [("output_text", "hi")]
    assert losses == set()


def test_what_the_upstream_gave_is_kept() -> None:
    body, _ = written(id="resp_7", model="m-1", created=5, usage=Usage(input=3, output=4), raw={"service_tier": "flex"})
    assert (body["id"], body["model"], body["created_at"], body["service_tier"]) == ("resp_7", "m-1", 5, "flex")
    assert (body["usage"]["input_tokens"], body["usage"]["output_tokens"], body["usage"]["total_tokens"]) == (3, 4, 7)
    assert body["output"] == []
    assert written(id="msg_1")[0]["id"] == "resp_abc123"


@pytest.mark.parametrize(
    ("stop", "status", "details"),
    [
        (Stop.END, "completed", None),
        (Stop.TOOL_USE, "completed", None),
        (Stop.MAX_TOKENS, "incomplete", {"reason": "max_output_tokens"}),
    ],
)
def test_why_it_ended(stop: Stop, status: str, details: object) -> None:
    body, _ = written(Text("x"), stop=stop)
    assert (body["status"], body["incomplete_details"]) == (status, details)


def test_calls_and_refusals() -> None:
    body, losses = written(Refusal("no"), ToolCall("call_1", "f", '{"a": 1}'), stop=Stop.TOOL_USE)
    message, call = body["output"]
    assert message["content"] == [{"type": "refusal", "refusal": "no"}]
    assert {name: call[name] for name in ("type", "call_id", "name", "arguments")} == {
        "type": "function_call",
        "call_id": "call_1",
        "name": "f",
        "arguments": '{"a": 1}',
    }
    assert losses == set()


def test_a_citation_without_an_address_is_a_loss() -> None:
    cited = Text("x", citations=(Citation(Dialect.ANTHROPIC_MESSAGES, {"type": "char_location"}),))
    body, losses = written(cited)
    assert body["output"][0]["content"][0]["annotations"] == []
    assert losses == {("citations", "dropped")}

"""One request and its answer between two dialects."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.core.errors import ErrorCode, GateError
from gate.core.failure import FailureKind
from gate.core.loss import Feature, Loss, LossAction, Use
from gate.core.profile import Quirks
from gate.core.usage import Usage
from gate.protocols.canonical.parts import Opaque
from gate.protocols.codec import Piece
from gate.protocols.crossing import Crossing
from gate.protocols.opaque import read_id, sign_id
from gate.protocols.registry import translator
from gate.protocols.transformers.chain import Transformers, chain
from gate.protocols.translation import Aim, Mint

CHAT, RESPONSES = translator(Dialect.OPENAI_CHAT), translator(Dialect.OPENAI_RESPONSES)
MINT = Mint("ab12", 1_700_000_000)
CUSTOM = {"type": "custom", "name": "exec", "description": "Runs code.", "format": {"type": "text"}}


def asked(body: dict[str, Any], *, vendor: str = "other", **options: Any) -> Crossing:
    """A responses client on a chat upstream."""
    request = RESPONSES.decode_request(json.dumps(body).encode(), model="m", stream=body.get("stream", False))
    return Crossing(RESPONSES, CHAT, request, Aim("up", vendor), MINT, **options)


def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> bytes:
    event = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "up-1", **more}
    event["choices"] = [{"index": 0, "delta": delta, "finish_reason": finish}]
    return b"data: " + json.dumps(event).encode() + b"\n\n"


def events(pieces: Sequence[Piece]) -> list[dict[str, Any]]:
    lines = b"".join(piece.forward for piece in pieces).split(b"\n")
    return [json.loads(line[6:]) for line in lines if line.startswith(b"data: {")]


def test_a_text_stream() -> None:
    tap = asked({"model": "m", "input": "hi", "stream": True}).tap()
    first = tap.feed(chunk({"role": "assistant", "content": ""}))
    assert (first.content, first.failure) == (False, None)
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    pieces = [
        first,
        tap.feed(chunk({"content": "Hel"})),
        tap.feed(chunk({"content": "lo"})),
        tap.feed(chunk({}, "stop", usage=usage)),
        tap.feed(b"data: [DONE]\n\n"),
        tap.end(),
    ]
    assert pieces[1].content
    assert pieces[4].done
    told = events(pieces)
    assert [event["delta"] for event in told if event["type"] == "response.output_text.delta"] == ["Hel", "lo"]
    assert told[-1]["type"] == "response.completed"
    assert sum(piece.events for piece in pieces) == len(told)
    answer = tap.answer()
    assert (answer.usage, answer.finish_reasons, answer.response_id) == (Usage(input=3, output=2), ("stop",), "c1")


def test_a_custom_tool_is_a_function_upstream_and_itself_again_for_the_client() -> None:
    crossing = asked({"model": "m", "input": "hi", "stream": True, "tools": [CUSTOM]})
    (tool,) = json.loads(crossing.body)["tools"]
    assert (tool["type"], tool["function"]["name"]) == ("function", "exec")
    assert Loss(Feature.TOOL_KINDS, "tools[0]", LossAction.EMULATED) in crossing.losses
    tap = crossing.tap()
    call = {"index": 0, "id": "k1", "type": "function", "function": {"name": "exec", "arguments": ""}}
    more = [{"index": 0, "function": {"arguments": piece}} for piece in ('{"inp', 'ut":"ls"}')]
    pieces = [tap.feed(chunk({"tool_calls": [one]})) for one in (call, *more)]
    pieces += [tap.feed(chunk({}, "tool_calls")), tap.feed(b"data: [DONE]\n\n")]
    done = [event["item"] for event in events(pieces) if event["type"] == "response.output_item.done"]
    assert [(item["type"], item["name"], item["input"]) for item in done] == [("custom_tool_call", "exec", "ls")]


def test_openais_own_tools_stay_what_they_are_at_openai_and_in_the_clients_own_dialect() -> None:
    tool = {"type": "custom", "custom": {"name": "exec"}}
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "hi"}], "tools": [tool]}).encode()
    request = CHAT.decode_request(body, model="m", stream=False)
    for upstream, vendor, kind in (
        (RESPONSES, "openai", "custom"),
        (RESPONSES, "other", "function"),
        (CHAT, "x", "custom"),
    ):
        crossing = Crossing(CHAT, upstream, request, Aim("up", vendor), MINT)
        assert json.loads(crossing.body)["tools"][0]["type"] == kind


def test_a_whole_answer_and_the_stream_it_would_have_been() -> None:
    message = {"role": "assistant", "content": "Hello"}
    body = {
        "id": "c1", "object": "chat.completion", "created": 1, "model": "up-1",
        "choices": [{"index": 0, "message": message, "finish_reason": "length"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
    }  # fmt: skip
    crossing = asked({"model": "m", "input": "hi"})
    answer, out = crossing.whole(json.dumps(body).encode())
    response = json.loads(out)
    assert (answer.finish_reasons, answer.response_model) == (("length",), "up-1")
    assert (response["status"], response["output"][0]["content"][0]["text"]) == ("incomplete", "Hello")
    _, stream = asked({"model": "m", "input": "hi", "stream": True}).streamed(json.dumps(body).encode())
    assert events([Piece(stream, True, 0)])[-1]["response"]["output"] == response["output"]
    with pytest.raises(ValueError):
        crossing.whole(b"{}")


def test_an_error_in_the_stream_is_told_with_its_words() -> None:
    tap = asked({"model": "m", "input": "hi", "stream": True}).tap()
    begun = events([tap.feed(chunk({"content": "Hel"}))])[0]
    piece = tap.feed(b'data: {"error":{"message":"too busy","code":503,"type":"overloaded_error"}}\n\n')
    assert piece.failure is not None
    assert (piece.failure.kind, piece.words, piece.forward) == (FailureKind.OVERLOADED, "too busy", b"")
    event = events([Piece(tap.error_event(GateError(ErrorCode.UPSTREAM_OVERLOADED, "too busy")), True, 0)])[-1]
    assert (event["type"], event["response"]["id"]) == ("response.failed", begun["response"]["id"])


def test_a_stream_that_breaks_off_is_a_failure_not_an_end() -> None:
    tap = asked({"model": "m", "input": "hi", "stream": True}).tap()
    tap.feed(chunk({"content": "Hel"}))
    piece = tap.end()
    assert piece.failure is not None
    assert (piece.failure.kind, piece.done) == (FailureKind.TRUNCATED_STREAM, False)


def test_a_thought_signature_goes_to_the_client_in_the_calls_id_and_comes_back() -> None:
    opaque = Opaque("google", "thought_signature", "c2lnbmF0dXJl")
    google = {"google": {"thought_signature": opaque.data}}
    call = {"id": "k1", "type": "function", "function": {"name": "f", "arguments": "{}"}, "extra_content": google}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    body = {"id": "c", "model": "g", "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}
    _, out = asked({"model": "m", "input": "hi"}).whole(json.dumps(body).encode())
    (item,) = [item for item in json.loads(out)["output"] if item["type"] == "function_call"]
    assert read_id(item["call_id"]) == ("k1", opaque)
    history = [
        {"type": "function_call", "call_id": sign_id("k1", opaque), "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": sign_id("k1", opaque), "output": "42"},
    ]
    sent = json.loads(asked({"model": "m", "input": history}).body)["messages"]
    assert sent[0]["tool_calls"][0]["id"] == sent[1]["tool_call_id"] == "k1"


def test_transformers_see_the_request_and_the_answer() -> None:
    transformers: Transformers = chain([{"use": "maxtoken", "limit": 7}])
    crossing = asked({"model": "m", "input": "hi", "max_output_tokens": 100}, transformers=transformers)
    assert json.loads(crossing.body)["max_completion_tokens"] == 7


def test_tools_a_provider_does_not_run_are_left_out() -> None:
    tool = {"type": "web_search"}
    body = json.dumps({"model": "m", "input": "hi", "tools": [tool]}).encode()
    request = RESPONSES.decode_request(body, model="m", stream=False)
    messages = translator(Dialect.ANTHROPIC_MESSAGES)
    runs = Crossing(RESPONSES, messages, request, Aim("claude-sonnet-4-5", "anthropic"), MINT)
    assert json.loads(runs.body)["tools"][0]["type"].startswith("web_search_")
    quirks = Quirks(cannot=frozenset({Use.WEB_SEARCH}))
    lacks = Crossing(RESPONSES, messages, request, Aim("claude-sonnet-4-5", "anthropic", quirks), MINT)
    assert "tools" not in json.loads(lacks.body)
    assert Loss(Feature.SERVER_TOOLS, "tools[0]", LossAction.DROPPED) in lacks.losses


def test_a_limit_beyond_the_models_own_becomes_the_models_own() -> None:
    body = b'{"model":"m","input":"hi","max_output_tokens":128000}'
    request = RESPONSES.decode_request(body, model="m", stream=False)
    crossing = Crossing(RESPONSES, CHAT, request, Aim("up", "other", max_output_tokens=64), MINT)
    assert json.loads(crossing.body)["max_completion_tokens"] == 64
    assert Loss(Feature.PARAMETERS, "max_tokens", LossAction.APPROXIMATED) in crossing.losses


def test_counting_needs_an_endpoint_that_counts() -> None:
    with pytest.raises(GateError) as refused:
        asked({"model": "m", "input": "hi"}, counting=True)
    assert refused.value.code is ErrorCode.UPSTREAM_REJECTED
    request = CHAT.decode_request(b'{"model":"m","messages":[{"role":"user","content":"hi"}]}', model="m", stream=False)
    crossing = Crossing(CHAT, RESPONSES, request, Aim("up", "openai"), MINT, counting=True)
    assert json.loads(crossing.body)["model"] == "up"
    answer, out = crossing.counted(b'{"object":"response.input_tokens","input_tokens":11}')
    assert (answer.input_tokens, json.loads(out)["input_tokens"]) == (11, 11)

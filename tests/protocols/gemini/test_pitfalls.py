"""Each pitfall of Gemini that bit somebody, by its name. The codec's own tests hold the details; these hold the line
from one dialect to the other and back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from gate.core.dialect import Dialect, Operation
from gate.core.failure import FailureKind
from gate.core.usage import Usage
from gate.protocols.canonical.answer import Event, Open, Response, Stop
from gate.protocols.canonical.events import folded
from gate.protocols.canonical.parts import Foreign, Opaque, Text, Thinking, ToolCall, ToolResult
from gate.protocols.canonical.request import Message, Tool, ToolKind
from gate.protocols.canonical.restore import Restorer
from gate.protocols.canonical.tools import prepare
from gate.protocols.gemini import CODEC, TRANSLATOR
from gate.protocols.opaque import ID_MARK, read_id
from tests.protocols import reading
from tests.protocols.gemini.shapes import (
    CALL,
    SECOND,
    asked,
    chunk,
    decode,
    encode,
    events,
    model,
    response,
    told,
    user,
    whole,
)
from tests.protocols.gemini.test_request import FULL, snaked

GENUINE = Opaque("google", "thought_signature", "c2lnbmVk")


def restored(found: list[Event]) -> Response:
    """As a client of another dialect gets it."""
    return folded(Restorer({}, keeps_signature=False, token="cafe").feed(found))


def test_a_thought_signature_rides_in_the_tool_id_and_comes_back_on_the_call() -> None:
    """Gemini 3 refuses a call that comes back without its signature; other dialects keep nothing but the id."""
    answer = restored(events(chunk([CALL]) + chunk([SECOND], "STOP")))
    calls = [part for part in answer.parts if isinstance(part, ToolCall)]
    assert [ID_MARK in call.id for call in calls] == [True, False]
    results = [ToolResult(call.id, (Text("ok"),)) for call in calls]
    request = prepare(asked(user(Text("a")), model(*calls), user(*results)), TRANSLATOR.tools).request
    body, _ = encode(request)
    assert body["contents"][1]["parts"] == [CALL, SECOND]
    assert [part["functionResponse"]["id"] for part in body["contents"][2]["parts"]] == ["fc-1", "fc-2"]


def test_an_id_that_a_client_has_altered_still_links_its_result() -> None:
    """OpenClaw strips what is no letter or digit."""
    answer = restored(events(chunk([CALL], "STOP")))
    (call,) = (part for part in answer.parts if isinstance(part, ToolCall))
    altered = call.id.replace("_", "").replace("-", "")
    assert read_id(altered)[1] == GENUINE
    turns = (user(Text("a")), model(ToolCall(altered, "Bash")), user(ToolResult(altered, (Text("ok"),))))
    body, losses = encode(prepare(asked(*turns), TRANSLATOR.tools).request)
    call_part, result_part = body["contents"][1]["parts"][0], body["contents"][2]["parts"][0]
    assert call_part["functionCall"]["id"] == result_part["functionResponse"]["id"]
    assert losses == ()


def test_a_call_of_another_vendors_model_has_googles_stand_in() -> None:
    body, _ = encode(asked(user(Text("a")), model(ToolCall("toolu_1", "f")), user(ToolResult("toolu_1"))))
    assert body["contents"][1]["parts"][0]["thoughtSignature"] == "skip_thought_signature_validator"


def test_no_other_vendors_token_is_sent_as_a_signature() -> None:
    theirs = Opaque("anthropic", "signature", "theirs")
    body, _ = encode(asked(user(Text("a")), model(Thinking("hm", theirs), ToolCall("1", "f", opaque=theirs))))
    assert "theirs" not in json.dumps(body)
    assert "gate1" not in json.dumps(body)


def test_camel_case_and_snake_case_requests_are_the_same_and_answers_are_camel_case() -> None:
    camel, snake = (
        CODEC.scan(json.dumps(FULL).encode(), Operation.CHAT),
        CODEC.scan(json.dumps(snaked(FULL)).encode(), Operation.CHAT),
    )
    assert replace(camel, conversation_at=None) == replace(snake, conversation_at=None)
    answer = whole(response({"candidates": [{"content": {"parts": [CALL]}, "finishReason": "STOP"}]}))
    assert {"functionCall", "thoughtSignature"} <= answer["candidates"][0]["content"]["parts"][0].keys()


def test_what_google_runs_never_reaches_a_client_as_a_tool_call() -> None:
    parts = [{"executableCode": {"code": "1"}}, {"toolCall": {"toolType": "URL_CONTEXT", "args": {}}}]
    answer = restored(events(chunk(parts, "STOP")))
    assert all(isinstance(part, Foreign) and part.server for part in answer.parts)
    assert answer.stop is Stop.END


def test_another_vendors_server_tool_never_reaches_a_gemini_client_as_a_call() -> None:
    foreign = Foreign(Dialect.ANTHROPIC_MESSAGES, "server_tool_use", {"name": "web_search"}, server=True)
    answer = whole(Response("a", "m", (foreign, Text("b")), Stop.END))
    assert answer["candidates"][0]["content"]["parts"] == [{"text": "b"}]


def test_stop_with_calls_is_tool_use() -> None:
    assert folded(events(chunk([CALL]) + chunk([{"text": ""}], "STOP"))).stop is Stop.TOOL_USE


def test_thoughts_are_not_in_the_candidates_count() -> None:
    counts = {"promptTokenCount": 5, "candidatesTokenCount": 7, "thoughtsTokenCount": 11, "totalTokenCount": 23}
    found = response({"candidates": [{"finishReason": "STOP"}], "usageMetadata": counts})
    assert found.usage == Usage(input=5, output=18, reasoning=11)
    assert whole(found)["usageMetadata"] == counts


def test_the_cached_part_is_in_the_prompts_count() -> None:
    counts = {"promptTokenCount": 50, "cachedContentTokenCount": 40, "candidatesTokenCount": 1, "totalTokenCount": 51}
    found = response({"candidates": [{"finishReason": "STOP"}], "usageMetadata": counts})
    assert found.usage == Usage(input=50, output=1, cache_read=40)


def test_parallel_results_are_in_one_turn_and_as_many_as_calls() -> None:
    calls = [ToolCall(str(at), f"f{at}") for at in range(3)]
    late = [Message(user().role, (ToolResult(str(at), (Text(str(at)),)),)) for at in (2, 0, 1)]
    body, losses = encode(asked(user(Text("a")), model(*calls), *late))
    names = [part["functionResponse"]["name"] for part in body["contents"][2]["parts"]]
    assert (names, len(body["contents"]), losses) == (["f0", "f1", "f2"], 3, ())


def test_json_schema_keywords_outside_the_subset_do_not_fail_the_request() -> None:
    """`exclusiveMinimum` in `parameters` is a 400 for the whole request; Claude Code's own tools have it."""
    schema = {"type": "object", "properties": {"a": {"type": "integer", "exclusiveMinimum": 0}}}
    body, _ = encode(asked(user(Text("a")), tools=(Tool(ToolKind.FUNCTION, "f", schema=schema),)))
    declared = body["tools"][0]["functionDeclarations"][0]
    assert declared["parametersJsonSchema"] == schema
    assert "parameters" not in declared


def test_tool_names_google_refuses_are_mapped_and_put_back() -> None:
    tool = Tool(ToolKind.FUNCTION, "1st/tool with spaces", path="tools[0]")
    prepared = prepare(asked(user(Text("a")), tools=(tool,)), TRANSLATOR.tools)
    name = encode(prepared.request)[0]["tools"][0]["functionDeclarations"][0]["name"]
    assert name != tool.name
    answer = events(chunk([{"functionCall": {"name": name, "args": {}}}], "STOP"))
    made = folded(Restorer(prepared.names, keeps_signature=False, token="cafe").feed(answer))
    assert [part.name for part in made.parts if isinstance(part, ToolCall)] == [tool.name]


def test_a_stream_has_no_end_marker_but_its_finish_reason() -> None:
    tap = CODEC.tap(reading.SCANNED)
    tap.feed(chunk([{"text": "a"}]))
    broken = tap.end().failure
    assert broken is not None
    assert broken.kind is FailureKind.TRUNCATED_STREAM
    tap.feed(chunk([], "STOP"))
    assert tap.end().failure is None


def test_an_overflow_is_recognised() -> None:
    words = "The input token count (1048577) exceeds the maximum number of tokens allowed (1048576)."
    body = json.dumps({"error": {"code": 400, "message": words, "status": "INVALID_ARGUMENT"}}).encode()
    assert CODEC.classify(400, [], body).kind is FailureKind.CONTEXT_OVERFLOW


def test_a_session_goes_to_another_vendor_and_back() -> None:
    """Thinking of both is kept by a Gemini client and told apart when it comes back."""
    own = response(
        {"candidates": [{"content": {"parts": [{"text": "mine", "thought": True}, CALL]}, "finishReason": "STOP"}]}
    )
    theirs = Response(
        "m", "claude-x", (Thinking("theirs", Opaque("anthropic", "signature", "sig")), Text("b")), Stop.END
    )
    history: list[Any] = [{"role": "user", "parts": [{"text": "a"}]}]
    for made in (own, theirs):
        history.append(whole(made)["candidates"][0]["content"])
        history.append({"role": "user", "parts": [{"text": "go on"}]})
    request = decode({"contents": history})
    origins = [
        part.opaque.origin
        for one in request.messages
        for part in one.parts
        if isinstance(part, Thinking) and part.opaque
    ]
    assert origins == ["anthropic"]
    body, losses = encode(prepare(request, TRANSLATOR.tools).request)
    assert body["contents"][1]["parts"] == [{"text": "mine", "thought": True}, CALL]
    assert body["contents"][3]["parts"] == [{"text": "b"}]
    assert len(losses) == 1


def test_blocks_of_different_kinds_close_and_open() -> None:
    parts = [{"text": "a", "thought": True}, {"text": "b"}, CALL, {"text": "c"}]
    opened = [type(event.part) for event in events(chunk(parts, "STOP")) if isinstance(event, Open)]
    assert opened == [Thinking, Text, ToolCall, Text]
    assert folded(events(told(folded(events(chunk(parts, "STOP")))))).parts[1] == Text("b")

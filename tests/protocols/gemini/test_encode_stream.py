"""gate.protocols.gemini.encode_stream and encode_answer: canonical answers for a Gemini client."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.core.dialect import Dialect
from gate.core.errors import ErrorCode, GateError
from gate.core.loss import Feature, Loss, LossAction
from gate.core.usage import Usage
from gate.protocols.canonical.answer import Response, Stop
from gate.protocols.canonical.events import events_of, folded
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
from gate.protocols.gemini import TRANSLATOR
from gate.protocols.opaque import MARK64
from gate.protocols.sse import iter_events
from tests.protocols import vendor_sdks
from tests.protocols.gemini.shapes import MINT, STREAM, WHOLE, asked, events, response, told, whole

A = LossAction
OTHER = Opaque("anthropic", "signature", "c2lnbmF0dXJl")
STAND_IN = "skip_thought_signature_validator"
USAGE = Usage(input=30, output=12, cache_read=10, reasoning=2)


def answer(*parts: Part, stop: Stop = Stop.END, **more: Any) -> Response:
    return Response("msg_1", "claude-x", parts, stop, USAGE, **more)


def chunks(made: Response) -> list[dict[str, Any]]:
    return [json.loads(data) for _, data in iter_events(told(made))]


def parts_of(made: Response) -> list[Any]:
    found = whole(made)
    vendor_sdks.check_generate_answer(found)
    return found["candidates"][0]["content"]["parts"]


def lost(made: Response) -> list[Loss]:
    encoder = TRANSLATOR.stream_encoder(asked(), MINT)
    encoder.encode(events_of(made))
    assert tuple(encoder.losses) == TRANSLATOR.encode_answer(made, asked(), MINT)[1]
    return list(encoder.losses)


def test_chunks_as_gemini_sends_them() -> None:
    call = ToolCall("toolu_1", "Bash", '{"command":"ls"}')
    first, second, last = chunks(answer(Text("Hi"), call, stop=Stop.TOOL_USE))
    assert first["candidates"] == [{"content": {"parts": [{"text": "Hi"}], "role": "model"}, "index": 0}]
    made = {"functionCall": {"id": "toolu_1", "name": "Bash", "args": {"command": "ls"}}, "thoughtSignature": STAND_IN}
    assert second["candidates"][0]["content"]["parts"] == [made]
    assert last["candidates"] == [
        {"content": {"parts": [{"text": ""}], "role": "model"}, "index": 0, "finishReason": "STOP"}
    ]
    assert last["usageMetadata"] == {
        "promptTokenCount": 30,
        "cachedContentTokenCount": 10,
        "candidatesTokenCount": 10,
        "thoughtsTokenCount": 2,
        "totalTokenCount": 42,
    }
    for one in (first, second, last):
        assert (one["modelVersion"], one["responseId"]) == ("claude-x", "msg_1")
        vendor_sdks.check_generate_answer(one)


def test_what_the_upstream_did_not_give() -> None:
    found = whole(Response(None, None, (Text("a"),), Stop.END))
    assert (found["modelVersion"], found["responseId"]) == ("asked", "cafe01")
    assert "usageMetadata" not in found


def test_an_empty_answer() -> None:
    assert parts_of(answer()) == [{"text": ""}]


@pytest.mark.parametrize(
    ("stop", "word", "finish"),
    [
        (Stop.END, "end_turn", "STOP"),
        (Stop.TOOL_USE, "tool_calls", "STOP"),
        (Stop.STOP_SEQUENCE, None, "STOP"),
        (Stop.PAUSE, "pause_turn", "STOP"),
        (Stop.MAX_TOKENS, "length", "MAX_TOKENS"),
        (Stop.CONTEXT_FULL, None, "MAX_TOKENS"),
        (Stop.REFUSAL, "refusal", "SAFETY"),
        (Stop.REFUSAL, "RECITATION", "RECITATION"),
        (Stop.OTHER, "MALFORMED_FUNCTION_CALL", "MALFORMED_FUNCTION_CALL"),
        (Stop.OTHER, "something", "OTHER"),
    ],
)
def test_why_it_ended(stop: Stop, word: str | None, finish: str) -> None:
    made = answer(Text("a"), stop=stop, stop_word=word)
    assert whole(made)["candidates"][0]["finishReason"] == finish
    assert chunks(made)[-1]["candidates"][0]["finishReason"] == finish


def test_only_the_first_call_stands_in_for_a_signature() -> None:
    own = Opaque("google", "thought_signature", "c2ln")
    first, second = parts_of(answer(ToolCall("1", "f"), ToolCall("2", "g"), stop=Stop.TOOL_USE))
    assert (first["thoughtSignature"], "thoughtSignature" in second) == (STAND_IN, False)
    (genuine,) = parts_of(answer(ToolCall("", "f", opaque=own)))
    assert genuine == {"functionCall": {"name": "f", "args": {}}, "thoughtSignature": "c2ln"}


def test_another_vendors_thought_comes_back_whole() -> None:
    """Through the client's hands as a stream, in base64 as its SDK wants it, and into the next request."""
    made = answer(Thinking("Let me see", OTHER), Text("Well"), Thinking("", Opaque("anthropic", "redacted", "eHg=")))
    history = [part for one in chunks(made) for part in one["candidates"][0]["content"]["parts"]]
    tokens = [part["thoughtSignature"] for part in history if "thoughtSignature" in part]
    assert all(token.startswith(MARK64) and base64.b64decode(token, validate=True) for token in tokens)
    seen = vendor_sdks.generated_from(told(made))
    assert [
        part.thought_signature for one in seen for part in one.candidates[0].content.parts if part.thought_signature
    ]
    for parts in (history, parts_of(made)):
        body = {"contents": [{"role": "user", "parts": [{"text": "a"}]}, {"role": "model", "parts": parts}]}
        found = TRANSLATOR.decode_request(json.dumps(body).encode(), model="m", stream=True)
        assert [part for part in found.messages[1].parts if isinstance(part, Thinking)] == [
            Thinking("Let me see", OTHER),
            Thinking("", Opaque("anthropic", "redacted", "eHg=")),
        ]


def test_arguments_that_are_no_object_are_kept_as_text() -> None:
    made = answer(ToolCall("1", "f", "{broken"))
    assert parts_of(made)[0]["functionCall"]["args"] == {"arguments": "{broken"}
    assert lost(made) == [Loss(Feature.OTHER, "content[0].arguments", A.MOVED)]


def test_lone_surrogates_in_arguments_fit_in_no_body() -> None:
    for arguments in (r'{"a":"\ud83d"}', '{"a":"\ud83d"}', "\ud83d"):
        made = answer(ToolCall("1", "f", arguments))
        assert whole(made)["candidates"][0]["content"] == chunks(made)[0]["candidates"][0]["content"]


def test_citations_are_grounding() -> None:
    cited = Citation(Dialect.ANTHROPIC_MESSAGES, {}, "https://a.example", "A", start=6, end=10)
    again = Citation(Dialect.OPENAI_CHAT, {}, "https://a.example")
    nowhere = Citation(Dialect.ANTHROPIC_MESSAGES, {})
    made = answer(Text("Grüße Welt", citations=(cited, again, nowhere)))
    grounding = whole(made)["candidates"][0]["groundingMetadata"]
    assert grounding == {
        "groundingChunks": [{"web": {"uri": "https://a.example", "title": "A"}}],
        "groundingSupports": [
            {"segment": {"startIndex": 8, "endIndex": 12, "text": "Welt"}, "groundingChunkIndices": [0]},
            {"segment": {"startIndex": 0, "endIndex": 12, "text": "Grüße Welt"}, "groundingChunkIndices": [0]},
        ],
    }
    assert chunks(made)[-1]["candidates"][0]["groundingMetadata"] == grounding
    assert lost(made) == [Loss(Feature.CITATIONS, "citations", A.DROPPED)]


def test_blocks_of_other_kinds() -> None:
    made = answer(
        Refusal("I will not"),
        Media(MediaKind.IMAGE, "image/png", data="AA"),
        Foreign(Dialect.ANTHROPIC_MESSAGES, "server_tool_use", {"type": "server_tool_use"}, server=True),
        Foreign(Dialect.OPENAI_RESPONSES, "x", {}, text="readable"),
        Foreign(Dialect.GEMINI, "executableCode", {"executableCode": {"code": "1"}}, server=True),
    )
    assert parts_of(made) == [
        {"text": "I will not"},
        {"inlineData": {"mimeType": "image/png", "data": "AA"}},
        {"executableCode": {"code": "1"}},
    ]
    assert lost(made) == [
        Loss(Feature.SERVER_TOOLS, "content[2]", A.DROPPED),
        Loss(Feature.OTHER, "content[3]", A.DROPPED),
    ]


def test_the_error_event() -> None:
    encoder = TRANSLATOR.stream_encoder(asked(), MINT)
    ((_, data),) = iter_events(encoder.error_event(GateError(ErrorCode.UPSTREAM_INTERRUPTED, "broke off")))
    assert json.loads(data)["error"]["status"] == "UNAVAILABLE"


def test_geminis_own_answer_passes_through() -> None:
    assert [json.loads(data) for _, data in iter_events(told(response(WHOLE)))][-1]["usageMetadata"] == WHOLE[
        "usageMetadata"
    ]
    made = whole(folded(events(STREAM)))
    assert made["candidates"][0]["content"] == WHOLE["candidates"][0]["content"]
    assert made["candidates"][0]["finishReason"] == "STOP"


words = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
opaques = st.builds(Opaque, st.sampled_from(["anthropic", "openai"]), st.just("signature"), words)
blocks = st.one_of(
    st.builds(Text, words),
    st.builds(Thinking, words, opaques),
    st.builds(
        lambda name, arguments: ToolCall("id", name, json.dumps(arguments)),
        words,
        st.dictionaries(words, words | st.integers(-(2**53), 2**53), max_size=3),
    ),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(blocks, max_size=5))
def test_whatever_is_said_arrives_streamed_and_whole(said: list[Any]) -> None:
    made = answer(*said)
    stream = told(made)
    for part in events(stream), response(whole(made)):
        found = folded(part) if isinstance(part, list) else part
        assert found.usage == USAGE
        assert "".join(one.text for one in found.parts if isinstance(one, Text)) == "".join(
            one.text for one in said if isinstance(one, Text)
        )
        calls = [(one.name, json.loads(one.arguments)) for one in found.parts if isinstance(one, ToolCall)]
        assert calls == [(one.name, json.loads(one.arguments)) for one in said if isinstance(one, ToolCall)]
    for _, data in iter_events(stream):
        vendor_sdks.check_generate_answer(json.loads(data))

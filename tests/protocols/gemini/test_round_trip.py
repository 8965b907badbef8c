"""What a Gemini client sent, decoded and encoded for Gemini again: nothing is lost, unless it was Gate's own."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gate.protocols.canonical.parts import Opaque
from gate.protocols.canonical.tools import prepare
from gate.protocols.gemini import TRANSLATOR
from gate.protocols.gemini.thoughts import write_token
from gate.protocols.opaque import sign_id
from tests.protocols.gemini.shapes import decode, encode
from tests.protocols.gemini.test_request import FULL, snaked

OTHER = Opaque("anthropic", "signature", "c2ln")


def again(body: dict[str, Any]) -> dict[str, Any]:
    """Also through the tools of the target, which is what an envelope or a transformer sends it through."""
    made, losses = encode(prepare(decode(body), TRANSLATOR.tools).request)
    assert losses == ()
    return made


def test_everything_at_once() -> None:
    body = {
        **FULL,
        "systemInstruction": {"role": "user", "parts": [{"text": "be brief"}]},
        "toolConfig": {
            "functionCallingConfig": {"mode": "VALIDATED"},
            "retrievalConfig": {"languageCode": "de"},
        },
        "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
        "cachedContent": "cachedContents/a",
        "labels": {"team": "x"},
        "serviceTier": "flex",
    }
    body["generationConfig"] = {
        **FULL["generationConfig"],
        "candidateCount": 2,
        "presencePenalty": 0.5,
        "responseLogprobs": True,
        "logprobs": 2,
        "stopSequences": list("abcdefg"),
        "responseModalities": ["TEXT", "IMAGE"],
        "speechConfig": {"languageCode": "de-DE"},
        "mediaResolution": "MEDIA_RESOLUTION_LOW",
    }
    assert again(body) == body


def test_googles_own_tools_stay() -> None:
    tools: list[Any] = [
        {"functionDeclarations": [{"name": "f", "behavior": "BLOCKING", "response": {"type": "STRING"}}]},
        {"googleSearch": {"timeRangeFilter": {}}},
        {"codeExecution": {}},
        {"computerUse": {"environment": "ENVIRONMENT_BROWSER"}},
        {"urlContext": {}},
        {"brandNew": {"a": 1}},
    ]
    assert again({"contents": [], "tools": tools})["tools"] == tools


def test_snake_case_stays_where_it_is_not_gates() -> None:
    made = again(snaked(FULL))
    assert made["contents"] == snaked(FULL)["contents"]
    assert made["tools"][0]["functionDeclarations"] == FULL["tools"][0]["functionDeclarations"]


TOOL_PARTS: list[dict[str, Any]] = [
    {"executableCode": {"code": "1", "language": "PYTHON"}},
    {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
    {"toolCall": {"toolType": "URL_CONTEXT", "id": "t"}, "thoughtSignature": "c2ln"},
    {"newKind": {"a": [1]}, "partMetadata": {"b": 2}},
]
text = st.text(max_size=8)
names = st.sampled_from(["f", "read_file", "a.b:c"])
parts = st.one_of(
    st.builds(lambda said: {"text": said}, text),
    st.builds(lambda said: {"text": said, "thought": True}, text),
    st.builds(lambda said: {"text": said, "thoughtSignature": "c2ln"}, text),
    st.builds(lambda data: {"inlineData": {"mimeType": "image/png", "data": data}, "mediaResolution": {}}, text),
    st.builds(lambda name: {"fileData": {"fileUri": "gs://a/" + name}, "videoMetadata": {"fps": 2}}, text),
    st.builds(lambda name, args: {"functionCall": {"name": name, "args": args}}, names, st.dictionaries(text, text)),
    st.builds(
        lambda name, held: {"functionResponse": {"name": name, "response": held, "scheduling": "SILENT"}},
        names,
        st.dictionaries(text, text),
    ),
    st.sampled_from(TOOL_PARTS),
)
contents = st.lists(
    st.fixed_dictionaries(
        {"parts": st.lists(parts, min_size=1, max_size=4)},
        optional={"role": st.sampled_from(["user", "model", "function"])},
    ),
    max_size=4,
)


@settings(max_examples=300, deadline=None)
@given(contents)
def test_any_history_comes_out_as_it_went_in(history: list[Any]) -> None:
    expected = [{"role": one.get("role", "user"), "parts": one["parts"]} for one in history]
    assert again({"contents": history})["contents"] == expected


def test_what_gate_had_put_in_is_taken_out() -> None:
    signed = sign_id("toolu_1", Opaque("google", "thought_signature", "c2ln"))
    turn = {
        "role": "model",
        "parts": [
            {"text": "", "thought": True, "thoughtSignature": write_token(OTHER)},
            {"text": "a", "thoughtSignature": write_token(OTHER)},
            {"functionCall": {"id": signed, "name": "f", "args": {}}},
        ],
    }
    answered = {
        "role": "user",
        "parts": [{"functionResponse": {"id": signed, "name": "f", "response": {"output": "x"}}}],
    }
    made, losses = encode(prepare(decode({"contents": [turn, answered]}), TRANSLATOR.tools).request)
    assert made["contents"] == [
        {
            "role": "model",
            "parts": [
                {"text": "a"},
                {"functionCall": {"name": "f", "args": {}, "id": "toolu_1"}, "thoughtSignature": "c2ln"},
            ],
        },
        {
            "role": "user",
            "parts": [{"functionResponse": {"name": "f", "response": {"output": "x"}, "id": "toolu_1"}}],
        },
    ]
    assert [loss.feature.value for loss in losses] == ["thinking", "thinking"]
    assert b"gate1" not in json.dumps(made).encode()


def test_what_a_transformer_changed_is_written_anew() -> None:
    request = decode({"contents": [{"parts": [{"text": "a"}]}], "generationConfig": {"maxOutputTokens": 9, "topK": 3}})
    made, _ = encode(replace(request, max_tokens=5))
    assert made["generationConfig"] == {"maxOutputTokens": 5, "topK": 3}

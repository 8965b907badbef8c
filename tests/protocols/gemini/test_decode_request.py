"""gate.protocols.gemini.decode_request, decode_content and decode_tools: a client's request in canonical form."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.core.dialect import Dialect
from gate.core.errors import GateError
from gate.protocols.canonical.parts import Foreign, Media, MediaKind, Opaque, Text, Thinking, ToolCall, ToolResult
from gate.protocols.canonical.request import Effort, OutputFormat, Reasoning, Role, ToolChoice, ToolKind
from gate.protocols.gemini import TRANSLATOR
from gate.protocols.gemini.thoughts import write_token
from tests.protocols.gemini.shapes import decode
from tests.protocols.gemini.test_request import FULL, snaked
from tests.protocols.json_text import values

ELSEWHERE = Opaque("anthropic", "signature", "c2lnbmF0dXJl")


def parts(*given_parts: Any, role: str = "user") -> Any:
    found = decode({"contents": [{"role": role, "parts": list(given_parts)}]}).messages[0].parts
    return found if len(found) != 1 else found[0]


def test_messages_and_their_places() -> None:
    found = decode({**FULL, "contents": [*FULL["contents"], {"parts": [{"text": "no role"}]}]})
    assert [message.role for message in found.messages] == [
        Role.SYSTEM,
        Role.USER,
        Role.ASSISTANT,
        Role.USER,
        Role.USER,
        Role.USER,
    ]
    assert [message.path for message in found.messages][:2] == ["systemInstruction", "contents[0]"]
    assert found.messages[0].top
    assert (found.dialect, found.include_usage, found.model) == (Dialect.GEMINI, True, "asked")


def test_both_spellings_are_the_same_request() -> None:
    camel, snake = decode(FULL), decode(snaked(FULL))
    assert [[_bare(part) for part in one.parts] for one in camel.messages] == [
        [_bare(part) for part in one.parts] for one in snake.messages
    ]
    assert (
        (camel.max_tokens, camel.output)
        == (snake.max_tokens, snake.output)
        == (77, OutputFormat("json_schema", {"type": "object"}))
    )
    assert [tool.name for tool in camel.tools or ()] == [tool.name for tool in snake.tools or ()]
    assert camel.reasoning is not None
    assert snake.reasoning is not None
    assert camel.reasoning.budget == snake.reasoning.budget == 1024


def _bare(part: Any) -> tuple[str, ...]:
    return (type(part).__name__, getattr(part, "text", None) or "", getattr(part, "name", None) or "")


def test_arguments_keep_their_own_spelling() -> None:
    call = parts({"function_call": {"name": "f", "args": {"fileData": 1, "file_data": {"mimeType": 2}}}}, role="model")
    assert json.loads(call.arguments) == {"fileData": 1, "file_data": {"mimeType": 2}}


def test_ids_are_made_of_places_and_link_results_by_name() -> None:
    body: dict[str, Any] = {
        "contents": [
            {"role": "user", "parts": [{"text": "go"}]},
            {"role": "model", "parts": [{"functionCall": {"name": name}} for name in ("a", "b", "a")]},
            {
                "role": "user",
                "parts": [{"functionResponse": {"name": name, "response": {}}} for name in ("b", "a", "a")],
            },
            {"role": "function", "parts": [{"functionResponse": {"name": "c", "response": {}}}]},
        ]
    }
    found = decode(body)
    calls = [part.id for part in found.messages[1].parts if isinstance(part, ToolCall)]
    results = [part.id for message in found.messages[2:] for part in message.parts if isinstance(part, ToolResult)]
    assert calls == ["call_1_0", "call_1_1", "call_1_2"]
    assert results == [calls[1], calls[0], calls[2], "result_3_0"]


def test_ids_that_were_given_stay() -> None:
    body = {
        "contents": [
            {"role": "model", "parts": [{"functionCall": {"name": "f", "id": "x"}}, {"functionCall": {"name": "f"}}]},
            {"parts": [{"functionResponse": {"name": "f"}}, {"functionResponse": {"name": "f", "id": "x"}}]},
        ]
    }
    found = decode(body)
    assert [getattr(part, "id", None) for part in found.messages[0].parts] == ["x", "call_0_1"]
    # The one without an id came first, so it answers the first call that waits.
    assert [getattr(part, "id", None) for part in found.messages[1].parts] == ["x", "x"]


@pytest.mark.parametrize(
    ("response", "text", "error"),
    [
        ({"output": "done"}, "done", False),
        ({"error": "no such file"}, "no such file", True),
        ({"output": {"a": 1}}, '{"a":1}', False),
        ({"result": "x"}, '{"result":"x"}', False),
        ({"output": "x", "error": "y"}, '{"output":"x","error":"y"}', False),
        ("bare", "bare", False),
    ],
)
def test_what_a_function_returned(response: Any, text: str, error: bool) -> None:
    result = parts({"functionResponse": {"name": "f", "response": response}})
    assert (result.content, result.error, result.name) == ((Text(text),), error, "f")


def test_nothing_returned_and_media_returned() -> None:
    assert parts({"functionResponse": {"name": "f", "response": {}}}).content == ()
    picture = {"inlineData": {"mimeType": "image/png", "data": "AA"}}
    result = parts({"functionResponse": {"name": "f", "response": {"output": "see"}, "parts": [picture]}})
    assert result.content == (Text("see"), Media(MediaKind.IMAGE, "image/png", data="AA"))


def test_media() -> None:
    assert parts({"inlineData": {"mimeType": "image/png", "data": "-_8="}}).data == "+/8="
    plain = base64.b64encode("Grüße".encode()).decode()
    assert parts({"inlineData": {"mimeType": "text/markdown", "data": plain}}).text == "Grüße"
    assert parts({"inlineData": {"mimeType": "text/plain", "data": "%%%"}}).data == "%%%"
    assert parts({"fileData": {"fileUri": "files/abc", "mimeType": "application/pdf"}}).file_id == "files/abc"
    page = parts({"fileData": {"fileUri": "https://example.com/a.pdf", "displayName": "A"}})
    assert (page.kind, page.url, page.name) == (MediaKind.DOCUMENT, "https://example.com/a.pdf", "A")


def test_thoughts_and_signatures() -> None:
    own = Opaque("google", "thought_signature", "c2ln")
    assert parts({"text": "hm", "thought": True}).text == "hm"
    text, signature = parts({"text": "a", "thoughtSignature": "c2ln"})
    assert (text.text, signature) == ("a", Thinking(opaque=own))
    call = parts({"functionCall": {"name": "f"}, "thought_signature": "c2ln"}, role="model")
    assert call.opaque == own
    stand_in = parts({"functionCall": {"name": "f"}, "thoughtSignature": "skip_thought_signature_validator"})
    assert stand_in.opaque is None


def test_another_vendors_thought_is_whole_again() -> None:
    """A stream told its words in pieces and its token after them; the client sends all of it back."""
    pieces = [{"text": "Let ", "thought": True}, {"text": "me see", "thought": True}]
    token = {"text": "", "thought": True, "thoughtSignature": write_token(ELSEWHERE)}
    found = parts(*pieces, token, {"text": "Well"}, role="model")
    assert found[0] == Thinking("Let me see", ELSEWHERE)
    assert found[0].raw is None, "an envelope of Gate's own is not sent on as it is"
    assert found[1].text == "Well"


def test_a_damaged_envelope_belongs_to_nobody() -> None:
    token = write_token(ELSEWHERE)
    found = parts({"text": "", "thought": True, "thoughtSignature": token[:-9]}, role="model")
    assert found.opaque.origin in ("unknown", "anthropic")
    assert found.raw is None


def test_what_google_runs_is_no_call_of_the_clients() -> None:
    code, result, search = parts(
        {"executableCode": {"code": "print(1)", "language": "PYTHON"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n"}},
        {"toolCall": {"toolType": "GOOGLE_SEARCH_WEB", "id": "s"}},
        role="model",
    )
    assert all(isinstance(one, Foreign) and one.server for one in (code, result, search))
    assert code.text == "```python\nprint(1)\n```"
    assert "1\n" in result.text
    assert search.text is None


def test_tools() -> None:
    declared = {
        "name": "f",
        "description": "d",
        "parameters": {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}},
    }
    group = {"functionDeclarations": [declared, {"name": "g"}], "googleSearch": {"excludeDomains": ["a.com"]}}
    found = decode({"contents": [], "tools": [group, {"codeExecution": {}}, {"computerUse": {}}, {"brandNew": {}}]})
    assert found.tools is not None
    assert [(tool.kind, tool.name) for tool in found.tools] == [
        (ToolKind.FUNCTION, "f"),
        (ToolKind.FUNCTION, "g"),
        (ToolKind.WEB_SEARCH, "googleSearch"),
        (ToolKind.SERVER, "codeExecution"),
        (ToolKind.VENDOR, "computerUse"),
        (ToolKind.SERVER, "brandNew"),
    ]
    assert found.tools[0].schema == {"type": "object", "properties": {"a": {"type": "string"}}}
    assert found.tools[1].schema is None
    assert found.tools[2].options == {"blocked_domains": ["a.com"]}
    assert [tool.path for tool in found.tools][:3] == [
        "tools[0].functionDeclarations[0]",
        "tools[0].functionDeclarations[1]",
        "tools[0].googleSearch",
    ]
    assert decode({"contents": []}).tools is None


@pytest.mark.parametrize(
    ("calling", "choice"),
    [
        ({"mode": "AUTO"}, ToolChoice("auto")),
        ({"mode": "any"}, ToolChoice("any")),
        ({"mode": "ANY", "allowedFunctionNames": ["f"]}, ToolChoice("tool", "f")),
        ({"mode": "ANY", "allowedFunctionNames": ["f", "g"]}, ToolChoice("any", allowed=("f", "g"))),
        ({"mode": "NONE"}, ToolChoice("none")),
        ({"mode": "VALIDATED", "allowed_function_names": ["f"]}, ToolChoice("auto", allowed=("f",))),
    ],
)
def test_choices(calling: dict[str, Any], choice: ToolChoice) -> None:
    found = decode({"contents": [], "toolConfig": {"functionCallingConfig": calling}})
    assert found.tool_choice == choice
    assert found.others == {}


@pytest.mark.parametrize(
    ("config", "reasoning"),
    [
        ({"thinkingBudget": -1, "includeThoughts": True}, Reasoning(adaptive=True, summary="auto")),
        ({"thinkingBudget": 0}, Reasoning(on=False)),
        ({"thinkingBudget": 512}, Reasoning(on=True, budget=512)),
        ({"thinkingLevel": "low", "includeThoughts": False}, Reasoning(effort=Effort.LOW, summary="omitted")),
        ({"thinkingLevel": "NEW_ONE"}, Reasoning()),
    ],
)
def test_thinking(config: dict[str, Any], reasoning: Reasoning) -> None:
    found = decode({"contents": [], "generationConfig": {"thinkingConfig": config}}).reasoning
    assert found is not None
    assert found.raw == config
    assert Reasoning(found.on, found.adaptive, found.budget, found.effort, found.summary) == reasoning


def test_settings() -> None:
    config = {
        "temperature": 0.5,
        "topP": 0.9,
        "topK": 40,
        "seed": 7,
        "presencePenalty": 0.1,
        "frequencyPenalty": 0.2,
        "candidateCount": 2,
        "responseLogprobs": True,
        "logprobs": 4,
        "stopSequences": ["END"],
        "speechConfig": {"languageCode": "de-DE"},
    }
    found = decode({"contents": [], "generationConfig": config, "safetySettings": [], "serviceTier": "flex"})
    sampling = found.sampling
    assert (sampling.temperature, sampling.top_p, sampling.top_k, sampling.seed) == (0.5, 0.9, 40, 7)
    assert (sampling.presence_penalty, sampling.frequency_penalty) == (0.1, 0.2)
    assert (sampling.choices, sampling.logprobs, found.stop, found.service_tier) == (2, 4, ("END",), "flex")
    assert found.others == {"safetySettings": [], "generationConfig": {"speechConfig": {"languageCode": "de-DE"}}}


@pytest.mark.parametrize(
    ("config", "output", "left"),
    [
        ({"responseMimeType": "application/json"}, OutputFormat("json_object"), {}),
        ({"responseMimeType": "text/plain"}, None, {}),
        (
            {"responseMimeType": "application/json", "responseSchema": {"type": "STRING", "nullable": True}},
            OutputFormat("json_schema", {"type": ["string", "null"]}),
            {},
        ),
        (
            {"responseFormat": {"text": {"mimeType": "APPLICATION_JSON", "schema": {"type": "object"}}}},
            OutputFormat("json_schema", {"type": "object"}),
            {},
        ),
        (
            {"responseMimeType": "text/x.enum", "responseSchema": {"enum": ["a"]}},
            None,
            {"generationConfig": {"responseMimeType": "text/x.enum", "responseSchema": {"enum": ["a"]}}},
        ),
    ],
)
def test_output(config: dict[str, Any], output: OutputFormat | None, left: dict[str, Any]) -> None:
    found = decode({"contents": [], "generationConfig": config})
    assert (found.output, dict(found.others)) == (output, left)


def test_the_body_of_counting() -> None:
    assert decode({"generateContentRequest": {"model": "models/x", **FULL}}).messages == decode(FULL).messages


def test_lone_surrogates_are_mended() -> None:
    body = rb'{"contents":[{"parts":[{"text":"a\ud800b"}]}]}'
    found = TRANSLATOR.decode_request(body, model="m", stream=False).messages[0].parts[0]
    assert isinstance(found, Text)
    assert found.text == "a\ufffdb"


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=200)
    | values.map(lambda text: f'{{"contents":{text},"tools":{text}}}'.encode("utf-8", "replace"))
)
def test_any_bytes_raise_nothing_but_the_codecs_own_error(body: bytes) -> None:
    try:
        TRANSLATOR.decode_request(body, model="m", stream=False)
    except GateError:
        return

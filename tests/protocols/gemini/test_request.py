"""gate.protocols.gemini.request and census: what is read of a request, and the one place that may change."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.core.dialect import Operation
from gate.core.errors import ErrorCode, GateError
from gate.core.loss import Use
from gate.protocols.codec import Scanned, Span
from gate.protocols.gemini import CODEC
from gate.protocols.gemini.names import snake
from tests.protocols.json_text import values

CONTENTS: list[Any] = [{"role": "user", "parts": [{"text": "hi"}]}]


def scan(body: Any, operation: Operation = Operation.CHAT) -> Scanned:
    return CODEC.scan(body if isinstance(body, bytes) else json.dumps(body).encode(), operation)


def uses(**members: Any) -> set[Use]:
    return set(scan({"contents": CONTENTS, **members}).uses)


def part_uses(*parts: Any, role: str = "user") -> set[Use]:
    return set(scan({"contents": [{"role": role, "parts": list(parts)}]}).uses)


def code(body: Any, operation: Operation = Operation.CHAT) -> ErrorCode:
    with pytest.raises(GateError) as error:
        scan(body, operation)
    return error.value.code


def snaked(value: Any) -> Any:
    """The same in protobuf's own spelling of names."""
    if isinstance(value, dict):
        return {snake(name): snaked(one) for name, one in value.items()}
    return [snaked(one) for one in value] if isinstance(value, list) else value


def test_the_least() -> None:
    found = scan({"contents": CONTENTS})
    at = Span(len('{"contents": '), len(json.dumps({"contents": CONTENTS})) - 1)
    assert found == Scanned(model="", model_at=None, stream=False, messages=1, asked_usage=True, conversation_at=at)


FULL: dict[str, Any] = {
    "contents": [
        *CONTENTS,
        {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}}, "thoughtSignature": "c2ln"}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {}}}]},
        {"role": "user", "parts": [{"inlineData": {"mimeType": "image/png", "data": "AA"}}]},
    ],
    "systemInstruction": {"parts": [{"text": "be brief"}]},
    "tools": [{"functionDeclarations": [{"name": "f"}]}, {"googleSearch": {}}],
    "generationConfig": {
        "maxOutputTokens": 77,
        "thinkingConfig": {"thinkingBudget": 1024, "includeThoughts": True},
        "responseMimeType": "application/json",
        "responseJsonSchema": {"type": "object"},
    },
}


@pytest.mark.parametrize("body", [FULL, snaked(FULL)], ids=["camelCase", "snake_case"])
def test_everything_in_both_spellings(body: dict[str, Any]) -> None:
    found = scan(body)
    assert (found.tools, found.images, found.thinking, found.json_schema) == (True, True, True, True)
    assert (found.max_tokens, found.messages) == (77, 4)
    assert found.uses == {Use.IMAGE_DATA, Use.WEB_SEARCH, Use.THINKING, Use.JSON_SCHEMA}


def test_one_object_may_stand_for_an_array_of_one() -> None:
    found = scan(
        {"contents": {"role": "user", "parts": {"fileData": {"fileUri": "gs://b/x.pdf"}}}, "tools": {"googleMaps": {}}}
    )
    assert (found.messages, found.images, found.tools) == (1, True, True)
    assert found.uses == {Use.DOCUMENT_FILE, Use.SERVER_TOOL}


@pytest.mark.parametrize(
    ("part", "use"),
    [
        ({"inlineData": {"mimeType": "image/webp", "data": "AA"}}, Use.IMAGE_DATA),
        ({"fileData": {"fileUri": "https://example.com/a.png"}}, Use.IMAGE_URL),
        (
            {
                "fileData": {
                    "fileUri": "https://generativelanguage.googleapis.com/v1beta/files/a",
                    "mimeType": "image/png",
                }
            },
            Use.IMAGE_FILE,
        ),
        ({"inlineData": {"mimeType": "application/pdf", "data": "AA"}}, Use.DOCUMENT_DATA),
        ({"inline_data": {"mime_type": "text/plain", "data": "AA"}}, Use.DOCUMENT_TEXT),
        ({"fileData": {"fileUri": "https://example.com/a.pdf"}}, Use.DOCUMENT_URL),
        ({"inlineData": {"mimeType": "audio/wav", "data": "AA"}}, Use.AUDIO),
        ({"fileData": {"fileUri": "https://www.youtube.com/watch?v=x"}}, Use.VIDEO),
        ({"text": "hm", "thought": True}, Use.THINKING_HISTORY),
        ({"text": "a", "thoughtSignature": "c2ln"}, Use.THINKING_HISTORY),
        ({"executableCode": {"code": "1", "language": "PYTHON"}}, Use.SERVER_TOOL_HISTORY),
        ({"tool_response": {"toolType": "URL_CONTEXT"}}, Use.SERVER_TOOL_HISTORY),
        ({"newKind": {"a": 1}}, Use.OTHER_BLOCK),
    ],
)
def test_what_a_part_uses(part: dict[str, Any], use: Use) -> None:
    assert part_uses({"text": "before"}, part) == {use}


def test_what_uses_nothing_special() -> None:
    call = {"functionCall": {"name": "f"}, "thoughtSignature": "c2ln"}
    assert part_uses({"text": ""}, call, {"text": "a", "thoughtSignature": "skip_thought_signature_validator"}) == set()


def test_media_in_a_functions_result() -> None:
    picture = {"inlineData": {"mimeType": "image/png", "data": "AA"}}
    found = part_uses({"functionResponse": {"name": "f", "response": {}, "parts": [picture]}})
    assert found == {Use.IMAGE_DATA, Use.TOOL_RESULT_IMAGE}


@pytest.mark.parametrize(
    ("members", "use"),
    [
        ({"tools": [{"codeExecution": {}}]}, Use.SERVER_TOOL),
        ({"tools": [{"mcpServers": [{}]}]}, Use.SERVER_TOOL),
        ({"tools": [{"computerUse": {}}]}, Use.CLIENT_TOOL),
        ({"tools": [{"googleSearchRetrieval": {}}]}, Use.WEB_SEARCH),
        ({"cachedContent": "cachedContents/a"}, Use.STORED_STATE),
        ({"generationConfig": {"candidateCount": 2}}, Use.SEVERAL_CHOICES),
        ({"generationConfig": {"responseLogprobs": True, "logprobs": 3}}, Use.LOGPROBS),
        ({"generationConfig": {"responseMimeType": "application/json"}}, Use.JSON_OBJECT),
        ({"generationConfig": {"responseSchema": {"type": "OBJECT"}}}, Use.JSON_SCHEMA),
        (
            {"generationConfig": {"responseFormat": {"text": {"schema": {}, "mimeType": "APPLICATION_JSON"}}}},
            Use.JSON_SCHEMA,
        ),
        ({"generationConfig": {"thinkingConfig": {"thinkingLevel": "HIGH"}}}, Use.THINKING),
    ],
)
def test_what_the_rest_uses(members: dict[str, Any], use: Use) -> None:
    assert uses(**members) == {use}
    assert uses(**snaked(members)) == {use}


def test_thinking_left_to_the_model_is_no_wish() -> None:
    for config in ({"thinkingBudget": -1}, {"thinkingBudget": 0}, {"includeThoughts": True}, {"thinkingBudget": "x"}):
        found = scan({"contents": CONTENTS, "generationConfig": {"thinkingConfig": config}})
        assert (found.thinking, set(found.uses)) == (False, set())


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", ErrorCode.INVALID_JSON),
        (b"[]", ErrorCode.INVALID_BODY),
        ({}, ErrorCode.INVALID_BODY),
        ({"contents": None}, ErrorCode.INVALID_BODY),
        ({"contents": "hi"}, ErrorCode.INVALID_BODY),
        (b'{"contents": [], "contents": []}', ErrorCode.DUPLICATE_MEMBER),
        (b'{"generationConfig": {}, "generation_config": {}, "contents": []}', ErrorCode.DUPLICATE_MEMBER),
        (b'{"contents":' + b"[" * 100_000, ErrorCode.TOO_DEEP),
    ],
)
def test_what_is_refused(body: Any, expected: ErrorCode) -> None:
    assert code(body) in (expected, ErrorCode.INVALID_JSON)


def test_one_strange_part_does_not_hide_the_others() -> None:
    picture = {"inlineData": {"mimeType": "image/png", "data": "AA"}}
    body = {"contents": [{"parts": 3}, {"parts": [{"inlineData": 5}]}, {"parts": [picture]}]}
    assert scan(body).uses == {Use.IMAGE_DATA}


def test_counting_looks_inside() -> None:
    inner = {"model": "models/gemini-x", "contents": CONTENTS * 2, "tools": [{"functionDeclarations": [{"name": "f"}]}]}
    body = json.dumps({"generateContentRequest": inner}, indent=2).encode()
    found = scan(body, Operation.COUNT_TOKENS)
    assert (found.messages, found.tools) == (2, True)
    assert found.model_at is not None
    assert body[found.model_at.start : found.model_at.end] == b'"models/gemini-x"'
    other = body.replace(b"models/gemini-x", b"models/gemini-y")
    assert CODEC.rewrite(body, found, "gemini-y") == other
    assert CODEC.rewrite(body, found, "models/gemini-y") == other
    assert scan({"contents": CONTENTS}, Operation.COUNT_TOKENS).messages == 1


def test_counting_refuses_what_parsers_disagree_on() -> None:
    inner = b'{"model": "a", "model": "b", "contents": []}'
    assert code(b'{"generateContentRequest": ' + inner + b"}", Operation.COUNT_TOKENS) is ErrorCode.DUPLICATE_MEMBER
    assert code({"generateContentRequest": []}, Operation.COUNT_TOKENS) is ErrorCode.INVALID_BODY


@settings(max_examples=200, deadline=None)
@given(values, values, values)
def test_any_json_is_read_or_refused_and_never_changed(contents: str, config: str, tools: str) -> None:
    body = f'{{"contents":{contents},"generationConfig":{config},"tools":{tools}}}'.encode("utf-8", "surrogatepass")
    try:
        scanned = scan(body)
    except GateError:
        return
    assert CODEC.rewrite(body, scanned, "another") == body


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_raise_nothing_but_the_codecs_own_error(body: bytes) -> None:
    for operation in Operation:
        try:
            scan(body, operation)
        except GateError:
            continue

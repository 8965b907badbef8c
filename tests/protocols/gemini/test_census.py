"""gate.protocols.gemini.census: what a request uses, seen without reading a text."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from gate.core.loss import Use
from gate.protocols.gemini.census import Config, Content, Seen, Tool, config_of, look_at
from gate.protocols.gemini.thoughts import FOREIGN_CALL

PNG = {"mimeType": "image/png", "data": "AAAA"}


def seen_in(*parts: Any) -> Seen:
    found = Seen()
    look_at(msgspec.json.decode(json.dumps({"parts": list(parts)}), type=Content), found)
    return found


@pytest.mark.parametrize(
    ("part", "uses", "pictures"),
    [
        ({"text": "hello"}, set(), False),
        ({"inlineData": PNG}, {Use.IMAGE_DATA}, True),
        ({"inline_data": {"mime_type": "text/plain", "data": "AAAA"}}, {Use.DOCUMENT_TEXT}, True),
        ({"fileData": {"fileUri": "gs://bucket/a.pdf"}}, {Use.DOCUMENT_FILE}, True),
        ({"file_data": {"file_uri": "https://example.com/a.png"}}, {Use.IMAGE_URL}, True),
        ({"fileData": {"fileUri": "https://youtu.be/x"}}, {Use.VIDEO}, False),
        ({"inlineData": {"mimeType": "audio/wav", "data": "AAAA"}}, {Use.AUDIO}, False),
        ({"functionResponse": {"parts": [{"inlineData": PNG}]}}, {Use.IMAGE_DATA, Use.TOOL_RESULT_IMAGE}, True),
        ({"functionResponse": {"response": {"output": "x"}}}, set(), False),
        ({"executable_code": {"code": "1"}}, {Use.SERVER_TOOL_HISTORY}, False),
        ({"text": "hm", "thought": True}, {Use.THINKING_HISTORY}, False),
        ({"text": "hm", "thought": False}, set(), False),
        ({"text": "a", "thoughtSignature": "c2ln"}, {Use.THINKING_HISTORY}, False),
        ({"text": "a", "thoughtSignature": FOREIGN_CALL}, set(), False),
        ({"functionCall": {"name": "f"}, "thoughtSignature": "c2ln"}, set(), False),
        ({"hologram": {"a": 1}}, {Use.OTHER_BLOCK}, False),
        ({"text": None, "thoughtSignature": None}, {Use.OTHER_BLOCK}, False),
    ],
)
def test_parts(part: dict[str, Any], uses: set[Use], pictures: bool) -> None:
    assert seen_in(part) == Seen(uses, pictures)


def test_one_part_or_none_in_the_place_of_an_array() -> None:
    alone, empty = Seen(), Seen()
    look_at(msgspec.json.decode(json.dumps({"parts": {"inlineData": PNG}}), type=Content), alone)
    look_at(msgspec.json.decode(b'{"parts": null}', type=Content), empty)
    assert (alone, empty) == (Seen({Use.IMAGE_DATA}, True), Seen())


@pytest.mark.parametrize(
    ("tool", "uses", "functions"),
    [
        ({"functionDeclarations": [{"name": "f"}]}, set(), True),
        ({"googleSearch": {}}, {Use.WEB_SEARCH}, False),
        ({"enterprise_web_search": {}}, {Use.WEB_SEARCH}, False),
        ({"computerUse": {"environment": "ENVIRONMENT_BROWSER"}}, {Use.CLIENT_TOOL}, False),
        ({"url_context": {}}, {Use.SERVER_TOOL}, False),
        ({"mcpServers": [{"name": "m"}]}, {Use.SERVER_TOOL}, False),
        (
            {"function_declarations": [{}], "google_search": {}, "codeExecution": {}},
            {Use.WEB_SEARCH, Use.SERVER_TOOL},
            True,
        ),
    ],
)
def test_tools(tool: dict[str, Any], uses: set[Use], functions: bool) -> None:
    read, seen = msgspec.json.decode(json.dumps(tool), type=Tool), Seen()
    seen.tool(read)
    assert (seen.uses, read.functions, read.offers) == (uses, functions, True)


@pytest.mark.parametrize("tool", [{}, {"functionDeclarations": []}, {"googleSearch": None, "mcpServers": None}])
def test_tools_that_offer_nothing(tool: dict[str, Any]) -> None:
    read, seen = msgspec.json.decode(json.dumps(tool), type=Tool), Seen()
    seen.tool(read)
    assert (seen.uses, read.offers) == (set(), False)


@pytest.mark.parametrize(
    ("config", "found", "uses"),
    [
        ({"thinkingConfig": {"thinkingBudget": "1024"}}, Config(thinking=True), {Use.THINKING}),
        ({"thinking_config": {"thinking_level": "LOW"}}, Config(thinking=True), {Use.THINKING}),
        ({"thinkingConfig": {"thinkingBudget": 0}}, Config(), set()),
        ({"responseSchema": {}, "responseMimeType": "text/plain"}, Config(json_schema=True), {Use.JSON_SCHEMA}),
        ({"responseFormat": {"text": {"schema": {}}}}, Config(json_schema=True), {Use.JSON_SCHEMA}),
        ({"response_mime_type": "application/json"}, Config(), {Use.JSON_OBJECT}),
        ({"candidateCount": 2, "responseLogprobs": True}, Config(), {Use.SEVERAL_CHOICES, Use.LOGPROBS}),
        ({"candidateCount": 1, "responseLogprobs": False, "maxOutputTokens": 77.0}, Config(max_tokens=77), set()),
        ({"maxOutputTokens": "many", "thinkingConfig": 3, "responseFormat": []}, Config(), set()),
        ([1, 2], Config(), set()),
    ],
)
def test_generation_config(config: Any, found: Config, uses: set[Use]) -> None:
    seen = Seen()
    assert config_of(msgspec.Raw(json.dumps(config).encode()), seen) == found
    assert seen.uses == uses


def test_no_config_and_cached_content() -> None:
    seen = Seen()
    assert config_of(None, seen) == Config()
    seen.cached()
    assert seen.uses == {Use.STORED_STATE}

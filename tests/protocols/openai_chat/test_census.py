"""gate.protocols.openai_chat.census: what a scan says a request uses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from gate.core.dialect import Dialect
from gate.core.loss import Use
from tests.protocols import reading
from tests.protocols.openai_chat import made
from tests.protocols.openai_chat.translating import decoded, encoded

U = Use


def scanned(**members: Any) -> Any:
    body = {"model": "m", "messages": [], **members}
    return reading.scan(Dialect.OPENAI_CHAT, json.dumps(body).encode())


def uses(**members: Any) -> set[Use]:
    return set(scanned(**members).uses)


def in_message(part: Any, role: str = "user") -> set[Use]:
    return uses(messages=[{"role": role, "content": [{"type": "text", "text": "x"}, part]}])


@pytest.mark.parametrize(
    ("part", "found"),
    [
        ({"type": "text", "text": "x"}, set()),
        ({"type": "refusal", "refusal": "x"}, set()),
        ({"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}, {U.IMAGE_DATA}),
        ({"type": "image_url", "image_url": {"url": "https://a/b"}}, {U.IMAGE_URL}),
        ({"type": "image_url", "image_url": "https://a/b"}, {U.IMAGE_URL}),
        ({"type": "image_url", "image_url": "AAAA"}, {U.IMAGE_DATA}),
        ({"type": "image", "image": "AAAA"}, {U.IMAGE_DATA}),
        ({"type": "file", "file": {"file_data": "data:application/pdf;base64,AA"}}, {U.DOCUMENT_DATA}),
        ({"type": "file", "file": {"file_data": "AAAA"}}, {U.DOCUMENT_DATA}),
        ({"type": "file", "file": {"file_data": "https://a/b.pdf"}}, {U.DOCUMENT_URL}),
        ({"type": "file", "file": {"file_data": "data:image/png;base64,AA"}}, {U.IMAGE_DATA}),
        ({"type": "file", "file": {"file_id": "f"}}, {U.DOCUMENT_FILE}),
        ({"type": "document_url", "document_url": "https://a/b"}, {U.DOCUMENT_URL}),
        ({"type": "document_url", "document_url": "data:application/pdf;base64,AA"}, {U.DOCUMENT_DATA}),
        ({"type": "input_audio", "input_audio": {"data": "A", "format": "wav"}}, {U.AUDIO}),
        ({"type": "video_url", "video_url": {"url": "https://a/b"}}, {U.VIDEO}),
        ({"type": "thinking", "thinking": []}, {U.THINKING_HISTORY}),
        ({"type": "hologram"}, {U.OTHER_BLOCK}),
        ({"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}, {U.CACHE_HINTS}),
        ({"type": "text", "text": "x", "cache_control": None}, set()),
        ({"type": "text", "text": "x", "prompt_cache_breakpoint": {"mode": "explicit"}}, {U.CACHE_HINTS}),
        ("a bare string", set()),
    ],
)
def test_content_parts(part: Any, found: set[Use]) -> None:
    assert in_message(part) == found


def test_one_odd_part_does_not_hide_the_others() -> None:
    image = {"type": "image_url", "image_url": {"url": "https://a/b"}}
    messages = [{"role": 5, "content": [image]}, {"role": "user", "content": [7, image]}]
    assert uses(messages=messages) == {U.IMAGE_URL}


def test_pictures_in_results() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}
    assert in_message(image, "tool") == {U.IMAGE_DATA, U.TOOL_RESULT_IMAGE}


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ({"reasoning_content": "x"}, {U.THINKING_HISTORY}),
        ({"reasoning": "x"}, {U.THINKING_HISTORY}),
        ({"reasoning_details": [{"type": "reasoning.text"}]}, {U.THINKING_HISTORY}),
        ({"reasoning_content": "", "reasoning": None, "reasoning_details": []}, set()),
        ({"audio": {"id": "a"}}, {U.AUDIO}),
        ({"audio": None}, set()),
        ({"images": [{"type": "image_url", "image_url": {"url": "https://a/b"}}]}, {U.IMAGE_URL}),
    ],
)
def test_what_an_assistant_said_before(message: dict[str, Any], found: set[Use]) -> None:
    assert uses(messages=[{"role": "assistant", "content": "x", **message}]) == found


@pytest.mark.parametrize(
    ("tool", "found"),
    [
        ({"type": "function", "function": {"name": "f"}}, set()),
        ({"function": {"name": "f"}}, set()),
        ({"type": "custom", "custom": {"name": "c"}}, {U.CUSTOM_TOOL}),
        ({"type": "web_search"}, {U.WEB_SEARCH}),
        ({"type": "browser_search"}, {U.SERVER_TOOL}),
        ({"type": "function", "cache_control": {"type": "ephemeral"}}, {U.CACHE_HINTS}),
    ],
)
def test_tools(tool: dict[str, Any], found: set[Use]) -> None:
    assert uses(tools=[tool]) == found


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ({"response_format": {"type": "json_schema"}}, {U.JSON_SCHEMA}),
        ({"response_format": {"type": "json_object"}}, {U.JSON_OBJECT}),
        ({"response_format": {"type": "text"}}, set()),
        ({"reasoning_effort": "high"}, {U.THINKING}),
        ({"reasoning_effort": "none"}, set()),
        ({"reasoning": {"max_tokens": 9}}, {U.THINKING}),
        ({"thinking": {"type": "enabled"}}, {U.THINKING}),
        ({"thinking": {"type": "adaptive"}}, {U.THINKING}),
        ({"reasoning_format": "parsed"}, {U.THINKING}),
        ({"thinking": {"clear_thinking": False}}, set()),
        ({"enable_thinking": False}, set()),
        ({"n": 2}, {U.SEVERAL_CHOICES}),
        ({"n": 1}, set()),
        ({"logprobs": True}, {U.LOGPROBS}),
        ({"modalities": ["text", "audio"]}, {U.AUDIO}),
        ({"web_search_options": {"search_context_size": "low"}}, {U.WEB_SEARCH}),
        ({"cache_control": {"type": "ephemeral"}}, {U.CACHE_HINTS}),
        ({"n": "two", "logprobs": 1, "modalities": 5, "reasoning": [], "response_format": []}, set()),
    ],
)
def test_what_is_asked_beside_messages(members: dict[str, Any], found: set[Use]) -> None:
    assert uses(**members) == found


@pytest.mark.parametrize(
    ("members", "thinks"),
    [
        ({"reasoning_effort": "low"}, True),
        ({"thinking": {"type": "enabled"}}, True),
        ({"thinking": {"type": "adaptive"}}, False),
        ({"reasoning_format": "parsed"}, False),
        ({"reasoning_effort": "none"}, False),
        ({}, False),
    ],
)
def test_only_who_is_told_to_think_has_to(members: dict[str, Any], thinks: bool) -> None:
    assert scanned(**members).thinking is thinks


def test_the_planners_features_come_of_the_same_count() -> None:
    found = scanned(
        messages=[{"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]}],
        response_format={"type": "json_schema"},
        reasoning_effort="low",
    )
    assert (found.images, found.json_schema, found.thinking, found.messages) == (True, True, True, 1)


@settings(max_examples=100, deadline=None)
@given(made.wire_request)
def test_the_census_knows_what_the_decoder_finds(body: dict[str, Any]) -> None:
    """Sent to another chat provider as if it had come in another dialect, nothing is lost that was not counted."""
    from msgspec.structs import replace

    request = replace(decoded(**body), dialect=Dialect.ANTHROPIC_MESSAGES)
    _, losses = encoded(request, vendor="groq")
    counted = {use.feature for use in uses(**body)}
    exempt = {"sampling", "parameters", "tool_choice", "other"}
    assert {loss.feature for loss in losses if loss.action.hurts and loss.feature not in exempt} <= counted

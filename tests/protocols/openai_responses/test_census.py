"""gate.protocols.openai_responses.census: every use is found on the raw lane, as translation finds it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from gate.core.dialect import Operation
from gate.core.errors import GateError
from gate.core.loss import LossAction, Use
from gate.protocols.canonical.parts import Foreign, Media, MediaKind, Part, Thinking, ToolResult
from gate.protocols.canonical.request import Request, ToolKind
from gate.protocols.openai_responses import CODEC, TRANSLATOR
from tests.protocols.openai_responses.canonical import AIM, requests
from tests.protocols.openai_responses.test_codex import ADDITIONAL, OLDER


def uses(**members: Any) -> frozenset[Use]:
    return CODEC.scan(json.dumps({"model": "m", "input": "hi", **members}).encode(), Operation.CHAT).uses


def of(*items: Any) -> frozenset[Use]:
    return uses(input=list(items))


def said(*content: Any) -> frozenset[Use]:
    return of({"role": "user", "content": list(content)})


def test_a_plain_request_uses_nothing() -> None:
    plain = [{"role": "user", "content": [{"type": "input_text", "text": "x"}]}]
    call = {"type": "function_call", "call_id": "c", "name": "n", "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "c", "output": "x"}
    tools = [{"type": "function", "name": "f", "defer_loading": False}]
    assert uses(input=[*plain, call, output], tools=tools, reasoning={"summary": "auto"}, store=False) == frozenset()


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({"type": "input_image", "image_url": "data:image/png;base64,aGk="}, {Use.IMAGE_DATA}),
        ({"type": "input_image", "image_url": "https://x.test"}, {Use.IMAGE_URL}),
        ({"type": "input_image", "file_id": "f"}, {Use.IMAGE_FILE}),
        ({"type": "input_file", "file_data": "data:application/pdf;base64,aGk="}, {Use.DOCUMENT_DATA}),
        ({"type": "input_file", "file_url": "https://x.test"}, {Use.DOCUMENT_URL}),
        ({"type": "input_file", "file_id": "f"}, {Use.DOCUMENT_FILE}),
        ({"type": "input_audio", "input_audio": {"data": "x", "format": "wav"}}, {Use.AUDIO}),
        ({"type": "output_text", "text": "x", "annotations": []}, set[Use]()),
        ({"type": "output_text", "text": "x", "annotations": [{"type": "url_citation"}]}, {Use.CITATIONS}),
        ({"type": "input_text", "text": "x", "prompt_cache_breakpoint": {"mode": "explicit"}}, {Use.CACHE_HINTS}),
        ({"type": "brand_new"}, {Use.OTHER_BLOCK}),
    ],
)
def test_content(part: dict[str, Any], expected: set[Use]) -> None:
    assert said(part) == expected
    assert said(5, part) == expected


def test_pictures_in_results() -> None:
    image = {"type": "input_image", "image_url": "https://x.test"}
    assert of({"type": "function_call_output", "call_id": "c", "output": [image]}) == {
        Use.IMAGE_URL,
        Use.TOOL_RESULT_IMAGE,
    }


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"type": "reasoning", "summary": []}, {Use.THINKING_HISTORY}),
        ({"type": "custom_tool_call", "call_id": "c", "name": "n", "input": ""}, {Use.CUSTOM_TOOL}),
        ({"type": "function_call", "call_id": "c", "name": "n", "namespace": "s"}, {Use.NAMESPACE_TOOL}),
        ({"type": "tool_search_call", "execution": "client", "call_id": "c"}, {Use.TOOL_SEARCH}),
        ({"type": "tool_search_call", "call_id": "c"}, {Use.TOOL_SEARCH}),
        ({"type": "tool_search_output", "execution": "server", "call_id": "c"}, {Use.SERVER_TOOL_HISTORY}),
        ({"type": "web_search_call", "id": "w"}, {Use.SERVER_TOOL_HISTORY}),
        ({"type": "mcp_list_tools", "id": "w"}, {Use.SERVER_TOOL_HISTORY}),
        ({"type": "brand_new_call", "id": "w"}, {Use.SERVER_TOOL_HISTORY}),
        ({"type": "shell_call", "environment": {"type": "container_reference"}}, {Use.SERVER_TOOL_HISTORY}),
        ({"type": "shell_call", "environment": {"type": "local"}}, {Use.CLIENT_TOOL, Use.OTHER_BLOCK}),
        ({"type": "local_shell_call"}, {Use.CLIENT_TOOL, Use.OTHER_BLOCK}),
        ({"type": "item_reference", "id": "i"}, {Use.STORED_STATE}),
        ({"id": "i"}, {Use.STORED_STATE}),
        ({"type": "compaction", "encrypted_content": "x"}, {Use.OTHER_BLOCK}),
        ({"type": 5}, {Use.OTHER_BLOCK}),
    ],
)
def test_items(item: dict[str, Any], expected: set[Use]) -> None:
    assert of(item) == expected


@pytest.mark.parametrize(
    ("tool", "expected"),
    [
        ({"type": "custom", "name": "c"}, {Use.CUSTOM_TOOL}),
        ({"type": "function", "name": "f", "defer_loading": True}, {Use.DEFERRED_TOOL}),
        ({"type": "namespace", "name": "n", "tools": [{"type": "custom"}]}, {Use.NAMESPACE_TOOL, Use.CUSTOM_TOOL}),
        ({"type": "tool_search", "execution": "client"}, {Use.TOOL_SEARCH}),
        ({"type": "tool_search"}, {Use.SERVER_TOOL}),
        ({"type": "web_search_preview"}, {Use.WEB_SEARCH}),
        ({"type": "code_interpreter"}, {Use.SERVER_TOOL}),
        ({"type": "shell", "environment": {"type": "container_auto"}}, {Use.SERVER_TOOL}),
        ({"type": "shell"}, {Use.CLIENT_TOOL}),
        ({"type": "apply_patch"}, {Use.CLIENT_TOOL}),
    ],
)
def test_tools_wherever_they_stand(tool: dict[str, Any], expected: set[Use]) -> None:
    assert uses(tools=[tool]) == expected
    assert uses(tools=[5, tool]) == expected
    assert of({"type": "additional_tools", "role": "developer", "tools": [tool]}) == expected


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"reasoning": {"effort": "low"}}, {Use.THINKING}),
        ({"text": {"format": {"type": "json_schema"}}}, {Use.JSON_SCHEMA}),
        ({"text": {"format": {"type": "json_object"}}}, {Use.JSON_OBJECT}),
        ({"previous_response_id": "resp_1"}, {Use.STORED_STATE}),
        ({"conversation": {"id": "c"}}, {Use.STORED_STATE}),
        ({"prompt": {"id": "p"}}, {Use.STORED_STATE}),
        ({"previous_response_id": None, "conversation": None}, set[Use]()),
        ({"context_management": [{"type": "compaction"}]}, {Use.CONTEXT_MANAGEMENT}),
        ({"context_management": []}, set[Use]()),
        ({"top_logprobs": 2}, {Use.LOGPROBS}),
        ({"include": ["message.output_text.logprobs"]}, {Use.LOGPROBS}),
    ],
)
def test_members(members: dict[str, Any], expected: set[Use]) -> None:
    assert uses(**members) == expected


def test_codex() -> None:
    assert uses(**OLDER) == {
        Use.CUSTOM_TOOL,
        Use.NAMESPACE_TOOL,
        Use.TOOL_SEARCH,
        Use.WEB_SEARCH,
        Use.THINKING,
    }
    assert of(ADDITIONAL) == {Use.CUSTOM_TOOL, Use.NAMESPACE_TOOL}


def test_a_namespace_within_a_namespace_is_not_followed() -> None:
    deep = b'{"type":"namespace","tools":[' * 300 + b"]}" * 300
    body = b'{"model":"m","input":"x","tools":[' + deep + b"]}"
    try:
        found = CODEC.scan(body, Operation.CHAT).uses
    except GateError:
        return  # nested too deeply for this Python's parser
    assert Use.NAMESPACE_TOOL in found
    assert TRANSLATOR.decode_request(body, model="m", stream=False).tools is not None


@settings(max_examples=100, deadline=None)
@given(requests)
def test_what_translation_finds_the_census_has_found(request: Request) -> None:
    body = TRANSLATOR.encode_request(request, AIM).body
    found = CODEC.scan(body, Operation.CHAT).uses
    again = TRANSLATOR.decode_request(body, model="m", stream=False)
    parts = [part for message in again.messages for part in message.parts]
    parts += [inner for part in parts if isinstance(part, ToolResult) for inner in part.content]
    for part in parts:
        assert _use(part) is None or _use(part) in found
    kinds = {tool.kind for tool in again.tools or ()}
    assert ToolKind.CUSTOM not in kinds or Use.CUSTOM_TOOL in found
    assert (again.output is not None) == bool({Use.JSON_SCHEMA, Use.JSON_OBJECT} & found)


def _use(part: Part) -> Use | None:
    match part:
        case Media(kind=MediaKind.IMAGE):
            return Use.IMAGE_DATA if part.data is not None else Use.IMAGE_URL
        case Media():
            return Use.DOCUMENT_DATA if part.data is not None else Use.DOCUMENT_URL
        case Thinking():
            return Use.THINKING_HISTORY
        case Foreign():
            return Use.OTHER_BLOCK
        case _:
            return None


def test_losses_that_hurt_were_foreseen() -> None:
    assert TRANSLATOR.cannot[Use.THINKING_HISTORY] is LossAction.DROPPED
    assert not TRANSLATOR.cannot[Use.DOCUMENT_TEXT].hurts
    assert Use.CUSTOM_TOOL not in TRANSLATOR.cannot

"""gate.protocols.anthropic_messages.census: everything a request uses, and nothing it does not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gate.core.dialect import Dialect, Operation
from gate.core.loss import Use
from gate.protocols.registry import codec

CACHE = {"type": "ephemeral"}
U = Use


def uses(**members: Any) -> set[Use]:
    body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}], **members}
    return set(codec(Dialect.ANTHROPIC_MESSAGES).scan(json.dumps(body).encode(), Operation.CHAT).uses)


def block(kind: str, **members: Any) -> dict[str, Any]:
    return {"type": kind, **members}


def image(kind: str) -> dict[str, Any]:
    return block("image", source={"type": kind})


def document(kind: str, **members: Any) -> dict[str, Any]:
    return block("document", source={"type": kind}, **members)


def result(*content: Any) -> dict[str, Any]:
    return block("tool_result", tool_use_id="i", content=list(content))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (block("text", text="x"), set()),
        (block("text", text="x", citations=None, cache_control=None), set()),
        (block("text", text="x", citations=[]), set()),
        (block("tool_use", id="i", name="image", input={"type": "image"}), set()),
        (block("tool_result", content="image"), set()),
        (block("tool_result"), set()),
        (result(block("text", text="x")), set()),
        (image("base64"), {U.IMAGE_DATA}),
        (image("url"), {U.IMAGE_URL}),
        (image("file"), {U.IMAGE_FILE}),
        (image("hologram"), {U.OTHER_BLOCK}),
        (result(image("base64")), {U.IMAGE_DATA, U.TOOL_RESULT_IMAGE}),
        (result(document("base64")), {U.DOCUMENT_DATA}),
        (result(block("text", cache_control=CACHE)), {U.CACHE_HINTS}),
        (result(block("tool_reference", tool_name="x")), {U.OTHER_BLOCK}),
        (document("base64"), {U.DOCUMENT_DATA}),
        (document("url"), {U.DOCUMENT_URL}),
        (document("file"), {U.DOCUMENT_FILE}),
        (document("text"), {U.DOCUMENT_TEXT}),
        (document("content"), {U.DOCUMENT_TEXT}),
        (document("text", citations={"enabled": True}), {U.DOCUMENT_TEXT, U.CITATIONS}),
        (document("text", citations={"enabled": False}), {U.DOCUMENT_TEXT}),
        (block("text", text="x", citations=[{}]), {U.CITATIONS}),
        (block("text", text="x", cache_control=CACHE), {U.CACHE_HINTS}),
        (block("tool_use", cache_control=CACHE), {U.CACHE_HINTS}),
        (block("tool_result", cache_control=CACHE), {U.CACHE_HINTS}),
        (block("thinking", signature="s"), {U.THINKING_HISTORY}),
        (block("redacted_thinking"), {U.THINKING_HISTORY}),
        (block("server_tool_use"), {U.SERVER_TOOL_HISTORY}),
        (block("web_search_tool_result", content={"type": "error"}), {U.SERVER_TOOL_HISTORY}),
        (block("code_execution_tool_result", content=[{}]), {U.SERVER_TOOL_HISTORY}),
        (block("mcp_tool_use"), {U.SERVER_TOOL_HISTORY}),
        (block("container_upload"), {U.SERVER_TOOL_HISTORY}),
        (block("search_result"), {U.OTHER_BLOCK}),
        (block("compaction", content=None), {U.OTHER_BLOCK}),
        (block("block_of_tomorrow"), {U.OTHER_BLOCK}),
    ],
)
def test_blocks(found: dict[str, Any], expected: set[Use]) -> None:
    said = [{"role": "user", "content": "a"}, {"role": "user", "content": [block("text", text="b"), found]}]
    assert uses(messages=said) == expected
    # One message of a shape not foreseen hides no other.
    assert uses(messages=[5, {"role": "user", "content": [7]}, *said]) == expected


@pytest.mark.parametrize(
    ("tool", "expected"),
    [
        ({"name": "f", "input_schema": {}}, set()),
        ({"name": "f", "type": "custom", "input_schema": {}, "defer_loading": False}, set()),
        ({"name": "f", "defer_loading": True}, {U.DEFERRED_TOOL}),
        ({"name": "f", "cache_control": CACHE}, {U.CACHE_HINTS}),
        ({"type": "bash_20250124", "name": "bash"}, {U.CLIENT_TOOL}),
        ({"type": "computer_toolset_20260801"}, {U.CLIENT_TOOL}),
        ({"type": "tool_of_tomorrow_20300101", "name": "x"}, {U.CLIENT_TOOL}),
        ({"type": "web_search_20260318", "name": "web_search"}, {U.WEB_SEARCH}),
        ({"type": "web_fetch_20260309", "name": "web_fetch"}, {U.SERVER_TOOL}),
        ({"type": "mcp_toolset", "mcp_server_name": "m"}, {U.SERVER_TOOL}),
        ({"type": "tool_search_tool_bm25_20251119", "name": "x"}, {U.SERVER_TOOL}),
    ],
)
def test_tools(tool: dict[str, Any], expected: set[Use]) -> None:
    assert uses(tools=[{"name": "g", "input_schema": {}}, tool]) == expected
    assert uses(tools=[5, tool]) == expected


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, set()),
        ({"system": "x"}, set()),
        ({"system": [block("text", text="x", cache_control=CACHE)]}, {U.CACHE_HINTS}),
        ({"cache_control": CACHE}, {U.CACHE_HINTS}),
        ({"thinking": {"type": "enabled", "budget_tokens": 2048}}, {U.THINKING}),
        ({"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}}, set()),
        ({"output_config": {"format": {"type": "json_schema"}}}, {U.JSON_SCHEMA}),
        ({"output_format": {"type": "json_schema"}}, {U.JSON_SCHEMA}),
        ({"context_management": {"edits": []}}, {U.CONTEXT_MANAGEMENT}),
        ({"mcp_servers": [{"name": "m"}]}, {U.SERVER_TOOL}),
        ({"mcp_servers": []}, set()),
        ({"container": "c"}, {U.STORED_STATE}),
        ({"container": None}, set()),
        ({"thread": {"type": "create"}}, {U.STORED_STATE}),
    ],
)
def test_members(members: dict[str, Any], expected: set[Use]) -> None:
    assert uses(**members) == expected

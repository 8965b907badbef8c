"""gate.protocols.openai_chat.decode_tools: tools, tool choice and output format, read."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from gate.protocols.canonical.request import OutputFormat, Tool, ToolChoice, ToolKind
from gate.protocols.openai_chat.decode_tools import legacy, read_choice, read_output, read_tools

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
NEAR = {"type": "approximate", "city": "Bonn"}
FUNCTION = {"name": "f", "description": "does", "parameters": SCHEMA, "strict": True}


@pytest.mark.parametrize(
    ("spelled", "tool"),
    [
        (
            {"type": "function", "function": FUNCTION, "cache_control": {"type": "ephemeral"}},
            Tool(ToolKind.FUNCTION, "f", "does", SCHEMA, True, cache={"type": "ephemeral"}),
        ),
        ({"name": "f", "description": "", "parameters": None, "strict": 1}, Tool(ToolKind.FUNCTION, "f")),
        (
            {
                "type": "custom",
                "custom": {
                    "name": "c",
                    "format": {"type": "grammar", "grammar": {"syntax": "lark", "definition": "x"}},
                },
            },
            Tool(ToolKind.CUSTOM, "c", grammar={"type": "grammar", "syntax": "lark", "definition": "x"}),
        ),
        (
            {"custom": {"name": "c", "format": {"type": "text"}}},
            Tool(ToolKind.CUSTOM, "c", grammar={"type": "text"}),
        ),
        (
            {"type": "web_search_preview", "excluded_domains": ["a"], "parameters": {"max_uses": 2}},
            Tool(ToolKind.WEB_SEARCH, "web_search", options={"blocked_domains": ["a"], "max_uses": 2}),
        ),
        ({"type": "browser"}, Tool(ToolKind.SERVER, "browser")),
        ({"type": "openrouter:x", "name": "y"}, Tool(ToolKind.SERVER, "y")),
    ],
    ids=["function", "flat", "custom", "custom_text", "search", "server", "named_server"],
)
def test_each_kind_of_tool(spelled: dict[str, Any], tool: Tool) -> None:
    assert read_tools({"tools": [spelled]}) == (replace(tool, path="tools[0]", raw=spelled),)


def test_all_three_members_are_read() -> None:
    search = {"user_location": {"type": "approximate", "approximate": {"city": "Bonn"}}}
    found = read_tools({"tools": ["odd"], "functions": [FUNCTION], "web_search_options": search})
    options = {"user_location": NEAR}
    assert found == (
        Tool(ToolKind.FUNCTION, "", path="tools[0]", raw={}),
        Tool(ToolKind.FUNCTION, "f", "does", SCHEMA, True, path="functions[0]"),
        Tool(ToolKind.WEB_SEARCH, "web_search", options=options, path="web_search_options", raw=search),
    )
    assert not legacy(found)
    assert legacy(found[1:2])


def test_no_tools_are_not_an_empty_list_of_them() -> None:
    assert read_tools({}) is None
    assert read_tools({"tools": None, "functions": "x", "web_search_options": True}) is None
    assert read_tools({"tools": []}) == ()
    assert (legacy(None), legacy(())) == (False, False)


@pytest.mark.parametrize(
    ("body", "choice", "all_of_it"),
    [
        ({}, None, True),
        ({"parallel_tool_calls": False}, ToolChoice(parallel=False), True),
        ({"parallel_tool_calls": "no"}, None, True),
        ({"tool_choice": "required", "parallel_tool_calls": True}, ToolChoice("any", parallel=True), True),
        ({"function_call": "none"}, ToolChoice("none"), True),
        ({"function_call": {"name": "f"}}, ToolChoice("tool", "f"), True),
        ({"tool_choice": {"type": "function", "function": {"name": "f"}}}, ToolChoice("tool", "f"), True),
        ({"tool_choice": {"type": "custom", "custom": {"name": "c"}}}, ToolChoice("tool", "c", ToolKind.CUSTOM), True),
        (
            {
                "tool_choice": {
                    "type": "allowed_tools",
                    "allowed_tools": {
                        "mode": "required",
                        "tools": [{"function": {"name": "f"}}, {"custom": {"name": "c"}}, {"name": "g"}, {}, 5],
                    },
                }
            },
            ToolChoice("any", allowed=("f", "c", "g")),
            True,
        ),
        ({"tool_choice": "validated"}, None, False),
        (
            {"tool_choice": {"type": "web_search", "name": "x"}, "parallel_tool_calls": False},
            ToolChoice(parallel=False),
            False,
        ),
        ({"tool_choice": 5}, None, False),
    ],
)
def test_choices(body: dict[str, Any], choice: ToolChoice | None, all_of_it: bool) -> None:
    assert read_choice(body, None) == (choice, all_of_it)


@pytest.mark.parametrize(
    ("value", "output"),
    [
        (None, None),
        ("json_object", None),
        ({"type": "text"}, None),
        ({"type": "grammar", "schema": SCHEMA}, None),
        ({"type": "json_schema", "json_schema": {"name": "n", "schema": "x"}}, None),
        ({"type": "json_object"}, OutputFormat("json_object")),
        ({"type": "json_object", "schema": SCHEMA}, OutputFormat("json_schema", SCHEMA)),
        (
            {
                "type": "json_schema",
                "json_schema": {"name": "n", "description": "d", "schema": SCHEMA, "strict": False},
            },
            OutputFormat("json_schema", SCHEMA, "n", "d", False),
        ),
        (
            {"type": "json_schema", "json_schema": {"name": 5, "schema": SCHEMA, "strict": "yes"}},
            OutputFormat("json_schema", SCHEMA),
        ),
    ],
)
def test_output_formats(value: object, output: OutputFormat | None) -> None:
    assert read_output(value) == output

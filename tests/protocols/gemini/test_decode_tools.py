"""gate.protocols.gemini.decode_tools: tools and toolConfig in canonical form."""

from __future__ import annotations

from typing import Any

import pytest

from gate.protocols.canonical.request import Tool, ToolChoice, ToolKind
from gate.protocols.gemini.decode_tools import read_choice, read_tools


def test_functions_and_their_schemas() -> None:
    own = {"name": "f", "description": "d", "parameters": {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}}
    plain = {"name": "g", "parameters_json_schema": {"type": "object"}, "parameters": {"type": "ARRAY"}}
    bare = {"description": 3}
    found = read_tools([{"function_declarations": [own, plain, "odd", bare]}])
    place = "tools[0].functionDeclarations"
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    assert found == (
        Tool(ToolKind.FUNCTION, "f", "d", schema, path=f"{place}[0]", raw=own),
        Tool(ToolKind.FUNCTION, "g", None, {"type": "object"}, path=f"{place}[1]", raw=plain),
        Tool(ToolKind.FUNCTION, "", None, None, path=f"{place}[2]", raw=bare),
    )


@pytest.mark.parametrize(
    ("name", "spelled", "kind"),
    [
        ("googleSearch", "googleSearch", ToolKind.WEB_SEARCH),
        ("googleSearchRetrieval", "google_search_retrieval", ToolKind.WEB_SEARCH),
        ("computerUse", "computer_use", ToolKind.VENDOR),
        ("codeExecution", "codeExecution", ToolKind.SERVER),
        ("mcpServers", "mcp_servers", ToolKind.SERVER),
        ("timeMachine", "timeMachine", ToolKind.SERVER),
    ],
)
def test_built_in_tools(name: str, spelled: str, kind: ToolKind) -> None:
    held: dict[str, Any] = {"x": 1}
    assert read_tools([{}, {spelled: held}]) == (Tool(kind, name, path=f"tools[1].{name}", raw={name: held}),)


def test_one_element_with_several_kinds() -> None:
    search = {"exclude_domains": ["a.com", 3, "b.com"]}
    found = read_tools({"functionDeclarations": {"name": "f"}, "googleSearch": search, "urlContext": {}, "later": None})
    assert found is not None
    assert [(tool.kind, tool.name, tool.options) for tool in found] == [
        (ToolKind.FUNCTION, "f", None),
        (ToolKind.WEB_SEARCH, "googleSearch", {"blocked_domains": ["a.com", "b.com"]}),
        (ToolKind.SERVER, "urlContext", None),
    ]


@pytest.mark.parametrize(("value", "found"), [(None, None), ([], ()), ("none", ()), ([3, {"googleSearch": None}], ())])
def test_no_tools(value: object, found: tuple[Tool, ...] | None) -> None:
    assert read_tools(value) == found


@pytest.mark.parametrize(
    ("calling", "choice"),
    [
        ({"mode": "AUTO", "allowedFunctionNames": ["f"]}, ToolChoice("auto")),
        ({"mode": "any"}, ToolChoice("any")),
        ({"mode": "ANY", "allowedFunctionNames": ["f", 3]}, ToolChoice("tool", "f")),
        ({"mode": "ANY", "allowed_function_names": ["f", "g"]}, ToolChoice("any", allowed=("f", "g"))),
        ({"mode": "NONE"}, ToolChoice("none")),
        ({"mode": "VALIDATED", "allowedFunctionNames": ["f"]}, ToolChoice("auto", allowed=("f",))),
        ({"mode": 3}, ToolChoice("auto")),
    ],
)
def test_choices(calling: dict[str, Any], choice: ToolChoice) -> None:
    assert read_choice({"functionCallingConfig": calling}) == (choice, {})


@pytest.mark.parametrize(
    ("config", "choice", "rest"),
    [
        ({}, None, {}),
        ({"functionCallingConfig": {}, "retrievalConfig": {"a": 1}}, None, {"retrievalConfig": {"a": 1}}),
        (
            {"function_calling_config": {"mode": "VALIDATED"}},
            ToolChoice("auto"),
            {"functionCallingConfig": {"mode": "VALIDATED"}},
        ),
        (
            {"functionCallingConfig": {"mode": "ANY", "streamFunctionCallArguments": True}},
            ToolChoice("any"),
            {"functionCallingConfig": {"streamFunctionCallArguments": True}},
        ),
    ],
)
def test_what_is_left_of_the_config(config: dict[str, Any], choice: ToolChoice | None, rest: dict[str, Any]) -> None:
    assert read_choice(config) == (choice, rest)

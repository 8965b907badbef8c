"""gate.protocols.openai_responses.decode_tools: every kind of tool and choice."""

from __future__ import annotations

from typing import Any

import pytest

from gate.protocols.canonical.request import Tool, ToolChoice, ToolKind
from tests.protocols.openai_responses.canonical import decode, encode

GRAMMAR = {"type": "grammar", "syntax": "lark", "definition": "start: /a/"}


def tools(*given: dict[str, Any], **members: Any) -> tuple[Tool, ...]:
    found = decode(tools=list(given), **members).tools
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("tool", "kind", "name"),
    [
        ({"type": "function", "name": "f", "parameters": {"type": "object"}}, ToolKind.FUNCTION, "f"),
        ({"type": "custom", "name": "c", "format": GRAMMAR}, ToolKind.CUSTOM, "c"),
        ({"type": "tool_search", "execution": "client", "description": "d"}, ToolKind.SEARCH, "tool_search"),
        ({"type": "tool_search"}, ToolKind.SERVER, "tool_search"),
        ({"type": "web_search", "external_web_access": True}, ToolKind.WEB_SEARCH, "web_search"),
        ({"type": "web_search_preview_2025_03_11"}, ToolKind.WEB_SEARCH, "web_search"),
        ({"type": "file_search", "vector_store_ids": ["v"]}, ToolKind.SERVER, "file_search"),
        ({"type": "code_interpreter", "container": {"type": "auto"}}, ToolKind.SERVER, "code_interpreter"),
        ({"type": "image_generation"}, ToolKind.SERVER, "image_generation"),
        ({"type": "mcp", "server_label": "s"}, ToolKind.SERVER, "mcp"),
        ({"type": "programmatic_tool_calling"}, ToolKind.SERVER, "programmatic_tool_calling"),
        ({"type": "local_shell"}, ToolKind.VENDOR, "local_shell"),
        ({"type": "shell"}, ToolKind.VENDOR, "shell"),
        ({"type": "shell", "environment": {"type": "local"}}, ToolKind.VENDOR, "shell"),
        ({"type": "shell", "environment": {"type": "container_auto"}}, ToolKind.SERVER, "shell"),
        ({"type": "apply_patch"}, ToolKind.VENDOR, "apply_patch"),
        ({"type": "computer_use_preview", "display_width": 1}, ToolKind.VENDOR, "computer_use_preview"),
        ({"type": "brand_new"}, ToolKind.SERVER, "brand_new"),
    ],
)
def test_kinds(tool: dict[str, Any], kind: ToolKind, name: str) -> None:
    (found,) = tools(tool)
    assert (found.kind, found.name, found.path, found.raw) == (kind, name, "tools[0]", tool)


def test_members_of_functions_and_custom_tools() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    function, custom = tools(
        {
            "type": "function",
            "name": "f",
            "description": "d",
            "parameters": schema,
            "strict": True,
            "defer_loading": True,
        },
        {"type": "custom", "name": "c", "format": GRAMMAR},
    )
    assert (function.description, function.schema, function.strict, function.deferred) == ("d", schema, True, True)
    assert (custom.grammar, custom.strict, custom.deferred) == (GRAMMAR, None, False)
    assert tools({"type": "function", "name": "f", "parameters": None, "strict": None})[0].schema is None


def test_web_search_options_in_canonical_words() -> None:
    location = {"type": "approximate", "city": "Zurich", "country": None}
    (found,) = tools({"type": "web_search", "filters": {"allowed_domains": ["a.test"]}, "user_location": location})
    assert found.options == {"allowed_domains": ["a.test"], "user_location": {"type": "approximate", "city": "Zurich"}}


def test_namespaces_are_flattened_and_put_together_again() -> None:
    space = {
        "type": "namespace",
        "name": "agents",
        "description": "about agents",
        "tools": [
            {"type": "function", "name": "spawn", "parameters": {"type": "object"}},
            {"type": "custom", "name": "say"},
        ],
    }
    plain = {"type": "function", "name": "ls", "parameters": {"type": "object"}}
    request = decode(tools=[plain, space])
    _, spawn, say = request.tools or ()
    assert (spawn.name, spawn.namespace, spawn.path) == ("spawn", "agents", "tools[1].tools[0]")
    assert (say.kind, say.namespace_description) == (ToolKind.CUSTOM, "about agents")
    assert encode(request)["tools"] == [plain, space]


def test_tools_stay_in_their_order() -> None:
    """Another order would cost the prompt cache."""
    given = [{"type": "image_generation"}, {"type": "function", "name": "f"}, {"type": "mcp"}, {"type": "mcp"}]
    assert encode(decode(tools=given))["tools"] == given


def test_what_a_search_has_loaded_is_the_deferred_tool_itself() -> None:
    offered = {"type": "function", "name": "f", "defer_loading": True, "parameters": {"type": "object"}}
    loaded = [
        {"type": "function", "name": "f"},
        {"type": "namespace", "name": "n", "tools": [{"type": "function", "name": "g"}]},
    ]
    output = {"type": "tool_search_output", "call_id": "c", "execution": "client", "tools": loaded}
    request = decode(tools=[offered], input=[output])
    first, second = request.tools or ()
    assert (first.name, first.deferred, first.path) == ("f", False, "tools[0]")
    assert (second.name, second.namespace, second.path) == ("g", "n", "input[0].tools[1].tools[0]")
    body = encode(request)
    assert (body["tools"], body["input"]) == ([offered], [output])


def choice(value: Any, **members: Any) -> ToolChoice | None:
    return decode(tool_choice=value, **members).tool_choice


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("auto", ToolChoice("auto")),
        ("none", ToolChoice("none")),
        ("required", ToolChoice("any")),
        ({"type": "function", "name": "f"}, ToolChoice("tool", "f")),
        ({"type": "custom", "name": "c"}, ToolChoice("tool", "c", ToolKind.CUSTOM)),
        ({"type": "tool_search"}, ToolChoice("tool", "tool_search", ToolKind.SEARCH)),
        ({"type": "web_search_preview"}, ToolChoice("tool", "web_search", ToolKind.WEB_SEARCH)),
        ({"type": "file_search"}, ToolChoice("tool", "file_search", ToolKind.SERVER)),
        ({"type": "apply_patch"}, ToolChoice("tool", "apply_patch", ToolKind.VENDOR)),
        ({"type": "shell"}, ToolChoice("tool", "shell", ToolKind.VENDOR)),
        ({"type": "mcp", "server_label": "s", "name": "x"}, ToolChoice("tool", "mcp", ToolKind.SERVER)),
        (
            {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "f"}]},
            ToolChoice("any", allowed=("f",)),
        ),
        (
            {
                "type": "allowed_tools",
                "mode": "auto",
                "tools": [{"type": "web_search"}, {"type": "function", "name": "f"}],
            },
            ToolChoice("auto", allowed=("web_search", "f")),
        ),
    ],
)
def test_choices_keep_what_they_say(sent: Any, expected: ToolChoice) -> None:
    assert choice(sent) == expected
    assert encode(decode(tool_choice=sent))["tool_choice"] == sent


def test_parallel_calls_belong_to_the_choice() -> None:
    assert choice(None, parallel_tool_calls=False) == ToolChoice("auto", parallel=False)
    assert choice("none", parallel_tool_calls=True) == ToolChoice("none", parallel=True)
    assert choice(None) is None
    assert choice(5) is None

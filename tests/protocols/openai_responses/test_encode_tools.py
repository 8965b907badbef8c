"""gate.protocols.openai_responses.encode_tools: tools and choices of other dialects."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from gate.protocols.canonical.parts import (
    Text,
)
from gate.protocols.canonical.request import (
    Tool,
    ToolChoice,
    ToolKind,
)
from tests.protocols.openai_responses.canonical import asked, encode, lost, user


def test_functions_are_not_made_strict() -> None:
    tool = Tool(ToolKind.FUNCTION, "f", "d", {"type": "object"}, path="tools[0]")
    (sent,) = encode(asked(user(Text("x")), tools=(tool,)))["tools"]
    assert sent == {
        "type": "function",
        "name": "f",
        "description": "d",
        "parameters": {"type": "object", "properties": {}},
        "strict": False,
    }
    (strict,) = encode(asked(user(Text("x")), tools=(replace(tool, strict=True, schema=None),)))["tools"]
    assert (strict["strict"], strict["parameters"]) == (True, {"type": "object", "properties": {}})


def test_tools_of_other_vendors() -> None:
    options = {"allowed_domains": ["a.test"], "blocked_domains": ["b.test"], "max_uses": 3}
    request = asked(
        user(Text("x")),
        tools=(
            Tool(ToolKind.VENDOR, "bash", path="tools[0]"),
            Tool(ToolKind.SERVER, "code_execution", path="tools[1]"),
            Tool(ToolKind.WEB_SEARCH, "web_search", options=options, path="tools[2]"),
            Tool(ToolKind.FUNCTION, "f", deferred=True, cache={"type": "ephemeral"}, path="tools[3]"),
        ),
        tool_choice=ToolChoice("tool", "bash", ToolKind.VENDOR, parallel=False),
    )
    body = encode(request)
    filters = {"allowed_domains": ["a.test"], "blocked_domains": ["b.test"]}
    assert body["tools"][0] == {"type": "web_search", "filters": filters}
    assert [tool["type"] for tool in body["tools"]] == ["web_search", "function"]
    assert "tool_choice" not in body
    assert body["parallel_tool_calls"] is False
    assert lost(request) == {
        ("tool_kinds", "tools[0]", "dropped"),
        ("server_tools", "tools[1]", "dropped"),
        ("parameters", "tools[2].max_uses", "dropped"),
        ("cache_hints", "tools[3].cache_control", "dropped"),
        ("tool_kinds", "tools[3].defer_loading", "approximated"),
        ("tool_choice", "tool_choice", "dropped"),
    }


@pytest.mark.parametrize(
    ("chosen", "sent"),
    [
        (ToolChoice("auto"), "auto"),
        (ToolChoice("none"), "none"),
        (ToolChoice("any"), "required"),
        (ToolChoice("tool", "f"), {"type": "function", "name": "f"}),
        (ToolChoice("tool", "c", ToolKind.CUSTOM), {"type": "custom", "name": "c"}),
        (ToolChoice("tool", "web_search", ToolKind.WEB_SEARCH), "required"),
        (ToolChoice("tool", "find", ToolKind.SEARCH), "required"),
        (
            ToolChoice("any", allowed=("f", "c")),
            {
                "type": "allowed_tools",
                "mode": "required",
                "tools": [{"type": "function", "name": "f"}, {"type": "custom", "name": "c"}],
            },
        ),
    ],
)
def test_tool_choice(chosen: ToolChoice, sent: Any) -> None:
    tools = (Tool(ToolKind.FUNCTION, "f"), Tool(ToolKind.CUSTOM, "c"))
    assert encode(asked(user(Text("x")), tools=tools, tool_choice=chosen))["tool_choice"] == sent
    without = encode(asked(user(Text("x")), tool_choice=chosen))
    assert "tool_choice" not in without

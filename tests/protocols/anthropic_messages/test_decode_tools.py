"""gate.protocols.anthropic_messages.decode_tools: whose each tool is, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest

from gate.protocols.canonical.request import ToolChoice, ToolKind
from tests.protocols.anthropic_messages.translating import decoded

CACHE = {"type": "ephemeral"}
TOOL = {"name": "f", "description": "d", "input_schema": {"type": "object"}, "strict": True, "cache_control": CACHE}


@pytest.mark.parametrize(
    ("tool", "kind", "name"),
    [
        (TOOL, ToolKind.FUNCTION, "f"),
        ({**TOOL, "type": "custom"}, ToolKind.FUNCTION, "f"),
        ({"type": "bash_20250124", "name": "bash"}, ToolKind.VENDOR, "bash"),
        ({"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"}, ToolKind.VENDOR, None),
        ({"type": "computer_20251124", "name": "computer", "display_width_px": 9}, ToolKind.VENDOR, "computer"),
        ({"type": "memory_20250818", "name": "memory"}, ToolKind.VENDOR, "memory"),
        ({"type": "browser_toolset_20260801"}, ToolKind.VENDOR, "browser_toolset"),
        ({"type": "web_search_20250305", "name": "web_search"}, ToolKind.WEB_SEARCH, "web_search"),
        ({"type": "web_search_20260318", "name": "web_search"}, ToolKind.WEB_SEARCH, "web_search"),
        ({"type": "web_fetch_20260309", "name": "web_fetch"}, ToolKind.SERVER, "web_fetch"),
        ({"type": "code_execution_20260521", "name": "code_execution"}, ToolKind.SERVER, "code_execution"),
        ({"type": "tool_search_tool_regex_20251119", "name": "tool_search_tool_regex"}, ToolKind.SERVER, None),
        ({"type": "advisor_20260301", "name": "advisor"}, ToolKind.SERVER, "advisor"),
        ({"type": "mcp_toolset", "mcp_server_name": "m"}, ToolKind.SERVER, "m"),
        ({"type": "tool_of_tomorrow_20270101", "name": "t"}, ToolKind.VENDOR, "t"),
        ({"type": "thing", "name": "t", "input_schema": {"type": "object"}}, ToolKind.FUNCTION, "t"),
    ],
)
def test_kinds_of_tools(tool: dict[str, Any], kind: ToolKind, name: str | None) -> None:
    (found,) = decoded(tools=[tool]).tools or ()
    assert (found.kind, found.name, found.path, found.raw) == (kind, name or tool["name"], "tools[0]", tool)


def test_a_tool_of_the_client() -> None:
    found, deferred = (
        decoded(tools=[TOOL, {"name": "g", "input_schema": {"type": "object"}, "defer_loading": True}]).tools or ()
    )
    assert (found.description, found.schema, found.strict, found.cache) == ("d", {"type": "object"}, True, CACHE)
    assert (found.deferred, deferred.deferred, deferred.path) == (False, True, "tools[1]")
    assert decoded(tools=[]).tools == ()
    assert decoded().tools is None


def test_what_a_tool_says_beyond_the_canonical_form_is_kept_by_its_place() -> None:
    examples = [{"a": 1}]
    found = decoded(tools=[TOOL, {**TOOL, "input_examples": examples, "allowed_callers": ["code_execution_20260120"]}])
    assert found.others == {
        "tools[1].input_examples": examples,
        "tools[1].allowed_callers": ["code_execution_20260120"],
    }
    assert decoded(tools=[{**TOOL, "allowed_callers": ["direct"], "eager_input_streaming": True}]).others == {}


def test_web_search_options() -> None:
    place = {"type": "approximate", "city": "Bonn"}
    search = {"type": "web_search_20250305", "name": "web_search", "max_uses": 8, "user_location": place}
    (found,) = decoded(tools=[{**search, "blocked_domains": ["a.b"], "allowed_domains": None}]).tools or ()
    assert found.options == {"max_uses": 8, "blocked_domains": ["a.b"], "user_location": place}


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"type": "auto"}, ToolChoice("auto")),
        ({"type": "any", "disable_parallel_tool_use": True}, ToolChoice("any", parallel=False)),
        ({"type": "auto", "disable_parallel_tool_use": False}, ToolChoice("auto", parallel=True)),
        ({"type": "tool", "name": "f"}, ToolChoice("tool", "f")),
        ({"type": "tool", "name": "bash"}, ToolChoice("tool", "bash", ToolKind.VENDOR)),
        ({"type": "none"}, ToolChoice("none")),
    ],
)
def test_tool_choice(choice: dict[str, Any], expected: ToolChoice) -> None:
    found = decoded(tools=[TOOL, {"type": "bash_20250124", "name": "bash"}], tool_choice=choice)
    assert (found.tool_choice, found.others) == (expected, {})

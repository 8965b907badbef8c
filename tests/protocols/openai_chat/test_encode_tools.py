"""gate.protocols.openai_chat.encode_tools: tools, tool choice and output format, written, and what was lost."""

from __future__ import annotations

from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.core.loss import Use
from gate.core.profile import Quirks
from gate.protocols.canonical.request import OutputFormat, Request, Tool, ToolChoice, ToolKind
from gate.protocols.openai_chat.encode_tools import write_output, write_tools
from gate.protocols.openai_chat.ledger import Ledger
from gate.protocols.translation import Aim

CHAT, ANTHROPIC = Dialect.OPENAI_CHAT, Dialect.ANTHROPIC_MESSAGES
STRICT = {"type": "object", "properties": {}, "additionalProperties": False}
F, C = Tool(ToolKind.FUNCTION, "f", path="tools[0]"), Tool(ToolKind.CUSTOM, "c", path="tools[1]")
NOTHING = {"type": "object", "properties": {}}
Losses = set[tuple[str, str, str]]


def lost(ledger: Ledger) -> Losses:
    return {(loss.feature.value, loss.path, loss.action.value) for loss in ledger.losses}


def tools(
    *offered: Tool, choice: ToolChoice | None = None, vendor: str = "openai", dialect: Dialect = ANTHROPIC
) -> tuple[dict[str, Any], Losses]:
    wire: dict[str, Any] = {}
    ledger = Ledger(dialect)
    write_tools(Request(dialect, "m", (), tools=offered, tool_choice=choice), Aim("up", vendor), wire, ledger)
    return wire, lost(ledger)


def output(
    asked: OutputFormat | None, *cannot: Use, dialect: Dialect = ANTHROPIC
) -> tuple[str | None, dict[str, Any], Losses]:
    wire: dict[str, Any] = {}
    ledger = Ledger(dialect)
    aim = Aim("up", "openai", Quirks(cannot=frozenset(cannot)))
    words = write_output(Request(dialect, "m", (), output=asked), aim, wire, ledger)
    return words, wire, lost(ledger)


@pytest.mark.parametrize(
    ("tool", "written", "losses"),
    [
        (F, {"type": "function", "function": {"name": "f", "parameters": NOTHING}}, set()),
        (
            Tool(ToolKind.FUNCTION, "f", "does", {"properties": {}}, False),
            {"type": "function", "function": {"name": "f", "description": "does", "parameters": NOTHING}},
            set(),
        ),
        (
            Tool(ToolKind.FUNCTION, "f", schema=STRICT, strict=True),
            {"type": "function", "function": {"name": "f", "parameters": STRICT, "strict": True}},
            set(),
        ),
        (
            Tool(ToolKind.FUNCTION, "f", schema=NOTHING, strict=True, path="tools[0]", cache={"type": "ephemeral"}),
            {"type": "function", "function": {"name": "f", "parameters": NOTHING}},
            {
                ("json_schema", "tools[0].strict", "approximated"),
                ("cache_hints", "tools[0].cache_control", "dropped"),
            },
        ),
        (
            Tool(ToolKind.CUSTOM, "c", grammar={"type": "grammar", "syntax": "lark"}),
            {
                "type": "custom",
                "custom": {"name": "c", "format": {"type": "grammar", "grammar": {"syntax": "lark"}}},
            },
            set(),
        ),
    ],
    ids=["bare", "no_type", "strict", "not_strict_enough", "custom"],
)
def test_another_dialects_tool(tool: Tool, written: dict[str, Any], losses: Losses) -> None:
    assert tools(tool) == ({"tools": [written]}, losses)


def test_what_a_vendor_runs_goes_only_where_it_came_from() -> None:
    raw = {"type": "browser"}
    search = Tool(ToolKind.WEB_SEARCH, "web_search", path="web_search_options", raw={"user_location": None})
    browser = Tool(ToolKind.SERVER, "browser", path="tools[0]", raw=raw)
    own = {"tools": [raw], "web_search_options": {"user_location": None}}
    assert tools(search, browser, dialect=CHAT) == (own, set())
    assert tools(browser) == ({}, {("server_tools", "tools[0]", "dropped")})


@pytest.mark.parametrize(
    ("choice", "vendor", "written"),
    [
        (ToolChoice("any", parallel=False), "groq", {"tool_choice": "required", "parallel_tool_calls": False}),
        (ToolChoice("tool", "f"), "openai", {"tool_choice": {"type": "function", "function": {"name": "f"}}}),
        (ToolChoice("tool"), "openai", {"tool_choice": "auto"}),
        (
            ToolChoice("tool", "c", ToolKind.CUSTOM),
            "openai",
            {"tool_choice": {"type": "custom", "custom": {"name": "c"}}},
        ),
        (
            ToolChoice("any", allowed=("c", "gone")),
            "openai",
            {
                "tool_choice": {
                    "type": "allowed_tools",
                    "allowed_tools": {
                        "mode": "required",
                        "tools": [
                            {"type": "custom", "custom": {"name": "c"}},
                            {"type": "function", "function": {"name": "gone"}},
                        ],
                    },
                }
            },
        ),
    ],
)
def test_choices(choice: ToolChoice, vendor: str, written: dict[str, Any]) -> None:
    wire, losses = tools(F, C, choice=choice, vendor=vendor)
    assert [tool["type"] for tool in wire.pop("tools")] == ["function", "custom"]
    assert (wire, losses) == (written, set())


def test_choices_that_cannot_be_kept() -> None:
    wire, losses = tools(F, C, choice=ToolChoice("any", allowed=("f",)), vendor="groq")
    function = {"type": "function", "function": {"name": "f", "parameters": NOTHING}}
    assert wire == {"tools": [function], "tool_choice": "required"}
    assert losses == {("tool_choice", "tool_choice", "approximated")}
    assert tools(choice=ToolChoice("any")) == ({}, {("tool_choice", "tool_choice", "dropped")})
    assert tools(choice=ToolChoice("auto", parallel=True)) == ({}, set())


@pytest.mark.parametrize(
    ("asked", "dialect", "made"),
    [
        (
            OutputFormat("json_schema", STRICT, "a b/é", "d", True),
            ANTHROPIC,
            ("a_b__", {"description": "d", "strict": True}),
        ),
        (OutputFormat("json_schema", STRICT, "n" * 70), ANTHROPIC, ("n" * 64, {})),
        (OutputFormat("json_schema", STRICT, strict=False), ANTHROPIC, ("response", {})),
        (OutputFormat("json_schema", STRICT, "n", strict=False), CHAT, ("n", {"strict": False})),
    ],
    ids=["name", "long_name", "no_name", "own_strict"],
)
def test_schemas(asked: OutputFormat, dialect: Dialect, made: tuple[str, dict[str, Any]]) -> None:
    written = {"name": made[0], "schema": STRICT, **made[1]}
    assert output(asked, dialect=dialect) == (
        None,
        {"response_format": {"type": "json_schema", "json_schema": written}},
        set(),
    )


def test_formats_an_upstream_does_not_take_are_asked_for_in_words() -> None:
    mode, plain = {"response_format": {"type": "json_object"}}, OutputFormat("json_object")
    words = "Answer with one JSON object and nothing else."
    assert output(None) == (None, {}, set())
    assert output(plain) == (words, mode, set())
    assert output(plain, Use.JSON_OBJECT)[:2] == (words, {})
    told, wire, losses = output(OutputFormat("json_schema", {"type": "object"}), Use.JSON_SCHEMA)
    assert told is not None
    assert told.endswith(':\n{"type":"object"}')
    assert wire == mode
    assert {(feature, action) for feature, _, action in losses} == {("json_schema", "replaced")}

"""gate.protocols.gemini.encode_tools: the members `tools` and `toolConfig` and what is lost on the way."""

from __future__ import annotations

from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.core.loss import Feature, Loss, LossAction
from gate.core.profile import NO_QUIRKS, Quirks
from gate.protocols.canonical.request import Request, Tool, ToolChoice, ToolKind
from gate.protocols.gemini.encode_tools import write_tools
from gate.protocols.translation import Aim
from tests.protocols.gemini.shapes import NEW

A = LossAction
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
FUNCTION = Tool(ToolKind.FUNCTION, "f", "does", SCHEMA, path="tools[0]", raw={"name": "f", "own": True})
BARE = Tool(ToolKind.FUNCTION, "g", path="tools[0]")
SEARCH = Tool(ToolKind.WEB_SEARCH, "search", path="tools[1]", raw={"googleSearch": {"timeRangeFilter": {}}})
SUBSET = Quirks(schema="gemini")


def written(
    *tools: Tool, model: str = NEW, quirks: Quirks = NO_QUIRKS, native: bool = False, **more: Any
) -> tuple[dict[str, Any], list[Loss]]:
    losses: list[Loss] = []
    dialect = Dialect.GEMINI if native else Dialect.ANTHROPIC_MESSAGES
    return write_tools(Request(dialect, "m", (), tools=tools, **more), Aim(model, "google", quirks), losses), losses


def test_functions_stand_together_before_the_vendors_own() -> None:
    assert written(SEARCH, FUNCTION, BARE) == (
        {
            "tools": [
                {
                    "functionDeclarations": [
                        {"name": "f", "description": "does", "parametersJsonSchema": SCHEMA},
                        {"name": "g"},
                    ]
                },
                {"googleSearch": {}},
            ],
            "toolConfig": {"includeServerSideToolInvocations": True},
        },
        [],
    )


def test_a_gemini_clients_tools_go_back_as_they_came() -> None:
    calling = {"mode": "ODD", "later": 1}
    others = {"toolConfig": {"retrievalConfig": {"languageCode": "de"}, "functionCallingConfig": calling}}
    made = written(FUNCTION, SEARCH, native=True, model="gemini-2.5-pro", others=others, tool_choice=ToolChoice("any"))
    assert made == (
        {
            "tools": [
                {"functionDeclarations": [{"name": "f", "own": True}]},
                {"googleSearch": {"timeRangeFilter": {}}},
            ],
            "toolConfig": {"retrievalConfig": {"languageCode": "de"}, "functionCallingConfig": calling},
        },
        [],
    )
    assert written(native=True, others={"toolConfig": "odd"}) == ({"tools": []}, [])
    assert written(others={"toolConfig": {"retrievalConfig": {}}}) == ({}, [])


@pytest.mark.parametrize(
    ("schema", "declared", "lossy"),
    [
        (SCHEMA, {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}, False),
        ({**SCHEMA, "not": {}}, {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}, True),
        ({"type": "object", "properties": {}}, None, False),
        ({"$ref": "#/$defs/gone"}, None, True),
        ({}, None, False),
        (None, None, False),
    ],
)
def test_the_subset_has_no_object_without_properties(schema: Any, declared: Any, lossy: bool) -> None:
    made, losses = written(Tool(ToolKind.FUNCTION, "f", schema=schema, path="tools[0]"), quirks=SUBSET)
    wanted = {"name": "f"} if declared is None else {"name": "f", "parameters": declared}
    assert made == {"tools": [{"functionDeclarations": [wanted]}]}
    assert losses == ([Loss(Feature.JSON_SCHEMA, "tools[0].schema", A.APPROXIMATED)] if lossy else [])


@pytest.mark.parametrize(
    ("tool", "lost"),
    [
        (Tool(ToolKind.SERVER, "code", path="tools[3]"), Loss(Feature.SERVER_TOOLS, "tools[3]", A.DROPPED)),
        (Tool(ToolKind.CUSTOM, "patch", path="tools[3]"), Loss(Feature.TOOL_KINDS, "tools[3]", A.DROPPED)),
        (Tool(ToolKind.VENDOR, "bash", path="tools[3]"), Loss(Feature.TOOL_KINDS, "tools[3]", A.DROPPED)),
        (SEARCH, Loss(Feature.SERVER_TOOLS, "tools[1]", A.DROPPED)),
    ],
)
def test_what_an_older_model_does_not_get(tool: Tool, lost: Loss) -> None:
    made, losses = written(BARE, tool, model="gemini-2.5-flash")
    assert made == {"tools": [{"functionDeclarations": [{"name": "g"}]}]}
    assert losses == [lost]


def test_a_search_alone_and_its_settings() -> None:
    narrowed = Tool(ToolKind.WEB_SEARCH, "s", options={"max_uses": 2, "blocked_domains": ["a"]}, path="tools[0]")
    made, losses = written(narrowed, model="gemini-2.5-flash", tool_choice=ToolChoice("any"))
    assert made == {"tools": [{"googleSearch": {}}]}
    assert losses == [
        Loss(Feature.SERVER_TOOLS, "tools[0].max_uses", A.APPROXIMATED),
        Loss(Feature.SERVER_TOOLS, "tools[0].blocked_domains", A.APPROXIMATED),
    ]


@pytest.mark.parametrize(
    ("choice", "calling", "lost"),
    [
        (ToolChoice("none", allowed=("g",)), {"mode": "NONE"}, []),
        (ToolChoice("any", allowed=("g", "h")), {"mode": "ANY", "allowedFunctionNames": ["g", "h"]}, []),
        (ToolChoice("auto", allowed=("g",)), {"mode": "VALIDATED", "allowedFunctionNames": ["g"]}, []),
        (ToolChoice("tool", "g", parallel=True), {"mode": "ANY", "allowedFunctionNames": ["g"]}, []),
        (ToolChoice("tool"), None, [Loss(Feature.TOOL_CHOICE, "tool_choice", A.DROPPED)]),
        (
            ToolChoice("tool", "bash", ToolKind.VENDOR, parallel=False),
            None,
            [
                Loss(Feature.PARAMETERS, "parallel_tool_calls", A.DROPPED),
                Loss(Feature.TOOL_CHOICE, "tool_choice", A.DROPPED),
            ],
        ),
    ],
)
def test_the_choice(choice: ToolChoice, calling: Any, lost: list[Loss]) -> None:
    made, losses = written(BARE, tool_choice=choice)
    assert made.get("toolConfig") == (None if calling is None else {"functionCallingConfig": calling})
    assert losses == lost

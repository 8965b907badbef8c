"""gate.protocols.anthropic_messages.encode_tools: tools, the choice among them, and the form of the answer."""

from __future__ import annotations

from typing import Any

import pytest

from gate.core.loss import Use
from gate.core.profile import Quirks
from gate.protocols.canonical.parts import Text
from gate.protocols.canonical.request import OutputFormat, Request, Tool, ToolChoice, ToolKind
from tests.protocols.anthropic_messages.translating import (
    NEW,
    OLD,
    assistant,
    called,
    decoded,
    encoded,
    faults,
    foreign,
    result,
    user,
)

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
F = Tool(ToolKind.FUNCTION, "f", "says", SCHEMA, path="tools[0]")
G = Tool(ToolKind.FUNCTION, "g", path="tools[1]")
SEARCH = Tool(ToolKind.WEB_SEARCH, "web_search", path="tools[2]")
HI = user(Text("hi"))


def asks(*tools: Tool, choice: ToolChoice | None = None, **members: Any) -> Request:
    return foreign(HI, tools=tools, tool_choice=choice, **members)


def test_functions() -> None:
    body, losses = encoded(asks(F, G, Tool(ToolKind.FUNCTION, "h", deferred=True, cache={"type": "ephemeral"})))
    assert body["tools"] == [
        {"name": "f", "description": "says", "input_schema": SCHEMA},
        {"name": "g", "input_schema": {"type": "object", "properties": {}}},
        {
            "name": "h",
            "input_schema": {"type": "object", "properties": {}},
            "defer_loading": True,
            "cache_control": {"type": "ephemeral"},
        },
    ]
    assert (losses, faults(body)) == (set(), [])


def test_strict_tools_are_held_to_the_subset() -> None:
    from msgspec.structs import replace

    strict = replace(F, strict=True)
    body, losses = encoded(asks(strict))
    (made,) = body["tools"]
    assert (made["strict"], made["input_schema"]["additionalProperties"], losses) == (True, False, set())
    limited = replace(strict, schema={"type": "object", "properties": {"a": {"type": "string", "maxLength": 3}}})
    assert encoded(asks(limited))[1] == {("json_schema", "tools[0].schema", "approximated")}
    body, losses = encoded(asks(strict), "claude-opus-4-1")
    assert ("strict" in body["tools"][0], losses) == (False, {("json_schema", "tools[0].strict", "approximated")})
    assert "strict" not in encoded(asks(replace(F, strict=False)))[0]["tools"][0]


def test_web_search() -> None:
    options = {"max_uses": 3, "allowed_domains": ["a"], "blocked_domains": ["b"], "user_location": {"city": "x"}}
    body, losses = encoded(asks(Tool(ToolKind.WEB_SEARCH, "web_search", options=options, path="tools[0]")))
    assert body["tools"] == [
        {
            "type": "web_search_20250305",
            "name": "web_search",
            "max_uses": 3,
            "allowed_domains": ["a"],
            "user_location": {"city": "x"},
        }
    ]
    assert losses == {("parameters", "tools[0].blocked_domains", "dropped")}


def test_web_search_where_it_cannot_be() -> None:
    own = Tool(ToolKind.FUNCTION, "web_search", path="tools[0]")
    body, losses = encoded(asks(own, SEARCH))
    assert [tool["name"] for tool in body["tools"]] == ["web_search"]
    assert losses == {("server_tools", "tools[2]", "dropped")}
    body, losses = encoded(asks(F, SEARCH), quirks=Quirks(cannot=frozenset({Use.WEB_SEARCH})))
    assert [tool["name"] for tool in body["tools"]] == ["f"]
    assert losses == {("server_tools", "tools[2]", "dropped")}


@pytest.mark.parametrize(("kind", "feature"), [(ToolKind.VENDOR, "tool_kinds"), (ToolKind.SERVER, "server_tools")])
def test_tools_of_other_vendors_are_left_out(kind: ToolKind, feature: str) -> None:
    body, losses = encoded(asks(Tool(kind, "computer_use", path="tools[0]"), G))
    assert [tool["name"] for tool in body["tools"]] == ["g"]
    assert losses == {(feature, "tools[0]", "dropped")}


def test_tools_of_this_dialect_go_back_as_they_came() -> None:
    tools = [
        {"type": "bash_20250124", "name": "bash"},
        {"type": "code_execution_20260521", "name": "code_execution"},
        {"name": "f", "input_schema": {"anyOf": []}, "input_examples": [{}], "defer_loading": True},
    ]
    body, losses = encoded(decoded(tools=tools))
    assert (body["tools"], losses) == (tools, set())
    refused = Quirks(cannot=frozenset({Use.SERVER_TOOL}))
    body, losses = encoded(decoded(tools=tools), quirks=refused)
    assert (body["tools"], losses) == ([tools[0], tools[2]], {("server_tools", "tools[1]", "dropped")})


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (None, None),
        (ToolChoice("auto"), None),
        (ToolChoice("none"), {"type": "none"}),
        (ToolChoice("none", parallel=False), {"type": "none"}),
        (ToolChoice("any"), {"type": "any"}),
        (ToolChoice("tool", "f"), {"type": "tool", "name": "f"}),
        (ToolChoice("auto", parallel=False), {"type": "auto", "disable_parallel_tool_use": True}),
        (ToolChoice("any", parallel=False), {"type": "any", "disable_parallel_tool_use": True}),
        (ToolChoice("auto", parallel=True), None),
        (ToolChoice("tool", "search", ToolKind.WEB_SEARCH), {"type": "tool", "name": "web_search"}),
    ],
)
def test_choices(choice: ToolChoice | None, expected: Any) -> None:
    body, losses = encoded(asks(F, SEARCH, choice=choice))
    assert (body.get("tool_choice"), losses, faults(body)) == (expected, set(), [])


def test_a_choice_without_tools_is_none() -> None:
    assert "tool_choice" not in encoded(asks(choice=ToolChoice("any")))[0]


def test_a_choice_of_a_tool_that_was_left_out() -> None:
    body, losses = encoded(asks(F, Tool(ToolKind.VENDOR, "x", path="tools[1]"), choice=ToolChoice("tool", "x")))
    assert "tool_choice" not in body
    assert ("tool_choice", "tool_choice", "dropped") in losses


def test_only_allowed_tools_are_offered() -> None:
    body, losses = encoded(asks(F, G, choice=ToolChoice("any", allowed=("g",))))
    assert [tool["name"] for tool in body["tools"]] == ["g"]
    assert (body["tool_choice"], losses) == ({"type": "any"}, {("tool_choice", "tool_choice", "emulated")})


@pytest.mark.parametrize(("choice", "words"), [(ToolChoice("any"), "one of the tools"), (ToolChoice("tool", "f"), "f")])
def test_a_model_that_cannot_be_forced_is_told_in_words(choice: ToolChoice, words: str) -> None:
    body, losses = encoded(asks(F, choice=choice), NEW)
    assert "tool_choice" not in body
    assert words in body["system"][-1]["text"]
    assert losses == {("tool_choice", "tool_choice", "replaced")}


def test_a_history_with_calls_has_their_tools() -> None:
    body, losses = encoded(foreign(HI, assistant(called()), user(result())))
    assert [tool["name"] for tool in body["tools"]] == ["f"]
    assert (body["tool_choice"], losses, faults(body)) == ({"type": "none"}, set(), [])


def test_an_output_format() -> None:
    form = OutputFormat("json_schema", SCHEMA, "n", "d", strict=True)
    body, losses = encoded(asks(output=form))
    made = body["output_config"]["format"]
    assert made == {"type": "json_schema", "schema": {**SCHEMA, "additionalProperties": False, "description": "d"}}
    assert (losses, faults(body)) == (set(), [])


def test_an_output_format_that_is_not_taken_is_told_in_words() -> None:
    form = OutputFormat("json_schema", SCHEMA)
    for model, quirks in (("claude-opus-4-1", Quirks()), (OLD, Quirks(cannot=frozenset({Use.JSON_SCHEMA})))):
        body, losses = encoded(asks(output=form), model, quirks)
        assert "output_config" not in body
        assert '"properties"' in body["system"][-1]["text"]
        assert losses == {("json_schema", "response_format", "replaced")}


def test_a_recursive_schema_is_told_in_words() -> None:
    from msgspec.structs import replace

    tree = {"type": "object", "properties": {"of": {"$ref": "#"}}}
    body, losses = encoded(asks(replace(F, schema=tree, strict=True), output=OutputFormat("json_schema", tree)))
    assert ("strict" in body["tools"][0], "output_config" in body) == (False, False)
    assert losses == {
        ("json_schema", "tools[0].strict", "approximated"),
        ("json_schema", "response_format", "replaced"),
    }


def test_any_json_object_is_asked_for_in_words() -> None:
    body, losses = encoded(asks(output=OutputFormat("json_object")))
    assert "JSON object" in body["system"][0]["text"]
    assert losses == {("json_schema", "response_format", "approximated")}


def test_the_format_of_this_dialect_goes_back_as_it_came() -> None:
    schema = {"type": "object", "minProperties": 3}
    for members in ({"output_format": {"type": "json_schema", "schema": schema}},):
        body, losses = encoded(decoded(**members))
        assert body["output_config"] == {"format": {"type": "json_schema", "schema": schema}}
        assert losses == set()

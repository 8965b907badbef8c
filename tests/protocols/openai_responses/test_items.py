"""gate.protocols.openai_responses.items: items read into parts, and whose tools they belong to."""

from __future__ import annotations

from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.protocols.canonical.parts import CallKind, Foreign, Opaque, Text, Thinking, ToolCall, ToolResult
from gate.protocols.openai_responses.items import (
    as_json,
    foreign,
    is_client_call,
    is_result,
    kind_of,
    part_of,
    reasoning,
    searches_on_client,
)


def seal(token: str, item: str | None) -> Opaque:
    return Opaque("openai", "encrypted", token, item)


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        ({"type": "reasoning", "role": "x"}, "reasoning"),
        ({"role": "user"}, "message"),
        ({"type": None, "role": "user", "id": "x"}, "message"),
        ({"id": "msg_1"}, "item_reference"),
        ({"type": 5}, ""),
        ({}, ""),
    ],
)
def test_kinds(item: dict[str, Any], kind: str) -> None:
    assert kind_of(item) == kind


@pytest.mark.parametrize(
    ("item", "result", "asks_client", "server"),
    [
        ({"type": "function_call_output"}, True, False, True),
        ({"type": "local_shell_call"}, False, True, False),
        ({"type": "local_shell_call_output"}, True, False, False),
        ({"type": "web_search_call"}, False, False, True),
        ({"type": "call_of_tomorrow_call"}, False, False, True),
        ({"type": "shell_call"}, False, True, False),
        ({"type": "shell_call", "environment": {"type": "container_reference"}}, False, False, True),
        ({"type": "shell_call", "environment": "odd"}, False, True, False),
        ({"type": "tool_search_call", "execution": "client"}, False, True, False),
        ({"type": "tool_search_call", "execution": "server", "call_id": "c"}, False, False, True),
        ({"type": "tool_search_output", "call_id": "c"}, True, False, False),
        ({"type": "tool_search_output", "call_id": ""}, False, False, True),
        ({"type": "mcp_approval_response"}, True, False, True),
        ({"type": "mcp_list_tools"}, False, False, True),
        ({"type": "program"}, False, False, True),
        ({"type": "item_of_tomorrow"}, False, False, False),
    ],
)
def test_whose_an_item_is(item: dict[str, Any], result: bool, asks_client: bool, server: bool) -> None:
    kind = item["type"]
    assert (is_result(item, kind), is_client_call(item, kind)) == (result, asks_client)
    assert foreign(item, kind) == Foreign(Dialect.OPENAI_RESPONSES, kind, item, server)


def test_a_search_is_the_clients_when_it_says_so_or_has_a_call_id() -> None:
    assert searches_on_client({"execution": "client"})
    assert searches_on_client({"call_id": "c"})
    assert not searches_on_client({"execution": "server", "call_id": "c"})
    assert not searches_on_client({"execution": None, "call_id": 5})


@pytest.mark.parametrize(
    ("item", "part"),
    [
        (
            {"type": "function_call", "call_id": "c", "id": "fc", "name": "f", "arguments": "{}", "namespace": "n"},
            ToolCall("c", "f", "{}", namespace="n"),
        ),
        (
            {"type": "function_call", "call_id": "", "id": "fc", "arguments": {"a": 1.0}},
            ToolCall("fc", "", '{"a":1.0}'),
        ),
        ({"type": "custom_tool_call", "call_id": "c", "name": "f"}, ToolCall("c", "f", "", CallKind.CUSTOM)),
        (
            {"type": "tool_search_call", "call_id": "c", "arguments": None},
            ToolCall("c", "tool_search", "{}", CallKind.SEARCH),
        ),
        (
            {"type": "tool_search_output", "call_id": "c", "tools": [{"type": "function", "name": "f"}, 5]},
            ToolResult(
                "c",
                (Text('{"tools":[{"name":"f","description":null},{"name":null,"description":null}]}'),),
                kind=CallKind.SEARCH,
            ),
        ),
        (
            {
                "type": "tool_search_output",
                "call_id": "c",
                "tools": [{"type": "namespace", "name": "n", "tools": [{"name": "f", "description": "d"}]}],
            },
            ToolResult(
                "c", (Text('{"tools":[{"namespace":"n","name":"f","description":"d"}]}'),), kind=CallKind.SEARCH
            ),
        ),
        ({"type": "function_call_output", "call_id": "c", "output": "ok"}, ToolResult("c", (Text("ok"),))),
        ({"type": "function_call_output", "id": "i", "output": {"a": 1}}, ToolResult("i", (Text('{"a":1}'),))),
        (
            {"type": "custom_tool_call_output", "call_id": "c", "name": "f", "output": None},
            ToolResult("c", name="f", kind=CallKind.CUSTOM),
        ),
    ],
)
def test_calls_and_results(item: dict[str, Any], part: Any) -> None:
    members = {name: getattr(part, name) for name in part.__struct_fields__} | {"raw": item}
    assert part_of(item, item["type"], seal) == type(part)(**members)


def test_what_only_this_dialect_knows() -> None:
    served = {"type": "tool_search_call", "execution": "server"}
    own = Dialect.OPENAI_RESPONSES
    assert part_of(served, "tool_search_call", seal) == Foreign(own, "tool_search_call", served, server=True)
    ran = {"type": "program", "code": "c"}
    assert part_of(ran, "program", seal) == Foreign(own, "program", ran, server=True, text="[Program]\nc")
    assert part_of({}, "", seal) == Foreign(own, "unknown", {})


@pytest.mark.parametrize(
    ("members", "text", "opaque"),
    [
        ({"summary": [{"text": "a"}, {"text": "b"}], "content": [{"text": "c"}]}, "a\n\nb", None),
        ({"summary": [{"text": ""}], "content": [{"text": "c"}]}, "c", None),
        ({"summary": [], "encrypted_content": "tok", "id": "rs_1"}, "", Opaque("openai", "encrypted", "tok", "rs_1")),
        ({"summary": "odd", "encrypted_content": "", "id": "rs_1"}, "", None),
        ({"summary": [5], "encrypted_content": "tok", "id": ""}, "", Opaque("openai", "encrypted", "tok")),
    ],
)
def test_reasoning(members: dict[str, Any], text: str, opaque: Opaque | None) -> None:
    item = {"type": "reasoning", **members}
    assert reasoning(item, seal) == part_of(item, "reasoning", seal) == Thinking(text, opaque, item)


def test_arguments_as_text() -> None:
    assert [as_json(value) for value in ("{", None, {"é": 1.0}, [], 0)] == ["{", "", '{"é":1.0}', "[]", "0"]

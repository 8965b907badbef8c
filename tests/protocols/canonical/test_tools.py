"""Tools in a target's terms."""

import json

from gate.core.dialect import Dialect
from gate.core.loss import Feature, Loss, LossAction
from gate.protocols.canonical.parts import CallKind, Opaque, Part, Text, ToolCall, ToolResult
from gate.protocols.canonical.request import Message, Request, Role, Tool, ToolChoice, ToolKind
from gate.protocols.canonical.tools import Named, Prepared, prepare
from gate.protocols.opaque import sign_id
from gate.protocols.translation import ToolRules

PLAIN = ToolRules(frozenset({ToolKind.FUNCTION}), r"[a-zA-Z0-9_-]{1,64}", r"[a-zA-Z0-9_-]{1,40}")
EVERYTHING = ToolRules(frozenset(ToolKind), r".+", r".+", namespaces=True, defers=True, keeps_signature=True)
SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}}}


def asked(*parts: Part, tools: tuple[Tool, ...] | None = None, choice: ToolChoice | None = None) -> Request:
    messages = (Message(Role.ASSISTANT, parts, path="messages[0]"),)
    return Request(Dialect.OPENAI_RESPONSES, "m", messages, tools=tools, tool_choice=choice)


def calls(prepared: Prepared) -> list[ToolCall]:
    parts = [part for message in prepared.request.messages for part in message.parts]
    return [part for part in parts if isinstance(part, ToolCall)]


def test_what_the_target_knows_is_left_as_it_is() -> None:
    request = asked(
        Text("hello"),
        ToolCall("call_1", "read", "{}"),
        ToolResult("call_1", (Text("done"),)),
        tools=(Tool(ToolKind.FUNCTION, "read", schema=SCHEMA, raw={"name": "read"}),),
        choice=ToolChoice("tool", "read"),
    )
    for rules in (PLAIN, EVERYTHING):
        prepared = prepare(request, rules)
        assert prepared.request == request
        assert (prepared.names, prepared.losses) == ({}, ())


def test_a_custom_tool_becomes_a_function_with_one_text_and_its_grammar_in_words() -> None:
    grammar = {"type": "grammar", "syntax": "lark", "definition": "start: line+"}
    custom = Tool(ToolKind.CUSTOM, "exec", "Runs code.", grammar=grammar, path="tools[0]")
    prepared = prepare(asked(ToolCall("c", "exec", 'print("x")', CallKind.CUSTOM), tools=(custom,)), PLAIN)
    (tool,) = prepared.request.tools or ()
    assert tool.kind is ToolKind.FUNCTION
    assert tool.schema is not None and tool.schema["required"] == ["input"]
    assert tool.description == "Runs code.\n\nThe input must follow this lark grammar:\nstart: line+"
    assert calls(prepared)[0] == ToolCall("c", "exec", '{"input":"print(\\"x\\")"}')
    assert prepared.names == {"exec": Named("exec", CallKind.CUSTOM, None)}
    assert prepared.losses == (Loss(Feature.TOOL_KINDS, "tools[0]", LossAction.EMULATED),)


def test_functions_of_a_namespace_get_one_name_each() -> None:
    tools = (
        Tool(ToolKind.FUNCTION, "list", namespace="github", schema=SCHEMA),
        Tool(ToolKind.FUNCTION, "list", namespace="linear", schema=SCHEMA),
    )
    call = ToolCall("c", "list", "{}", namespace="linear")
    prepared = prepare(asked(call, tools=tools, choice=ToolChoice(allowed=("list",))), PLAIN)
    assert [tool.name for tool in prepared.request.tools or ()] == ["github__list", "linear__list"]
    assert all(tool.namespace is None for tool in prepared.request.tools or ())
    assert calls(prepared)[0].name == "linear__list"
    assert prepared.names["linear__list"] == Named("list", CallKind.FUNCTION, "linear")
    assert prepare(asked(call, tools=tools), EVERYTHING).request.tools == tools


def test_a_name_that_does_not_fit_becomes_one_that_does_and_stays_the_same() -> None:
    long = "mcp__server__" + "x" * 100
    first = prepare(asked(ToolCall("c", long), tools=(Tool(ToolKind.FUNCTION, long),)), PLAIN)
    (tool,) = first.request.tools or ()
    assert len(tool.name) <= 64 and tool.name != long
    assert calls(first)[0].name == tool.name
    assert first.names == {tool.name: Named(long, CallKind.FUNCTION, None)}
    other = prepare(asked(tools=(Tool(ToolKind.FUNCTION, long + "y"),)), PLAIN)
    assert (other.request.tools or ())[0].name != tool.name
    dotted = prepare(asked(tools=(Tool(ToolKind.FUNCTION, "a.b"),)), PLAIN)
    assert (dotted.request.tools or ())[0].name.startswith("a_b_")


def test_tools_of_a_vendor_are_left_out_and_said_so() -> None:
    tools = (
        Tool(ToolKind.VENDOR, "bash", path="tools[0]"),
        Tool(ToolKind.WEB_SEARCH, "web_search", path="tools[1]"),
        Tool(ToolKind.SERVER, "code_execution", path="tools[2]"),
    )
    prepared = prepare(asked(tools=tools), PLAIN)
    assert prepared.request.tools == ()
    assert prepared.losses == (
        Loss(Feature.TOOL_KINDS, "tools[0]", LossAction.DROPPED),
        Loss(Feature.SERVER_TOOLS, "tools[1]", LossAction.DROPPED),
        Loss(Feature.SERVER_TOOLS, "tools[2]", LossAction.DROPPED),
    )


def test_a_deferred_tool_is_offered_at_once_where_nothing_loads_it_later() -> None:
    tools = (Tool(ToolKind.FUNCTION, "later", schema=SCHEMA, deferred=True, path="tools[0]"),)
    prepared = prepare(asked(tools=tools), PLAIN)
    assert not (prepared.request.tools or ())[0].deferred
    assert prepared.losses == (Loss(Feature.TOOL_KINDS, "tools[0].defer_loading", LossAction.APPROXIMATED),)
    assert prepare(asked(tools=tools), EVERYTHING).losses == ()


def test_a_choice_of_a_tool_that_is_gone_is_no_choice() -> None:
    tools = (Tool(ToolKind.VENDOR, "bash"), Tool(ToolKind.FUNCTION, "read"))
    prepared = prepare(asked(tools=tools, choice=ToolChoice("tool", "bash", parallel=False)), PLAIN)
    assert prepared.request.tool_choice == ToolChoice("auto", parallel=False)
    assert Loss(Feature.TOOL_CHOICE, "tool_choice", LossAction.DROPPED) in prepared.losses
    search = ToolChoice("tool", "web_search", kind=ToolKind.WEB_SEARCH)
    assert prepare(asked(tools=tools, choice=search), PLAIN).request.tool_choice == ToolChoice("auto")
    gone = prepare(asked(tools=tools, choice=ToolChoice("any", allowed=("bash",))), PLAIN)
    assert gone.request.tool_choice == ToolChoice("auto")


def test_a_choice_of_a_custom_tool_names_the_function_that_stands_for_it() -> None:
    tools = (Tool(ToolKind.CUSTOM, "exec"),)
    choice = ToolChoice("tool", "exec", kind=ToolKind.CUSTOM)
    assert prepare(asked(tools=tools, choice=choice), PLAIN).request.tool_choice == ToolChoice("tool", "exec")
    assert prepare(asked(tools=tools, choice=choice), EVERYTHING).request.tool_choice == choice


def test_calls_and_results_stay_linked_whatever_their_ids_look_like() -> None:
    for call_id in ("call_1", "toolu_01" + "x" * 80, "a b/c", "é", ""):
        for pattern in (None, r"[a-zA-Z0-9]{9}"):
            prepared = prepare(asked(ToolCall(call_id, "f"), ToolResult(call_id)), PLAIN, pattern)
            made, result = prepared.request.messages[0].parts
            assert isinstance(made, ToolCall) and isinstance(result, ToolResult)
            assert made.id == result.id
            assert made.id == call_id if pattern is None and call_id == "call_1" else len(made.id) in range(1, 41)


def test_a_signature_in_an_id_comes_out_for_who_can_use_it_and_nobody_else_sees_it() -> None:
    opaque = Opaque("google", "thought_signature", "c2lnbmF0dXJl")
    signed = sign_id("call_1", opaque)
    prepared = prepare(asked(ToolCall(signed, "f"), ToolResult(signed)), EVERYTHING)
    assert prepared.request.messages[0].parts == (ToolCall("call_1", "f", opaque=opaque), ToolResult("call_1"))
    plain = prepare(asked(ToolCall(signed, "f"), ToolResult(signed)), PLAIN)
    assert plain.request.messages[0].parts == (ToolCall("call_1", "f"), ToolResult("call_1"))


def test_a_changed_node_has_no_raw_that_would_undo_the_change() -> None:
    request = asked(
        ToolCall("a b", "f", raw={"id": "a b"}), tools=(Tool(ToolKind.CUSTOM, "x", raw={"type": "custom"}),)
    )
    prepared = prepare(request, PLAIN)
    assert (prepared.request.tools or ())[0].raw is None
    assert calls(prepared)[0].raw is None
    assert json.loads(json.dumps((prepared.request.tools or ())[0].schema))["type"] == "object"

"""Codex on dialects that have none of its tool kinds: everything it offers arrives and comes back in its own terms.

The requests have the shape of Codex 0.169's: with gpt-5.5 its tools stand in `tools`, with gpt-5.6 and later in the
first item of the input.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.protocols.canonical.answer import Event, Response, Stop
from gate.protocols.canonical.events import events_of
from gate.protocols.canonical.parts import CallKind, Opaque, Text, Thinking, ToolCall, ToolResult
from gate.protocols.canonical.request import Request, Role, ToolKind
from gate.protocols.canonical.restore import Restorer
from gate.protocols.canonical.tools import Prepared, prepare
from gate.protocols.opaque import sign_id
from gate.protocols.openai_responses import TRANSLATOR
from gate.protocols.translation import ToolRules
from tests.protocols.openai_responses.canonical import AIM, MINT, decode, encode, lost

FUNCTIONS_ONLY = ToolRules(frozenset({ToolKind.FUNCTION}), r"[A-Za-z0-9_-]{1,64}", r"[A-Za-z0-9_-]{1,64}")
"""A dialect like Anthropic's or Gemini's."""
FREE_TEXT = ToolRules(frozenset({ToolKind.FUNCTION, ToolKind.CUSTOM}), r"[A-Za-z0-9_-]{1,64}", r"[A-Za-z0-9_-]{1,40}")
"""A dialect like chat's: custom tools, but no namespaces."""

GRAMMAR = {"type": "grammar", "syntax": "lark", "definition": "start: /.+/"}
COMMAND = {
    "type": "function",
    "name": "exec_command",
    "description": "Runs a command",
    "strict": False,
    "parameters": {"type": "object", "properties": {"cmd": {"type": "string"}}, "required": ["cmd"]},
}
PATCH = {"type": "custom", "name": "apply_patch", "description": "Edits files", "format": GRAMMAR}
SEARCH = {
    "type": "tool_search",
    "execution": "client",
    "description": "Finds tools",
    "parameters": {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]},
}
AGENTS = {
    "type": "namespace",
    "name": "agents",
    "description": "Other agents",
    "tools": [
        {"type": "function", "name": "spawn", "strict": False, "parameters": {"type": "object", "properties": {}}}
    ],
}
WEB = {"type": "web_search", "external_web_access": True}
OLDER: dict[str, Any] = {
    "tools": [COMMAND, PATCH, AGENTS, SEARCH, WEB],
    "tool_choice": "auto",
    "parallel_tool_calls": True,
    "reasoning": {"effort": "medium", "summary": "auto"},
    "store": False,
    "stream": True,
    "include": ["reasoning.encrypted_content"],
    "prompt_cache_key": "01a1",
    "text": {"verbosity": "low"},
    "client_metadata": {"turn_id": "01a2"},
}
EXEC = {"type": "custom", "name": "exec", "description": "Runs JavaScript", "format": GRAMMAR}
WAIT = {"type": "function", "name": "wait", "strict": False, "parameters": {"type": "object", "properties": {}}}
ADDITIONAL = {
    "type": "additional_tools",
    "id": "at_1",
    "role": "developer",
    "tools": [{"type": "namespace", "name": "functions", "description": "", "tools": [EXEC, WAIT]}, AGENTS],
}
RULE = {"type": "message", "id": "msg_1", "role": "developer", "content": [{"type": "input_text", "text": "rules"}]}
TASK = {"type": "message", "id": "msg_2", "role": "user", "content": [{"type": "input_text", "text": "task"}]}


def older(*after: dict[str, Any]) -> Request:
    return decode(**OLDER, input=[RULE, TASK, *after])


def newer(*after: dict[str, Any]) -> Request:
    members = {name: value for name, value in OLDER.items() if name != "tools"}
    return decode(**members, input=[ADDITIONAL, RULE, TASK, *after])


def answered(prepared: Prepared, *calls: ToolCall) -> list[dict[str, Any]]:
    """The items Codex gets when a model answers with these calls, as another dialect's upstream spells them."""
    events: Sequence[Event] = events_of(Response("r", "m", calls, Stop.TOOL_USE))
    restored = Restorer(prepared.names, keeps_signature=False, token=MINT.token).feed(events)
    stream = TRANSLATOR.stream_encoder(older(), MINT).encode(restored)
    found = [json.loads(line[6:]) for line in stream.decode().splitlines() if line.startswith("data: ")]
    return [event["item"] for event in found if event["type"] == "response.output_item.done"]


def test_every_tool_of_codex_is_offered_elsewhere() -> None:
    prepared = prepare(older(), FUNCTIONS_ONLY)
    tools = prepared.request.tools or ()
    assert [(tool.name, tool.kind) for tool in tools] == [
        ("exec_command", ToolKind.FUNCTION),
        ("apply_patch", ToolKind.FUNCTION),
        ("agents__spawn", ToolKind.FUNCTION),
        ("tool_search", ToolKind.FUNCTION),
    ]
    assert "start: /.+/" in (tools[1].description or "")
    assert {(loss.feature.value, loss.path, loss.action.value) for loss in prepared.losses} >= {
        ("tool_kinds", "tools[1]", "emulated"),
        ("tool_kinds", "tools[3]", "emulated"),
        ("server_tools", "tools[4]", "dropped"),
    }


def test_tools_in_the_input_become_real_tools() -> None:
    """Codex with gpt-5.6 and later: no member `tools`, all of them in the first item."""
    prepared = prepare(newer(), FUNCTIONS_ONLY)
    assert [tool.name for tool in prepared.request.tools or ()] == [
        "functions__exec",
        "functions__wait",
        "agents__spawn",
    ]
    spoken = [message for message in prepared.request.messages if message.parts]
    assert [(message.role, message.parts[0].text) for message in spoken] == [  # pyright: ignore
        (Role.DEVELOPER, "rules"),
        (Role.USER, "task"),
    ]


def test_calls_come_back_in_codex_own_terms() -> None:
    prepared = prepare(newer(), FUNCTIONS_ONLY)
    script, wait = answered(
        prepared,
        ToolCall("toolu_1", "functions__exec", '{"input": "text(1)"}'),
        ToolCall("toolu_2", "functions__wait", '{"a": 1}'),
    )
    assert (script["type"], script["name"], script["namespace"], script["input"], script["call_id"]) == (
        "custom_tool_call",
        "exec",
        "functions",
        "text(1)",
        "toolu_1",
    )
    assert (wait["type"], wait["name"], wait["namespace"], wait["arguments"]) == (
        "function_call",
        "wait",
        "functions",
        '{"a": 1}',
    )


def test_a_custom_tool_keeps_its_namespace_where_custom_tools_are_known() -> None:
    prepared = prepare(newer(), FREE_TEXT)
    first = (prepared.request.tools or ())[0]
    assert (first.name, first.kind, first.namespace) == ("functions__exec", ToolKind.CUSTOM, None)
    (script,) = answered(prepared, ToolCall("c", "functions__exec", "text(1)", CallKind.CUSTOM))
    assert (script["name"], script["namespace"], script["input"]) == ("exec", "functions", "text(1)")


def test_a_tool_search_comes_back_as_one() -> None:
    prepared = prepare(older(), FUNCTIONS_ONLY)
    (item,) = answered(prepared, ToolCall("c", "tool_search", '{"query": "mail"}'))
    assert (item["type"], item["execution"], item["arguments"]) == ("tool_search_call", "client", {"query": "mail"})


def test_what_a_search_found_can_be_called_in_the_next_turn() -> None:
    mail = {
        "type": "function",
        "name": "send",
        "description": "Sends",
        "parameters": {"type": "object", "properties": {}},
    }
    found = {"type": "namespace", "name": "mail", "description": "Mail", "tools": [mail]}
    call = {"type": "tool_search_call", "call_id": "c", "execution": "client", "arguments": {"query": "mail"}}
    output = {
        "type": "tool_search_output",
        "call_id": "c",
        "execution": "client",
        "status": "completed",
        "tools": [found],
    }
    prepared = prepare(older(call, output), FUNCTIONS_ONLY)
    assert "mail__send" in [tool.name for tool in prepared.request.tools or ()]
    *_, asked, told = prepared.request.messages
    assert isinstance(asked.parts[0], ToolCall)
    assert isinstance(told.parts[0], ToolResult)
    assert (asked.parts[0].name, asked.parts[0].kind, asked.parts[0].id) == ("tool_search", CallKind.FUNCTION, "c")
    assert told.parts[0].id == "c"
    assert "send" in told.parts[0].content[0].text  # pyright: ignore
    (item,) = answered(prepared, ToolCall("d", "mail__send", "{}"))
    assert (item["name"], item["namespace"]) == ("send", "mail")


def test_history_of_custom_calls_is_a_function_elsewhere() -> None:
    call = {
        "type": "custom_tool_call",
        "id": "ctc_1",
        "call_id": "c",
        "name": "exec",
        "namespace": "functions",
        "input": "x()",
    }
    output = {"type": "custom_tool_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "done"}]}
    *_, asked, told = prepare(newer(call, output), FUNCTIONS_ONLY).request.messages
    assert isinstance(asked.parts[0], ToolCall)
    assert isinstance(told.parts[0], ToolResult)
    assert (asked.parts[0].name, json.loads(asked.parts[0].arguments)) == ("functions__exec", {"input": "x()"})
    assert (told.parts[0].kind, told.parts[0].content[0].text) == (CallKind.FUNCTION, "done")  # pyright: ignore


@pytest.mark.parametrize("request_", [older(), newer()], ids=["gpt-5.5", "gpt-6"])
def test_on_its_own_dialect_nothing_changes(request_: Request) -> None:
    prepared = prepare(request_, TRANSLATOR.tools)
    assert prepared.losses == ()
    body = encode(prepared.request)
    sent = {**OLDER, "model": "gpt-x", "input": body["input"], "stream": False}
    if request_.messages[0].path == "input[0]" and not request_.messages[0].parts:
        sent.pop("tools")
        assert body["input"] == [ADDITIONAL, RULE, TASK]
    else:
        assert body["input"] == [RULE, TASK]
    assert body == sent
    assert lost(prepared.request) == set()


def test_tools_in_the_input_that_were_changed_are_sent_among_the_others() -> None:
    request = newer()
    fewer = encode(request_with(request, tools=(request.tools or ())[1:]))
    assert fewer["input"] == [RULE, TASK]
    assert [tool["name"] for tool in fewer["tools"]] == ["functions", "agents"]
    assert fewer["tools"][0]["tools"] == [WAIT]


def request_with(request: Request, **members: Any) -> Request:
    return type(request)(**{name: getattr(request, name) for name in request.__struct_fields__} | members)


def test_a_signature_of_gemini_rides_in_the_call_and_openai_never_sees_it() -> None:
    """A session that was on Gemini and goes on with OpenAI: its long ids are brought under 64 characters."""
    signed = sign_id("call_1", Opaque("google", "thought_signature", "c2lnbmF0dXJl" * 20))
    call = {"type": "function_call", "call_id": signed, "name": "exec_command", "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": signed, "output": "ok"}
    assert len(signed) > 64
    *_, sent, told = encode(prepare(older(call, output), TRANSLATOR.tools).request)["input"]
    assert (sent["call_id"], told["call_id"], told["output"]) == ("call_1", "call_1", "ok")


def test_reasoning_of_another_vendor_survives_in_codex_history() -> None:
    """Codex sends reasoning back with its summary and `encrypted_content`, as it came."""
    thinking = Thinking("why", Opaque("anthropic", "signature", "sig=="))
    body, _ = TRANSLATOR.encode_answer(Response("r", "m", (thinking, Text("hi")), Stop.END), older(), MINT)
    *_, message = older(*json.loads(body)["output"]).messages
    assert message.parts[0].text == "why"  # pyright: ignore
    assert message.parts[0].opaque == thinking.opaque  # pyright: ignore
    assert lost(older(*json.loads(body)["output"])) == {("thinking", "input[2:4].content[0]", "dropped")}


def test_what_codex_says_about_itself_is_for_openai_alone() -> None:
    assert older().others.keys() == {"store", "include", "prompt_cache_key", "client_metadata"}
    chat = request_with(older(), dialect=Dialect.OPENAI_CHAT)
    assert ("parameters", "client_metadata", "dropped") in lost(chat)
    assert json.loads(TRANSLATOR.encode_request(older(), AIM).body)["client_metadata"] == {"turn_id": "01a2"}

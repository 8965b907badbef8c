"""gate.protocols.openai_responses.decode_request: messages, members, and what stays for OpenAI alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gate.core.errors import ErrorCode, GateError
from gate.protocols.canonical.parts import CallKind, Foreign, Opaque, Part, Text, Thinking, ToolCall, ToolResult
from gate.protocols.canonical.request import Effort, Message, OutputFormat, Reasoning, Role
from gate.protocols.opaque import pack
from gate.protocols.openai_responses import TRANSLATOR
from tests.protocols.openai_responses.canonical import decode, encode


def items(*given: Any) -> tuple[Message, ...]:
    return decode(input=list(given)).messages


def only(item: Any) -> Part:
    (message,) = items(item)
    (part,) = message.parts
    return part


def test_a_string_is_a_user_message() -> None:
    (message,) = decode(input="hello").messages
    assert (message.role, message.parts, message.path) == (Role.USER, (Text("hello"),), "input")


def test_instructions_stand_outside_the_list() -> None:
    message, _ = decode(instructions="be good").messages
    assert (message.role, message.top, message.path, message.parts) == (
        Role.SYSTEM,
        True,
        "instructions",
        (Text("be good"),),
    )
    echoed, _ = decode(instructions=[{"role": "developer", "content": [{"type": "input_text", "text": "x"}]}]).messages
    assert echoed.parts[0].text == "x"  # pyright: ignore[reportAttributeAccessIssue]
    assert len(decode(instructions="").messages) == 1


def test_roles_anywhere_in_the_list() -> None:
    made = items(
        {"role": "system", "content": "a"},
        {"role": "user", "content": "b"},
        {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "c"}]},
        {"role": "user", "content": "d"},
    )
    assert [message.role for message in made] == [Role.SYSTEM, Role.USER, Role.DEVELOPER, Role.USER]
    assert [message.path for message in made] == ["input[0]", "input[1]", "input[2]", "input[3]"]
    assert not any(message.top for message in made)


def test_one_turn_of_the_assistant_is_one_message() -> None:
    turn = [
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "tok"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "hm"}]},
        {"type": "function_call", "call_id": "c1", "name": "ls", "arguments": "{}"},
        {"type": "function_call", "call_id": "c2", "name": "ls", "arguments": "{}"},
    ]
    results = [
        {"type": "function_call_output", "call_id": "c1", "output": "one"},
        {"type": "function_call_output", "call_id": "c2", "output": [{"type": "input_text", "text": "two"}]},
    ]
    user, assistant, answered, after = items(
        {"role": "user", "content": "x"}, *turn, *results, {"role": "user", "content": "y"}
    )
    assert (user.path, assistant.path, answered.path, after.path) == (
        "input[0]",
        "input[1:5]",
        "input[5:7]",
        "input[7]",
    )
    assert (assistant.role, answered.role) == (Role.ASSISTANT, Role.USER)
    assert [type(part) for part in assistant.parts] == [Thinking, Text, ToolCall, ToolCall]
    assert [part.content[0].text for part in answered.parts] == ["one", "two"]  # pyright: ignore
    assert assistant.raw == {"items": turn}


def test_reasoning_has_its_summary_and_its_token() -> None:
    summary = [{"type": "summary_text", "text": "a"}, {"type": "summary_text", "text": "b"}]
    part = only({"type": "reasoning", "id": "rs_1", "summary": summary, "encrypted_content": "tok"})
    assert isinstance(part, Thinking)
    assert (part.text, part.opaque) == ("a\n\nb", Opaque("openai", "encrypted", "tok", "rs_1"))
    shown = only({"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "deep"}]})
    assert isinstance(shown, Thinking)
    assert (shown.text, shown.opaque) == ("deep", None)


def test_another_vendors_token_is_taken_out_of_its_envelope() -> None:
    kept = Opaque("anthropic", "signature", "sig+/=", "x")
    part = only({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": pack(kept, "openai")})
    assert isinstance(part, Thinking)
    assert part.opaque == kept


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (
            {"type": "function_call", "call_id": "c", "name": "n", "namespace": "s", "arguments": '{"a":1}'},
            ToolCall("c", "n", '{"a":1}', namespace="s"),
        ),
        ({"type": "function_call", "id": "fc", "name": "n", "arguments": {"a": 1}}, ToolCall("fc", "n", '{"a":1}')),
        ({"type": "function_call", "call_id": "c", "name": "n", "arguments": None}, ToolCall("c", "n")),
        (
            {"type": "custom_tool_call", "call_id": "c", "name": "exec", "namespace": "functions", "input": "x()"},
            ToolCall("c", "exec", "x()", CallKind.CUSTOM, "functions"),
        ),
        (
            {"type": "tool_search_call", "call_id": "c", "execution": "client", "arguments": {"query": "q"}},
            ToolCall("c", "tool_search", '{"query":"q"}', CallKind.SEARCH),
        ),
        (
            {"type": "custom_tool_call_output", "call_id": "c", "output": "done"},
            ToolResult("c", (Text("done"),), kind=CallKind.CUSTOM),
        ),
        ({"type": "function_call_output", "call_id": "c", "output": ""}, ToolResult("c")),
        ({"type": "function_call_output", "call_id": "c", "output": {"a": 1}}, ToolResult("c", (Text('{"a":1}'),))),
    ],
)
def test_calls_and_results(item: dict[str, Any], expected: ToolCall | ToolResult) -> None:
    part = only(item)
    assert isinstance(part, ToolCall | ToolResult)
    assert part.raw == item
    fields = [name for name in expected.__struct_fields__ if name != "raw"]
    assert [getattr(part, name) for name in fields] == [getattr(expected, name) for name in fields]


@pytest.mark.parametrize(
    ("item", "role", "server", "text"),
    [
        ({"type": "web_search_call", "id": "ws", "action": {"query": "q"}}, Role.ASSISTANT, True, "[Web search]\nq"),
        ({"type": "item_reference", "id": "msg_1"}, Role.ASSISTANT, False, None),
        ({"id": "msg_1"}, Role.ASSISTANT, False, None),
        ({"type": "compaction", "id": "c", "encrypted_content": "x"}, Role.ASSISTANT, False, None),
        ({"type": "computer_call_output", "call_id": "c", "output": {}}, Role.USER, False, None),
        ({"type": "local_shell_call_output", "id": "c", "output": "out"}, Role.USER, False, "out"),
        ({"type": "mcp_approval_response", "approval_request_id": "m", "approve": True}, Role.USER, True, None),
        ({"type": "tool_search_call", "arguments": {}, "execution": "server"}, Role.ASSISTANT, True, None),
        ({"type": "something_new", "x": 1}, Role.ASSISTANT, False, None),
        ({"type": "some_new_call", "x": 1}, Role.ASSISTANT, True, None),
    ],
)
def test_items_of_openai_alone(item: dict[str, Any], role: Role, server: bool, text: str | None) -> None:
    (message,) = items(item)
    (part,) = message.parts
    assert isinstance(part, Foreign)
    assert (message.role, part.server, part.text, part.raw) == (role, server, text, item)


def test_members() -> None:
    request = decode(
        max_output_tokens=99,
        temperature=1,
        top_p=0.5,
        top_logprobs=3,
        metadata={"k": "v"},
        user="u",
        service_tier="flex",
        reasoning={"effort": "xhigh", "summary": "detailed", "context": "all_turns"},
        text={"verbosity": "low", "format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}}},
        tool_choice="required",
        parallel_tool_calls=False,
        store=False,
        include=["reasoning.encrypted_content"],
        previous_response_id="resp_1",
        nothing=None,
    )
    assert (request.max_tokens, request.user, request.service_tier, request.verbosity) == (99, "u", "flex", "low")
    assert (request.sampling.temperature, request.sampling.top_p, request.sampling.logprobs) == (1, 0.5, 3)
    assert request.metadata == {"k": "v"}
    assert request.reasoning == Reasoning(on=True, effort=Effort.XHIGH, summary="detailed")
    assert request.output == OutputFormat("json_schema", {"type": "object"}, "n")
    assert request.tool_choice is not None
    assert (request.tool_choice.mode, request.tool_choice.parallel) == ("any", False)
    assert request.others == {
        "store": False,
        "include": ["reasoning.encrypted_content"],
        "previous_response_id": "resp_1",
        "reasoning.context": "all_turns",
    }


def test_reasoning_that_is_not_asked_for() -> None:
    assert decode(reasoning={"summary": "auto"}).reasoning == Reasoning(summary="auto")
    assert decode(reasoning={"generate_summary": "concise"}).reasoning == Reasoning(summary="concise")
    assert decode(reasoning={"effort": "none"}).reasoning == Reasoning(on=False, effort=Effort.NONE)
    assert decode(reasoning=None).reasoning is None
    new = decode(reasoning={"effort": "gigantic"})
    assert new.reasoning is None
    assert new.others["reasoning.effort"] == "gigantic"


def test_output_formats() -> None:
    assert decode(text={"format": {"type": "text"}}).output is None
    assert decode(text={"format": {"type": "json_object"}}).output == OutputFormat("json_object")
    assert decode(text={"format": {"type": "grammar"}}).others["text.format"] == {"type": "grammar"}


def test_logprobs_may_be_asked_by_include() -> None:
    assert decode(include=["message.output_text.logprobs"]).sampling.logprobs == 0
    assert decode().sampling.logprobs is None


@pytest.mark.parametrize(
    ("body", "code", "member"),
    [
        (b"{", ErrorCode.INVALID_JSON, ""),
        (b"[]", ErrorCode.INVALID_BODY, ""),
        (b'{"input": 5}', ErrorCode.INVALID_BODY, "input"),
        (b'{"input": [null]}', ErrorCode.INVALID_BODY, "input[0]"),
        (b'{"input": "\xff"}', ErrorCode.INVALID_JSON, ""),
    ],
)
def test_what_is_refused(body: bytes, code: ErrorCode, member: str) -> None:
    with pytest.raises(GateError) as caught:
        TRANSLATOR.decode_request(body, model="m", stream=False)
    assert caught.value.code is code
    assert caught.value.message.startswith(member)


def test_lone_surrogates_are_mended() -> None:
    request = TRANSLATOR.decode_request(rb'{"input": "a\ud800b \ud83d\ude00"}', model="m", stream=False)
    assert request.messages[0].parts == (Text("a\ufffdb 😀"),)


def test_everything_of_this_dialect_goes_back_as_it_came() -> None:
    body: dict[str, Any] = {
        "model": "gpt-x",
        "input": [
            {"type": "message", "id": "msg_0", "role": "developer", "content": [{"type": "input_text", "text": "d"}]},
            {"role": "user", "content": [{"type": "input_text", "text": "x", "new": 1}], "extra": True},
            {
                "type": "message",
                "id": "m",
                "role": "assistant",
                "status": "completed",
                "phase": "commentary",
                "content": [],
            },
            {"type": "item_reference", "id": "i"},
            {"type": "mystery", "deep": {"er": [1, None]}},
        ],
        "instructions": "be good",
        "tools": [{"type": "mcp", "server_label": "s", "headers": {"a": "b"}}],
        "tool_choice": {"type": "mcp", "server_label": "s", "name": "n"},
        "parallel_tool_calls": True,
        "reasoning": {"effort": "low", "context": "all_turns", "mode": "pro"},
        "text": {"format": {"type": "json_object"}, "verbosity": "high", "new": 2},
        "truncation": "auto",
        "background": True,
        "store": True,
        "include": ["web_search_call.results"],
        "conversation": {"id": "conv"},
        "stream_options": {"include_obfuscation": False},
        "stream": False,
        "max_output_tokens": 99,
        "top_logprobs": 2,
        "user": "u" * 99,
        "safety_identifier": "s",
    }
    assert encode(decode(**body)) == body
    assert json.loads(json.dumps(body)) == body

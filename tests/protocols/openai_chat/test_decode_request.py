"""gate.protocols.openai_chat.decode_request: everything a client of chat can say, in canonical form."""

from __future__ import annotations

from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.core.errors import ErrorCode, GateError
from gate.protocols.canonical.request import (
    Effort,
    OutputFormat,
    Reasoning,
    Sampling,
    Tool,
    ToolChoice,
    ToolKind,
)
from gate.protocols.openai_chat import TRANSLATOR
from tests.protocols.openai_chat.translating import decoded

SCHEMA = {"type": "object", "properties": {}}
FUNCTION = {"type": "function", "function": {"name": "f", "description": "d", "parameters": SCHEMA, "strict": True}}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", ErrorCode.INVALID_JSON),
        (b"{", ErrorCode.INVALID_JSON),
        (b"[]", ErrorCode.INVALID_BODY),
        (b'{"messages": 5}', ErrorCode.INVALID_BODY),
        (b'{"messages": [5]}', ErrorCode.INVALID_BODY),
        (b'{"messages": [{"role": "robot", "content": "x"}]}', ErrorCode.INVALID_BODY),
        (b'{"messages": [], "temperature": "hot"}', ErrorCode.INVALID_BODY),
        (b'{"messages": [], "temperature": true}', ErrorCode.INVALID_BODY),
        (b'{"messages": [], "seed": 1.5}', ErrorCode.INVALID_BODY),
        (b'{"messages": [], "seed": 1e999}', ErrorCode.INVALID_BODY),
        (b'{"messages": ' + b"[" * 20_000 + b"]" * 20_000 + b"}", ErrorCode.TOO_DEEP),
    ],
)
def test_what_cannot_be_read(body: bytes, code: ErrorCode) -> None:
    with pytest.raises(GateError) as caught:
        TRANSLATOR.decode_request(body, model="m", stream=False)
    assert caught.value.code is code


def test_an_error_names_the_member_and_not_its_value() -> None:
    with pytest.raises(GateError) as caught:
        decoded(messages=[{"role": "user", "content": "x"}, {"role": "secret", "content": "x"}])
    assert "messages[1].role" in caught.value.message
    assert "secret" not in caught.value.message


def test_model_and_stream_are_as_scanned() -> None:
    found = TRANSLATOR.decode_request(b'{"model": "a", "stream": false, "messages": []}', model="b", stream=True)
    assert (found.dialect, found.model, found.stream) == (Dialect.OPENAI_CHAT, "b", True)


@pytest.mark.parametrize(
    ("members", "limit"),
    [
        ({"max_tokens": 5}, 5),
        ({"max_completion_tokens": 6}, 6),
        ({"max_tokens": 5, "max_completion_tokens": 6}, 6),
        ({"max_tokens": 5, "max_completion_tokens": None}, 5),
        ({"max_tokens": 5.0}, 5),
        ({}, None),
    ],
)
def test_the_output_limit(members: dict[str, Any], limit: int | None) -> None:
    assert decoded(**members).max_tokens == limit


@pytest.mark.parametrize(
    ("stop", "found"), [("x", ("x",)), (["x", "y"], ("x", "y")), (None, ()), ("", ()), ([], ()), ([1, "x"], ("x",))]
)
def test_stop_as_a_string_and_as_a_list(stop: Any, found: tuple[str, ...]) -> None:
    assert decoded(stop=stop).stop == found


def test_sampling() -> None:
    members = {"temperature": 0, "top_p": 0.5, "top_k": 4, "seed": 7, "presence_penalty": 1, "frequency_penalty": -1}
    assert decoded(**members, n=2, logprobs=True, top_logprobs=3).sampling == Sampling(0, 0.5, 4, 7, 1, -1, 2, 3)
    assert decoded(logprobs=True).sampling.logprobs == 0
    assert decoded(logprobs=False, top_logprobs=3).sampling.logprobs is None


def test_function_and_custom_tools() -> None:
    grammar = {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: x"}}
    custom = {"type": "custom", "custom": {"name": "c", "description": "d", "format": grammar}}
    plain = {"type": "custom", "custom": {"name": "p", "format": {"type": "text"}}}
    found = decoded(tools=[FUNCTION, custom, plain, {"type": "function", "function": {"name": "g"}}]).tools
    assert found == (
        Tool(ToolKind.FUNCTION, "f", "d", SCHEMA, strict=True, path="tools[0]", raw=FUNCTION),
        Tool(
            ToolKind.CUSTOM,
            "c",
            "d",
            grammar={"type": "grammar", "syntax": "lark", "definition": "start: x"},
            path="tools[1]",
            raw=custom,
        ),
        Tool(ToolKind.CUSTOM, "p", grammar={"type": "text"}, path="tools[2]", raw=plain),
        Tool(ToolKind.FUNCTION, "g", path="tools[3]", raw={"type": "function", "function": {"name": "g"}}),
    )


def test_tools_a_server_runs_itself() -> None:
    search = {"type": "web_search", "allowed_domains": ["a"], "excluded_domains": ["b"], "max_uses": 2}
    near = {"user_location": {"type": "approximate", "approximate": {"country": "DE"}}}
    found = decoded(tools=[search, {"type": "browser_search"}, "x"], web_search_options=near).tools
    assert found is not None
    assert [(tool.kind, tool.name, tool.path) for tool in found] == [
        (ToolKind.WEB_SEARCH, "web_search", "tools[0]"),
        (ToolKind.SERVER, "browser_search", "tools[1]"),
        (ToolKind.FUNCTION, "", "tools[2]"),
        (ToolKind.WEB_SEARCH, "web_search", "web_search_options"),
    ]
    assert found[0].options == {"allowed_domains": ["a"], "blocked_domains": ["b"], "max_uses": 2}
    assert found[3].options == {"user_location": {"type": "approximate", "country": "DE"}}


def test_a_tools_cache_hint() -> None:
    found = decoded(tools=[{**FUNCTION, "cache_control": {"type": "ephemeral"}}]).tools
    assert found is not None
    assert found[0].cache == {"type": "ephemeral"}


def test_no_tools_and_empty_tools_differ() -> None:
    assert decoded().tools is None
    assert decoded(tools=[]).tools == ()
    assert decoded(tools=None).tools is None


def test_the_old_functions() -> None:
    found = decoded(functions=[{"name": "f", "parameters": SCHEMA}], function_call={"name": "f"})
    assert found.tools == (Tool(ToolKind.FUNCTION, "f", schema=SCHEMA, path="functions[0]"),)
    assert found.tool_choice == ToolChoice("tool", "f")
    assert decoded(function_call="none").tool_choice == ToolChoice("none")


@pytest.mark.parametrize(
    ("value", "choice"),
    [
        ("auto", ToolChoice("auto")),
        ("none", ToolChoice("none")),
        ("required", ToolChoice("any")),
        ("any", ToolChoice("any")),
        ({"type": "function", "function": {"name": "f"}}, ToolChoice("tool", "f")),
        ({"type": "function", "name": "f"}, ToolChoice("tool", "f")),
        ({"type": "custom", "custom": {"name": "c"}}, ToolChoice("tool", "c", ToolKind.CUSTOM)),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [FUNCTION, {"type": "x"}]}},
            ToolChoice("any", allowed=("f",)),
        ),
        (
            {
                "type": "allowed_tools",
                "allowed_tools": {"mode": "auto", "tools": [{"type": "custom", "custom": {"name": "c"}}]},
            },
            ToolChoice("auto", allowed=("c",)),
        ),
    ],
)
def test_tool_choice(value: Any, choice: ToolChoice) -> None:
    found = decoded(tools=[FUNCTION], tool_choice=value)
    assert (found.tool_choice, found.others) == (choice, {})


def test_parallel_calls_with_and_without_a_choice() -> None:
    assert decoded(parallel_tool_calls=False).tool_choice == ToolChoice(parallel=False)
    assert decoded(parallel_tool_calls=True, tool_choice="required").tool_choice == ToolChoice("any", parallel=True)
    assert decoded().tool_choice is None


def test_a_choice_nobody_else_knows_is_kept() -> None:
    choice = {"type": "openrouter:web_search"}
    found = decoded(tools=[FUNCTION], tool_choice=choice)
    assert (found.tool_choice, found.others) == (None, {"tool_choice": choice})


def test_output_formats() -> None:
    spelled = {"name": "n", "description": "d", "schema": SCHEMA, "strict": True}
    assert decoded(response_format={"type": "json_schema", "json_schema": spelled}).output == OutputFormat(
        "json_schema", SCHEMA, "n", "d", strict=True
    )
    assert decoded(response_format={"type": "json_object"}).output == OutputFormat("json_object")
    assert decoded(response_format={"type": "json_object", "schema": SCHEMA}).output == OutputFormat(
        "json_schema", SCHEMA
    )
    text = decoded(response_format={"type": "text"})
    assert (text.output, text.others) == (None, {})
    grammar = decoded(response_format={"type": "grammar", "grammar": "g"})
    assert (grammar.output, grammar.others) == (None, {"response_format": {"type": "grammar", "grammar": "g"}})


@pytest.mark.parametrize(
    ("members", "reasoning"),
    [
        ({"reasoning_effort": "high"}, Reasoning(effort=Effort.HIGH)),
        ({"reasoning_effort": "none"}, Reasoning(effort=Effort.NONE)),
        ({"reasoning": {"effort": "low", "exclude": True}}, Reasoning(effort=Effort.LOW, summary="omitted")),
        ({"reasoning": {"max_tokens": 2000, "enabled": True}}, Reasoning(on=True, budget=2000)),
        ({"reasoning": {"summary": "detailed"}}, Reasoning(summary="detailed")),
        ({"thinking": {"type": "enabled", "budget_tokens": 9}}, Reasoning(on=True, budget=9)),
        ({"thinking": {"type": "disabled"}}, Reasoning(on=False)),
        ({"thinking": {"type": "adaptive"}}, Reasoning(on=True, adaptive=True)),
        ({"enable_thinking": False}, Reasoning(on=False)),
        ({"enable_thinking": True, "thinking_budget": 9}, Reasoning(on=True, budget=9)),
        ({"reasoning_format": "hidden"}, Reasoning(summary="omitted")),
        ({"reasoning_format": "parsed"}, Reasoning(summary="auto")),
        ({"include_reasoning": False}, Reasoning(summary="omitted")),
    ],
)
def test_thinking_in_every_vendors_words(members: dict[str, Any], reasoning: Reasoning) -> None:
    found = decoded(**members).reasoning
    assert found is not None
    assert found == Reasoning(
        reasoning.on, reasoning.adaptive, reasoning.budget, reasoning.effort, reasoning.summary, raw=members
    )


def test_no_word_of_thinking() -> None:
    assert decoded(reasoning_effort=None).reasoning is None
    for words in ({"reasoning_effort": "default"}, {"thinking": {"clear_thinking": False}}):
        found = decoded(**words)
        assert (found.reasoning, found.others) == (None, words)


def test_who_asks_and_how() -> None:
    found = decoded(
        user="u", metadata={"a": "b"}, verbosity="low", service_tier="flex", cache_control={"type": "ephemeral"}
    )
    assert (found.user, found.metadata, found.verbosity, found.service_tier) == ("u", {"a": "b"}, "low", "flex")
    assert (found.cache, found.others) == ({"type": "ephemeral"}, {})


def test_what_has_no_place_keeps_its_name() -> None:
    members = {
        "logit_bias": {"1": 2},
        "prediction": {"type": "content", "content": "x"},
        "modalities": ["text", "audio"],
        "audio": {"voice": "v", "format": "wav"},
        "store": True,
        "safety_identifier": "s",
        "prompt_cache_key": "k",
        "min_p": 0.1,
        "provider": {"order": ["a"]},
        "brand_new": [1],
        "stream_options": {"include_usage": True, "include_obfuscation": False},
    }
    found = decoded(**members, absent=None)
    assert found.others == members
    assert found.include_usage is True


def test_whether_usage_was_asked_for() -> None:
    assert decoded(stream_options={"include_usage": True}).include_usage is True
    assert decoded(stream_options={"include_usage": False}).include_usage is False
    assert decoded(stream_options=None).include_usage is False
    assert decoded(stream_options={"include_usage": True}).others == {}


def test_half_an_emoji_is_survived() -> None:
    body = b'{"messages": [{"role": "user", "content": "a \\ud83d b"}]}'
    (message,) = TRANSLATOR.decode_request(body, model="m", stream=False).messages
    assert message.parts[0].text == "a \N{REPLACEMENT CHARACTER} b"  # type: ignore[union-attr]

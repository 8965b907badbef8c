"""gate.protocols.openai_chat.encode_request: bodies of OpenAI's types, and what a provider does not take."""

from __future__ import annotations

from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.core.loss import Feature, Loss, LossAction, Use
from gate.core.profile import NO_QUIRKS, Quirks
from gate.protocols.canonical.parts import Text
from gate.protocols.canonical.request import (
    Effort,
    Message,
    OutputFormat,
    Reasoning,
    Request,
    Role,
    Sampling,
    Tool,
    ToolChoice,
    ToolKind,
)
from gate.protocols.openai_chat import TRANSLATOR
from gate.protocols.translation import Aim
from tests.protocols.openai_chat.sdk_types import request_faults
from tests.protocols.openai_chat.translating import encoded, foreign, user

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}
LOOSE = {"type": "object", "properties": {"a": {"type": "string"}}}
F, G = Tool(ToolKind.FUNCTION, "f", "d", LOOSE), Tool(ToolKind.FUNCTION, "g", path="tools[1]")
HI = user(Text("hi"))
OTHER = "mistral"


def sent(
    quirks: Quirks = NO_QUIRKS, vendor: str = "openai", thinks: bool | None = None, **members: Any
) -> dict[str, Any]:
    """A body that lost nothing."""
    body, losses = encoded(foreign(HI, **members), quirks, vendor=vendor, thinks=thinks)
    assert losses == ()
    assert request_faults(body) == []
    return body


def lost(quirks: Quirks = NO_QUIRKS, vendor: str = "openai", thinks: bool | None = None, **members: Any) -> set[Loss]:
    body, losses = encoded(foreign(HI, **members), quirks, vendor=vendor, thinks=thinks)
    assert request_faults(body) == []
    return set(losses)


def loss(feature: Feature, path: str, action: LossAction = LossAction.DROPPED) -> set[Loss]:
    return {Loss(feature, path, action)}


def test_the_least_there_is() -> None:
    assert sent() == {"model": "up", "messages": [{"role": "user", "content": "hi"}]}


def test_a_stream_always_asks_for_usage() -> None:
    body = sent(stream=True)
    assert (body["stream"], body["stream_options"]) == (True, {"include_usage": True})


def test_usage_is_not_asked_of_those_who_refuse_to_be_asked() -> None:
    body = sent(Quirks(drops=frozenset({"stream_options"})), stream=True)
    assert "stream_options" not in body


@pytest.mark.parametrize("member", ["max_tokens", "max_completion_tokens"])
def test_the_output_limit_in_the_providers_member(member: str) -> None:
    assert sent(Quirks(max_tokens=member), max_tokens=9)[member] == 9


def test_stop_sequences_up_to_the_providers_most() -> None:
    assert sent(stop=("a", "b"))["stop"] == ["a", "b"]
    body, losses = encoded(foreign(HI, stop=("a", "b", "c")), Quirks(stop_most=2))
    assert body["stop"] == ["a", "b"]
    assert set(losses) == loss(Feature.PARAMETERS, "stop_sequences[2]")


def test_sampling() -> None:
    body = sent(sampling=Sampling(0.5, 0.9, None, 7, 1.0, -1.0, 1))
    wanted = {"temperature": 0.5, "top_p": 0.9, "seed": 7, "presence_penalty": 1.0, "frequency_penalty": -1.0}
    assert {name: body[name] for name in wanted} == wanted
    assert "n" not in body
    assert lost(sampling=Sampling(top_k=4)) == loss(Feature.SAMPLING, "top_k")
    assert lost(sampling=Sampling(choices=2)) == loss(Feature.SAMPLING, "choices")
    assert lost(sampling=Sampling(logprobs=0)) == loss(Feature.SAMPLING, "logprobs")


def test_no_sampling_for_models_that_reason() -> None:
    quirks = Quirks(reasoning_models=("gpt-5*", "o[134]*"))
    request = foreign(HI, sampling=Sampling(temperature=0.5, top_p=0.9, seed=7), stop=("x",))
    body, losses = encoded(request, quirks, model="GPT-5.5-mini")
    assert body.keys() == {"model", "messages", "seed"}
    assert set(losses) == (
        loss(Feature.SAMPLING, "temperature")
        | loss(Feature.SAMPLING, "top_p")
        | loss(Feature.PARAMETERS, "stop_sequences")
    )
    body, losses = encoded(request, quirks, model="gpt-4.1")
    assert (body["temperature"], losses) == (0.5, ())


def test_members_a_provider_refuses_are_left_out() -> None:
    quirks = Quirks(drops=frozenset({"user", "seed", "parallel_tool_calls", "response_format"}))
    request = foreign(
        HI,
        user="u",
        sampling=Sampling(seed=1),
        tools=(F,),
        tool_choice=ToolChoice(parallel=False),
        output=OutputFormat("json_object"),
    )
    body, losses = encoded(request, quirks)
    assert not body.keys() & quirks.drops
    assert set(losses) == (
        loss(Feature.PARAMETERS, "metadata.user_id")
        | loss(Feature.SAMPLING, "seed")
        | loss(Feature.TOOL_CHOICE, "tool_choice.disable_parallel_tool_use")
        | loss(Feature.JSON_SCHEMA, "output_config.format")
    )


def test_function_tools() -> None:
    assert sent(tools=(F, G))["tools"] == [
        {"type": "function", "function": {"name": "f", "description": "d", "parameters": LOOSE}},
        {"type": "function", "function": {"name": "g", "parameters": {"type": "object", "properties": {}}}},
    ]
    assert "tools" not in sent(tools=())


def test_custom_tools_with_their_grammar() -> None:
    grammar = {"type": "grammar", "syntax": "lark", "definition": "start: x"}
    tool = Tool(ToolKind.CUSTOM, "c", "d", grammar=grammar)
    inner = {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: x"}}
    assert sent(tools=(tool,), tool_choice=ToolChoice("tool", "c", ToolKind.CUSTOM)) == {
        "model": "up",
        "messages": [{"role": "user", "content": "hi"}],
        "tools": [{"type": "custom", "custom": {"name": "c", "description": "d", "format": inner}}],
        "tool_choice": {"type": "custom", "custom": {"name": "c"}},
    }


def test_strict_only_where_it_was_asked_for_and_fits() -> None:
    strict = Tool(ToolKind.FUNCTION, "f", schema=SCHEMA, strict=True)
    assert sent(tools=(strict,))["tools"][0]["function"]["strict"] is True
    for tool in (
        Tool(ToolKind.FUNCTION, "f", schema=SCHEMA),
        Tool(ToolKind.FUNCTION, "f", schema=SCHEMA, strict=False),
    ):
        assert "strict" not in sent(tools=(tool,))["tools"][0]["function"]
    loose = Tool(ToolKind.FUNCTION, "f", schema=LOOSE, strict=True, path="tools[0]")
    assert lost(tools=(loose,)) == loss(Feature.JSON_SCHEMA, "tools[0].strict", LossAction.APPROXIMATED)


def test_what_a_vendor_runs_and_cache_hints_are_left_out() -> None:
    tools = (
        Tool(ToolKind.WEB_SEARCH, "web_search", path="tools[0]"),
        Tool(ToolKind.SERVER, "code_execution", path="tools[1]"),
        Tool(ToolKind.FUNCTION, "f", cache={"type": "ephemeral"}, path="tools[2]"),
    )
    assert lost(tools=tools) == (
        loss(Feature.SERVER_TOOLS, "tools[0]")
        | loss(Feature.SERVER_TOOLS, "tools[1]")
        | loss(Feature.CACHE_HINTS, "tools[2].cache_control")
    )


@pytest.mark.parametrize(
    ("choice", "wire"),
    [
        (ToolChoice("auto"), "auto"),
        (ToolChoice("none"), "none"),
        (ToolChoice("any"), "required"),
        (ToolChoice("tool", "f"), {"type": "function", "function": {"name": "f"}}),
        (
            ToolChoice("any", allowed=("g",)),
            {
                "type": "allowed_tools",
                "allowed_tools": {"mode": "required", "tools": [{"type": "function", "function": {"name": "g"}}]},
            },
        ),
    ],
)
def test_tool_choice(choice: ToolChoice, wire: Any) -> None:
    assert sent(tools=(F, G), tool_choice=choice)["tool_choice"] == wire


def test_parallel_calls() -> None:
    assert sent(tools=(F,), tool_choice=ToolChoice(parallel=False))["parallel_tool_calls"] is False
    assert "parallel_tool_calls" not in sent(tools=(F,), tool_choice=ToolChoice())
    assert "tool_choice" not in sent(tool_choice=ToolChoice("none"))


def test_allowed_tools_where_only_openai_knows_them() -> None:
    body, losses = encoded(foreign(HI, tools=(F, G), tool_choice=ToolChoice("any", allowed=("g",))), vendor=OTHER)
    assert [tool["function"]["name"] for tool in body["tools"]] == ["g"]
    assert body["tool_choice"] == "required"
    assert set(losses) == loss(Feature.TOOL_CHOICE, "tool_choice", LossAction.APPROXIMATED)


def test_a_demanded_call_without_any_tool_left() -> None:
    search = Tool(ToolKind.WEB_SEARCH, "web_search", path="tools[0]")
    assert lost(tools=(search,), tool_choice=ToolChoice("any")) == (
        loss(Feature.SERVER_TOOLS, "tools[0]") | loss(Feature.TOOL_CHOICE, "tool_choice")
    )


def test_output_formats() -> None:
    made = sent(output=OutputFormat("json_schema", SCHEMA, "my name!", "d", strict=True))["response_format"]
    assert made == {
        "type": "json_schema",
        "json_schema": {"name": "my_name_", "schema": SCHEMA, "description": "d", "strict": True},
    }
    made = sent(output=OutputFormat("json_schema", SCHEMA))["response_format"]
    assert made == {"type": "json_schema", "json_schema": {"name": "response", "schema": SCHEMA}}
    assert lost(output=OutputFormat("json_schema", LOOSE, strict=True)) == loss(
        Feature.JSON_SCHEMA, "output_config.format", LossAction.APPROXIMATED
    )


def test_json_without_a_schema_is_asked_for_in_words_too() -> None:
    """OpenAI refuses JSON mode when no message speaks of JSON."""
    body = sent(output=OutputFormat("json_object"))
    assert body["response_format"] == {"type": "json_object"}
    assert "JSON" in body["messages"][0]["content"]
    assert body["messages"][1:] == [{"role": "user", "content": "hi"}]
    asked = foreign(user(Text("as Json, please")), output=OutputFormat("json_object"))
    assert len(encoded(asked)[0]["messages"]) == 1


def test_a_schema_where_only_json_mode_is_known() -> None:
    request = foreign(Message(Role.SYSTEM, (Text("be brief"),)), HI, output=OutputFormat("json_schema", SCHEMA))
    body, losses = encoded(request, Quirks(cannot=frozenset({Use.JSON_SCHEMA})))
    assert body["response_format"] == {"type": "json_object"}
    assert body["messages"][0]["content"].startswith("be brief\n\n")
    assert '"required":["a"]' in body["messages"][0]["content"]
    assert set(losses) == loss(Feature.JSON_SCHEMA, "output_config.format", LossAction.REPLACED)
    body, losses = encoded(request, Quirks(cannot=frozenset({Use.JSON_SCHEMA, Use.JSON_OBJECT})))
    assert "response_format" not in body
    assert set(losses) == loss(Feature.JSON_SCHEMA, "output_config.format", LossAction.REPLACED)


@pytest.mark.parametrize(
    ("asked", "thinks", "effort"),
    [
        (Reasoning(effort=Effort.LOW), None, "low"),
        (Reasoning(effort=Effort.HIGH), True, "high"),
        (Reasoning(on=True, budget=1024), None, "low"),
        (Reasoning(on=True, budget=8192), None, "medium"),
        (Reasoning(on=True, budget=20000), None, "high"),
        (Reasoning(on=True), None, "medium"),
        (Reasoning(on=True, adaptive=True), True, None),
        (Reasoning(on=True, adaptive=True, effort=Effort.MEDIUM), True, "medium"),
        (Reasoning(on=True, adaptive=True, effort=Effort.HIGH), False, None),
        (Reasoning(on=False), None, None),
        (Reasoning(on=False), False, None),
        (Reasoning(summary="auto"), True, None),
    ],
)
def test_how_hard_to_think(asked: Reasoning, thinks: bool | None, effort: str | None) -> None:
    body, losses = encoded(foreign(HI, reasoning=asked), thinks=thinks)
    assert body.get("reasoning_effort") == effort
    guessed = effort is not None and asked.effort is None
    assert set(losses) == (loss(Feature.THINKING, "thinking", LossAction.APPROXIMATED) if guessed else set())


@pytest.mark.parametrize(
    ("effort", "made"),
    [(Effort.NONE, "none"), (Effort.LOW, "high"), (Effort.HIGH, "high"), (Effort.MAX, "high")],
)
def test_efforts_this_provider_takes(made: str, effort: Effort) -> None:
    quirks = Quirks(efforts=("none", "high"))
    assert encoded(foreign(HI, reasoning=Reasoning(effort=effort)), quirks, thinks=True)[0]["reasoning_effort"] == made


@pytest.mark.parametrize(
    ("effort", "made"),
    [(Effort.MAX, "high"), (Effort.XHIGH, "high"), (Effort.MINIMAL, "low"), (Effort.NONE, "low")],
)
def test_efforts_only_some_models_know(effort: Effort, made: str) -> None:
    body, losses = encoded(foreign(HI, reasoning=Reasoning(effort=effort)), thinks=True)
    assert body["reasoning_effort"] == made
    assert set(losses) == loss(Feature.THINKING, "output_config.effort", LossAction.APPROXIMATED)
    own = foreign(HI, dialect=Dialect.OPENAI_RESPONSES, reasoning=Reasoning(effort=effort))
    assert encoded(own, thinks=True)[0]["reasoning_effort"] == effort.value


def test_deepseek_is_told_not_to_think_in_its_own_words() -> None:
    body, losses = encoded(foreign(HI, reasoning=Reasoning(on=False)), vendor="deepseek")
    assert (body["thinking"], "reasoning_effort" in body, losses) == ({"type": "disabled"}, False, ())


def test_thinking_where_it_cannot_be_asked_for() -> None:
    asked = Reasoning(on=True, budget=9000)
    assert lost(reasoning=asked, thinks=False) == loss(Feature.THINKING, "thinking")
    assert lost(Quirks(effort=False), reasoning=asked) == loss(Feature.THINKING, "thinking")
    assert sent(Quirks(effort=False), reasoning=Reasoning(effort=Effort.NONE))


def test_who_asks_and_on_what_terms() -> None:
    terms: dict[str, Any] = {"verbosity": "low", "service_tier": "flex", "metadata": {"a": "b"}}
    assert sent(user="u")["user"] == "u"
    assert lost(**terms, cache={"type": "ephemeral"}) == {
        *(Loss(Feature.PARAMETERS, name, LossAction.DROPPED) for name in terms),
        Loss(Feature.CACHE_HINTS, "cache_control", LossAction.DROPPED),
    }
    assert sent(service_tier="auto")
    others = {"store": True, "prompt_cache_key": "k"}
    body = sent(dialect=Dialect.OPENAI_RESPONSES, **terms, others=others)
    assert {name: body[name] for name in (*terms, *others)} == terms | others


def test_what_stands_for_nothing_here_is_lost_by_its_feature() -> None:
    others = {
        "previous_response_id": "r",
        "context_management": {"edits": []},
        "mcp_servers": [{"name": "x"}],
        "include": ["reasoning.encrypted_content"],
        "store": False,
        "background": False,
        "empty": None,
    }
    assert lost(dialect=Dialect.OPENAI_RESPONSES, vendor=OTHER, others=others) == (
        loss(Feature.STATE, "previous_response_id")
        | loss(Feature.PARAMETERS, "context_management")
        | loss(Feature.SERVER_TOOLS, "mcp_servers")
    )


def test_there_is_no_endpoint_that_counts() -> None:
    request = Request(Dialect.OPENAI_CHAT, "m", (HI,))
    assert TRANSLATOR.encode_count(request, Aim("up", "openai")) is None
    with pytest.raises(ValueError, match="no endpoint"):
        TRANSLATOR.decode_count(b'{"input_tokens": 3}')
    assert TRANSLATOR.encode_count_answer(7) == b'{"input_tokens":7}'

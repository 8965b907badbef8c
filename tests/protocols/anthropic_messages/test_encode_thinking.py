"""gate.protocols.anthropic_messages.encode_thinking: efforts, budgets and switches in words the model takes."""

from __future__ import annotations

from typing import Any

import pytest

from gate.protocols.canonical.parts import Opaque, Text, Thinking
from gate.protocols.canonical.request import Effort, Reasoning, Tool, ToolChoice, ToolKind
from tests.protocols.anthropic_messages.translating import (
    MIDDLE,
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

E = Effort
HI = user(Text("hi"))
LOOP = (HI, assistant(called()), user(result()))
ADAPTIVE = {"type": "adaptive"}


def thinks(
    asked: Reasoning | None, model: str, *said: Any, **members: Any
) -> tuple[Any, Any, set[tuple[str, str, str]]]:
    body, losses = encoded(foreign(*(said or (HI,)), reasoning=asked, **{"max_tokens": 64000, **members}), model)
    assert faults(body) == []
    return body.get("thinking"), body.get("output_config", {}).get("effort"), losses


def budget(tokens: int) -> dict[str, Any]:
    return {"type": "enabled", "budget_tokens": tokens}


def lost(path: str, action: str) -> set[tuple[str, str, str]]:
    return {("thinking", path, action)}


@pytest.mark.parametrize(
    ("asked", "model", "thinking", "effort", "losses"),
    [
        (None, OLD, None, None, set()),
        (None, NEW, None, None, set()),
        (Reasoning(effort=E.LOW), NEW, ADAPTIVE, "low", set()),
        (Reasoning(effort=E.MAX), NEW, ADAPTIVE, "max", set()),
        (Reasoning(effort=E.MINIMAL), NEW, ADAPTIVE, "low", lost("reasoning_effort", "approximated")),
        (Reasoning(effort=E.XHIGH), MIDDLE, ADAPTIVE, "high", lost("reasoning_effort", "approximated")),
        (Reasoning(on=True, budget=1000), NEW, ADAPTIVE, "low", lost("reasoning_effort", "approximated")),
        (Reasoning(on=True, budget=8192), NEW, ADAPTIVE, "medium", lost("reasoning_effort", "approximated")),
        (Reasoning(on=True, budget=20000), NEW, ADAPTIVE, "high", lost("reasoning_effort", "approximated")),
        (Reasoning(on=True), NEW, ADAPTIVE, None, set()),
        (Reasoning(summary="auto"), NEW, {**ADAPTIVE, "display": "summarized"}, None, set()),
        (Reasoning(effort=E.LOW, summary="omitted"), NEW, {**ADAPTIVE, "display": "omitted"}, "low", set()),
        (Reasoning(effort=E.LOW), OLD, budget(1024), None, lost("reasoning_effort", "approximated")),
        (Reasoning(effort=E.MEDIUM), OLD, budget(8192), None, lost("reasoning_effort", "approximated")),
        (Reasoning(effort=E.HIGH), OLD, budget(24576), None, lost("reasoning_effort", "approximated")),
        (Reasoning(effort=E.MAX), OLD, budget(32000), None, lost("reasoning_effort", "approximated")),
        (Reasoning(effort=E.HIGH), "claude-opus-4-5", budget(24576), "high", set()),
        (Reasoning(on=True, budget=5000), OLD, budget(5000), None, set()),
        (Reasoning(on=True, budget=128), OLD, budget(1024), None, lost("reasoning_effort", "approximated")),
        (Reasoning(on=True, budget=63000), OLD, budget(51200), None, lost("reasoning_effort", "approximated")),
        (Reasoning(on=True), OLD, budget(8192), None, set()),
        (Reasoning(on=True, adaptive=True), OLD, None, None, lost("reasoning_effort", "approximated")),
        (Reasoning(summary="auto"), OLD, None, None, lost("reasoning_effort", "approximated")),
        (Reasoning(on=False), OLD, None, None, set()),
        (Reasoning(effort=E.NONE), "claude-opus-4-8", None, None, set()),
        (Reasoning(budget=0), "claude-opus-5", {"type": "disabled"}, None, set()),
        (Reasoning(on=False), "claude-sonnet-5-5", {"type": "between_tools"}, None, set()),
        (Reasoning(on=False), NEW, None, "low", lost("reasoning_effort", "approximated")),
    ],
)
def test_what_is_asked_and_what_is_sent(
    asked: Reasoning | None, model: str, thinking: Any, effort: Any, losses: set[tuple[str, str, str]]
) -> None:
    assert thinks(asked, model) == (thinking, effort, losses)


def test_a_budget_leaves_a_fifth_for_the_answer_or_is_not_sent() -> None:
    assert thinks(Reasoning(effort=E.HIGH), OLD, max_tokens=4000)[0] == budget(3200)
    assert thinks(Reasoning(effort=E.HIGH), OLD, max_tokens=1200) == (None, None, lost("reasoning_effort", "dropped"))


def test_without_a_limit_there_is_room_for_both() -> None:
    body, _ = encoded(foreign(HI, reasoning=Reasoning(effort=E.HIGH)), OLD)
    assert (body["max_tokens"], body["thinking"]) == (8192 + 24576, budget(24576))


def test_a_forced_tool_excludes_thinking() -> None:
    tools = (Tool(ToolKind.FUNCTION, "f", path="tools[0]"),)
    for model, thinking in ((OLD, None), ("claude-opus-4-8", None), ("claude-opus-5", {"type": "disabled"})):
        found = thinks(Reasoning(effort=E.HIGH), model, tools=tools, tool_choice=ToolChoice("any"))
        assert found == (thinking, None, lost("reasoning_effort", "dropped"))


def test_a_loop_of_calls_without_its_thinking_cannot_go_on_with_a_budget() -> None:
    assert thinks(Reasoning(effort=E.LOW), OLD, *LOOP) == (None, None, lost("reasoning_effort", "dropped"))
    assert thinks(Reasoning(effort=E.LOW), NEW, *LOOP)[0] == ADAPTIVE
    signed = Thinking("t", Opaque("anthropic", "signature", "S"))
    whole = (HI, assistant(signed, called()), user(result()))
    assert thinks(Reasoning(on=True, budget=2048), OLD, *whole) == (budget(2048), None, set())
    ended = (*LOOP, assistant(Text("done")), user(Text("more")))
    assert thinks(Reasoning(on=True, budget=2048), OLD, *ended) == (budget(2048), None, set())


def test_a_model_that_cannot_think_is_not_asked_to() -> None:
    body, losses = encoded(foreign(HI, reasoning=Reasoning(effort=E.LOW)), OLD, thinks=False)
    assert ("thinking" in body, losses) == (False, lost("reasoning_effort", "dropped"))
    body, losses = encoded(foreign(HI, reasoning=Reasoning(on=True, adaptive=True)), OLD, thinks=False)
    assert ("thinking" in body, losses) == (False, set())


OWN_LOOP = [
    {"role": "user", "content": "hi"},
    {"role": "assistant", "content": [{"type": "tool_use", "id": "i", "name": "f", "input": {}}]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "i"}]},
]


@pytest.mark.parametrize(("model", "sent", "action"), [(OLD, None, "dropped"), (MIDDLE, ADAPTIVE, "approximated")])
def test_the_same_for_a_client_of_this_dialect_that_comes_back(model: str, sent: Any, action: str) -> None:
    body, losses = encoded(decoded(messages=OWN_LOOP, thinking=budget(2048)), model)
    assert (body.get("thinking"), losses) == (sent, {("thinking", "thinking", action)})


def test_a_client_of_this_dialect_keeps_its_own_words() -> None:
    said = {"thinking": {**ADAPTIVE, "display": "updates", "x": 1}, "output_config": {"effort": "max", "y": 2}}
    body, losses = encoded(decoded(**said), OLD)
    assert ({name: body[name] for name in said}, losses) == (said, set())


def test_a_transformer_may_change_what_such_a_client_asked() -> None:
    from msgspec.structs import replace

    asked = replace(decoded(max_tokens=9000), reasoning=Reasoning(on=True, budget=2048))
    assert encoded(asked, OLD)[0]["thinking"] == budget(2048)
    assert encoded(asked, NEW)[0]["output_config"] == {"effort": "medium"}

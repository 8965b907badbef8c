"""gate.protocols.anthropic_messages.encode_request and parameters: a body the API takes, and its count."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.core.profile import Quirks
from gate.protocols.anthropic_messages import TRANSLATOR
from gate.protocols.canonical.parts import Text
from gate.protocols.canonical.request import Effort, Message, Reasoning, Role, Sampling, Tool, ToolKind
from gate.protocols.translation import Aim
from tests.protocols.anthropic_messages.translating import (
    MIDDLE,
    NEW,
    OLD,
    assistant,
    decoded,
    encoded,
    faults,
    foreign,
    user,
)

HI = user(Text("hi"))


def test_the_least_there_can_be() -> None:
    body, losses = encoded(foreign(HI))
    content = [{"type": "text", "text": "hi"}]
    assert body == {"model": OLD, "max_tokens": 8192, "messages": [{"role": "user", "content": content}]}
    assert (losses, faults(body)) == (set(), [])
    assert encoded(foreign(HI, stream=True))[0]["stream"] is True


@pytest.mark.parametrize(
    ("asked", "most", "model", "sent", "lost"),
    [
        (None, None, OLD, 8192, False),
        (None, None, NEW, 32000, False),
        (None, 64000, OLD, 64000, False),
        (100, 64000, OLD, 100, False),
        (100_000, 64000, OLD, 64000, True),
        (100_000, None, OLD, 100_000, False),
    ],
)
def test_a_limit_is_demanded(asked: int | None, most: int | None, model: str, sent: int, lost: bool) -> None:
    body, losses = encoded(foreign(HI, max_tokens=asked), model, most=most)
    assert body["max_tokens"] == sent
    assert losses == ({("parameters", "max_tokens", "approximated")} if lost else set())


def test_a_client_of_this_dialect_keeps_its_limit() -> None:
    assert encoded(decoded(max_tokens=100_000), most=64000)[0]["max_tokens"] == 100_000
    assert encoded(decoded(max_tokens=None), most=64000)[0]["max_tokens"] == 64000


def sampled(model: str = OLD, reasoning: Reasoning | None = None, **asked: Any) -> tuple[dict[str, Any], set[str]]:
    body, losses = encoded(foreign(HI, sampling=Sampling(**asked), reasoning=reasoning, max_tokens=9000), model)
    assert {feature for feature, _, _ in losses} <= {"sampling", "thinking"}
    lost = {f"{path} {action}" for feature, path, action in losses if feature == "sampling"}
    return {name: body[name] for name in ("temperature", "top_p", "top_k") if name in body}, lost


@pytest.mark.parametrize(
    ("model", "asked", "sent", "lost"),
    [
        (OLD, {"temperature": 0.5, "top_k": 3}, {"temperature": 0.5, "top_k": 3}, set()),
        (OLD, {"temperature": 0}, {"temperature": 0}, set()),
        (OLD, {"temperature": 1.0, "top_p": 1.0}, {}, set()),
        (OLD, {"temperature": 1.7}, {}, {"temperature approximated"}),
        (OLD, {"temperature": 0.5, "top_p": 0.9}, {"temperature": 0.5}, {"top_p dropped"}),
        ("claude-opus-4-0", {"temperature": 0.5, "top_p": 0.9}, {"temperature": 0.5, "top_p": 0.9}, set()),
        (OLD, {"top_p": 0.9}, {"top_p": 0.9}, set()),
        (NEW, {"temperature": 1, "top_p": 1}, {}, set()),
        (
            NEW,
            {"temperature": 0.5, "top_p": 0.9, "top_k": 3},
            {},
            {"temperature dropped", "top_p dropped", "top_k dropped"},
        ),
        (OLD, {"seed": 1, "presence_penalty": 0.5}, {}, {"seed dropped", "presence_penalty dropped"}),
        (OLD, {"choices": 1, "frequency_penalty": 0}, {}, set()),
        (OLD, {"choices": 2, "logprobs": 0}, {}, {"n dropped", "logprobs dropped"}),
    ],
)
def test_sampling(model: str, asked: dict[str, Any], sent: dict[str, Any], lost: set[str]) -> None:
    assert sampled(model, **asked) == (sent, lost)


@pytest.mark.parametrize("model", [OLD, MIDDLE])
def test_sampling_while_thinking(model: str) -> None:
    thinks = Reasoning(effort=Effort.LOW)
    assert sampled(model, thinks, temperature=0.5, top_k=3) == ({}, {"temperature dropped", "top_k dropped"})
    assert sampled(model, thinks, top_p=0.97) == ({"top_p": 0.97}, set())
    assert sampled(model, thinks, top_p=0.5) == ({}, {"top_p dropped"})


def test_losses_name_the_member_as_the_client_spelled_it() -> None:
    asked = foreign(HI, dialect=Dialect.GEMINI, sampling=Sampling(seed=1), stop=(" ",), max_tokens=99)
    assert {path for _, path, _ in encoded(asked, most=9)[1]} == {
        "generationConfig.seed",
        "generationConfig.stopSequences[0]",
        "generationConfig.maxOutputTokens",
    }


def test_stop_sequences() -> None:
    body, losses = encoded(foreign(HI, stop=("END", "\n")))
    assert (body["stop_sequences"], losses) == (["END"], {("parameters", "stop[1]", "dropped")})


@pytest.mark.parametrize(
    ("members", "sent", "lost"),
    [
        ({"user": "u"}, {"metadata": {"user_id": "u"}}, None),
        ({"user": "u" * 300}, {}, "user"),
        ({"service_tier": "auto"}, {}, None),
        ({"service_tier": "default"}, {"service_tier": "standard_only"}, None),
        ({"service_tier": "flex"}, {}, "service_tier"),
        ({"verbosity": "low"}, {}, "verbosity"),
        ({"verbosity": "medium"}, {}, None),
        ({"metadata": {"a": "b"}}, {}, "metadata"),
        ({"cache": {"type": "ephemeral"}}, {"cache_control": {"type": "ephemeral"}}, None),
        ({"others": {"safety_identifier": "s"}}, {"metadata": {"user_id": "s"}}, None),
        ({"others": {"store": True, "include": ["x"], "truncation": "auto"}}, {}, None),
        ({"others": {"odd": 1, "unset": None, "off": False}}, {}, "odd"),
    ],
)
def test_terms(members: dict[str, Any], sent: dict[str, Any], lost: str | None) -> None:
    body, losses = encoded(foreign(HI, **members))
    assert {name: body[name] for name in body if name not in ("model", "max_tokens", "messages")} == sent
    assert losses == (set() if lost is None else {("parameters", lost, "dropped")})
    assert faults(body) == []


@pytest.mark.parametrize(
    ("name", "feature"),
    [("previous_response_id", "state"), ("cachedContent", "state"), ("web_search_options", "server_tools")],
)
def test_others_that_are_no_mere_parameters(name: str, feature: str) -> None:
    assert encoded(foreign(HI, others={name: "x"}))[1] == {(feature, name, "dropped")}


def test_a_key_for_caching_marks_what_stays_the_same() -> None:
    top = Message(Role.SYSTEM, (Text("a"),), top=True)
    asked = foreign(top, HI, assistant(Text("b")), user(Text("c")), others={"prompt_cache_key": "k"})
    body, losses = encoded(asked)
    hint = {"type": "ephemeral"}
    assert body["system"] == [{"type": "text", "text": "a", "cache_control": hint}]
    marked = [block for one in body["messages"] for block in one["content"] if "cache_control" in block]
    assert marked == [{"type": "text", "text": "c", "cache_control": hint}]
    assert (losses, faults(body)) == ({("cache_hints", "prompt_cache_key", "approximated")}, [])


def test_members_a_provider_refuses_are_taken_back() -> None:
    body, losses = encoded(
        foreign(HI, sampling=Sampling(temperature=0.5)), quirks=Quirks(drops=frozenset({"temperature", "x"}))
    )
    assert ("temperature" in body, losses) == (False, {("sampling", "temperature", "dropped")})


EVERYTHING: dict[str, Any] = {
    "model": "m",
    "max_tokens": 9,
    "stream": True,
    "system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}],
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "a", "x": 1}, {"type": "odd", "deep": [1, None]}]},
        {"role": "system", "content": [], "output_config": {"effort": "low"}, "clear_at": "never"},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "", "signature": "S"}, {"type": "text"}]},
        {"role": "user", "content": ""},
    ],
    "tools": [{"name": "f.g", "input_schema": {}, "eager_input_streaming": True}],
    "tool_choice": {"type": "auto", "disable_parallel_tool_use": False},
    "thinking": {"type": "adaptive", "display": "updates"},
    "output_config": {"effort": "high", "format": {"type": "json_schema", "schema": {}}, "task_budget": {"x": 1}},
    "metadata": {"user_id": "u", "z": 1},
    "temperature": 1.9,
    "top_k": 0,
    "stop_sequences": [" "],
    "context_management": {"edits": []},
    "container": {"id": None},
    "cache_control": {"type": "ephemeral"},
    "service_tier": "of_tomorrow",
    "member_of_tomorrow": [1],
}


def test_a_request_of_this_dialect_keeps_everything() -> None:
    body, losses = encoded(decoded(**EVERYTHING), "claude-y")
    assert (body, losses) == ({**EVERYTHING, "model": "claude-y"}, set())


def test_a_system_prompt_that_came_as_one_text_goes_back_as_one() -> None:
    assert encoded(decoded(system="x"))[0]["system"] == "x"
    assert "system" not in encoded(decoded())[0]


def counted(request: Any, **how: Any) -> dict[str, Any]:
    made = TRANSLATOR.encode_count(request, Aim(OLD, "anthropic", **how))
    assert made is not None
    found: dict[str, Any] = json.loads(made.body)
    return found


def test_the_body_that_counts_tokens() -> None:
    asked = foreign(
        HI,
        stream=True,
        max_tokens=5000,
        stop=("x",),
        user="u",
        sampling=Sampling(temperature=0.5),
        tools=(Tool(ToolKind.FUNCTION, "f"),),
        reasoning=Reasoning(on=True, budget=2048),
    )
    assert set(counted(asked)) == {"model", "messages", "tools", "thinking"}
    assert set(counted(decoded(**EVERYTHING))) == {
        "model",
        "messages",
        "system",
        "tools",
        "tool_choice",
        "thinking",
        "output_config",
        "context_management",
        "cache_control",
    }
    assert "tools" not in counted(asked, quirks=Quirks(drops=frozenset({"tools"})))


def test_the_answer_that_counts_tokens() -> None:
    assert TRANSLATOR.decode_count(b'{"input_tokens": 42, "x": 1}') == 42
    assert json.loads(TRANSLATOR.encode_count_answer(42)) == {"input_tokens": 42}
    for body in (b"", b"[]", b"{}", b'{"input_tokens": "many"}', b'{"input_tokens": 1, "error": {}}'):
        with pytest.raises(ValueError, match=r"\w"):
            TRANSLATOR.decode_count(body)


def test_the_dialect_of_the_client_is_told_apart() -> None:
    assert decoded().dialect is Dialect.ANTHROPIC_MESSAGES

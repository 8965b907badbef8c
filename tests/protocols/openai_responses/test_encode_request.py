"""gate.protocols.openai_responses.encode_request: members of requests of other dialects."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.core.loss import Use
from gate.core.profile import Quirks
from gate.protocols.canonical.parts import (
    Text,
)
from gate.protocols.canonical.request import (
    Effort,
    Message,
    OutputFormat,
    Reasoning,
    Role,
    Sampling,
)
from gate.protocols.openai_responses import TRANSLATOR
from gate.protocols.translation import Aim
from tests.protocols.openai_responses.canonical import AIM, asked, decode, encode, lost, user


def test_nothing_is_kept_and_reasoning_comes_sealed() -> None:
    body = encode(asked(user(Text("x")), stream=True))
    assert (body["store"], body["include"], body["stream"]) == (False, ["reasoning.encrypted_content"], True)
    assert body["model"] == "gpt-x"


def test_system_messages_outside_the_list_are_instructions() -> None:
    top = Message(Role.SYSTEM, (Text("a"), Text("b", {"type": "ephemeral"})), top=True, path="system")
    request = asked(top, user(Text("x")))
    assert encode(request)["instructions"] == "a\n\nb"
    assert lost(request) == {("cache_hints", "system[1].cache_control", "dropped")}


def test_system_messages_in_the_list_stay_there() -> None:
    middle = Message(Role.DEVELOPER, (Text("mind"),), path="messages[1]")
    body = encode(asked(user(Text("x")), middle, user(Text("y"))))
    assert [item["role"] for item in body["input"]] == ["user", "developer", "user"]


def test_what_a_provider_refuses_is_lost_though_the_dialect_has_it() -> None:
    aim = replace_quirks(cannot=frozenset({Use.IMAGE_URL, Use.JSON_SCHEMA}))
    image = {"type": "input_image", "image_url": "https://x.test/i"}
    said = {"role": "user", "content": [{"type": "input_text", "text": "x"}, image]}
    result = {"type": "function_call_output", "call_id": "c", "output": [image]}
    request = decode(input=[said, result], text={"format": {"type": "json_schema", "name": "n", "schema": {}}})
    body = encode(request, aim)
    assert "text" not in body
    assert "input_image" not in json.dumps(body)
    assert lost(request, aim) == {
        ("images", "input[0].content[1]", "dropped"),
        ("images", "input[1].content[0].content[0]", "dropped"),
        ("json_schema", "text.format", "dropped"),
    }


def replace_quirks(**quirks: Any) -> Aim:
    return Aim("gpt-x", "openai", Quirks(**quirks))


@pytest.mark.parametrize(
    ("wanted", "sent", "losses"),
    [
        (Reasoning(effort=Effort.HIGH), {"effort": "high"}, set[str]()),
        (Reasoning(on=True, budget=2000), {"effort": "low", "summary": "auto"}, {"approximated"}),
        (Reasoning(on=True, budget=8000, summary="omitted"), {"effort": "medium"}, {"approximated"}),
        (
            Reasoning(on=True, budget=60000, summary="summarized"),
            {"effort": "high", "summary": "auto"},
            {"approximated"},
        ),
        (Reasoning(on=True, adaptive=True), {"summary": "auto"}, set[str]()),
        (Reasoning(on=True, adaptive=True, effort=Effort.MAX), {"effort": "max", "summary": "auto"}, set[str]()),
        (Reasoning(on=False), None, {"approximated"}),
        (Reasoning(effort=Effort.NONE, summary="auto"), {"effort": "none"}, set[str]()),
    ],
)
def test_thinking(wanted: Reasoning, sent: Any, losses: set[str]) -> None:
    request = asked(user(Text("x")), reasoning=wanted)
    assert encode(request).get("reasoning") == sent
    assert {action for _, _, action in lost(request)} == losses


def test_the_nearest_effort_a_provider_takes() -> None:
    aim = replace_quirks(efforts=("low", "high"))
    request = asked(user(Text("x")), reasoning=Reasoning(effort=Effort.MAX), dialect=Dialect.OPENAI_CHAT)
    assert encode(request, aim)["reasoning"] == {"effort": "high"}
    assert lost(request, aim) == {("thinking", "reasoning_effort", "approximated")}


def test_a_model_that_cannot_think_is_not_asked_to() -> None:
    aim = Aim("gpt-x", "openai", thinks=False)
    request = asked(user(Text("x")), reasoning=Reasoning(on=True, budget=2000))
    assert "reasoning" not in encode(request, aim)
    assert lost(request, aim) == {("thinking", "thinking", "dropped")}
    assert lost(asked(user(Text("x")), reasoning=Reasoning(on=False)), aim) == set()


def test_sampling_that_is_not_known_here() -> None:
    sampling = Sampling(0.5, 0.9, 40, 7, 0.1, 0.2, 2, 3)
    request = asked(user(Text("x")), sampling=sampling, stop=("END",), max_tokens=5)
    body = encode(request)
    assert (body["temperature"], body["top_p"], body["max_output_tokens"]) == (0.5, 0.9, 16)
    assert lost(request) == {
        ("parameters", "max_tokens", "approximated"),
        ("sampling", "top_k", "dropped"),
        ("sampling", "seed", "dropped"),
        ("sampling", "presence_penalty", "dropped"),
        ("sampling", "frequency_penalty", "dropped"),
        ("sampling", "choices", "dropped"),
        ("sampling", "logprobs", "dropped"),
        ("sampling", "stop_sequences", "dropped"),
    }


def test_reasoning_models_take_no_temperature() -> None:
    aim = Aim("GPT-5-mini", "openai", Quirks(reasoning_models=("gpt-5*",)))
    request = asked(user(Text("x")), dialect=Dialect.GEMINI, sampling=Sampling(0.5, 0.9))
    body = encode(request, aim)
    assert "temperature" not in body
    assert "top_p" not in body
    assert lost(request, aim) == {
        ("sampling", "generationConfig.temperature", "dropped"),
        ("sampling", "generationConfig.topP", "dropped"),
    }


def test_long_ids_of_users_are_shortened() -> None:
    """Claude Code's are some 150 characters, and OpenAI answers 400 to more than 64."""
    request = asked(user(Text("x")), user="{" + "u" * 150)
    made = encode(request)["user"]
    assert len(made) == 64
    assert made == encode(request)["user"]
    assert lost(request) == {("parameters", "metadata.user_id", "approximated")}
    assert encode(asked(user(Text("x")), user="short"))["user"] == "short"


STRICT = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}


@pytest.mark.parametrize(
    ("output", "sent"),
    [
        (OutputFormat("json_object"), {"type": "json_object"}),
        (
            OutputFormat("json_schema", STRICT, "a name", "d"),
            {"type": "json_schema", "name": "a_name", "schema": STRICT, "description": "d", "strict": True},
        ),
        (
            OutputFormat("json_schema", {"type": "object"}),
            {"type": "json_schema", "name": "response", "schema": {"type": "object"}, "strict": False},
        ),
        (
            OutputFormat("json_schema", STRICT, "n", strict=False),
            {"type": "json_schema", "name": "n", "schema": STRICT, "strict": False},
        ),
    ],
)
def test_structured_output(output: OutputFormat, sent: Any) -> None:
    assert encode(asked(user(Text("x")), output=output))["text"] == {"format": sent}


def test_members_of_the_chat_dialect_that_are_spelled_alike_pass() -> None:
    others = {
        "prompt_cache_key": "k",
        "safety_identifier": "s",
        "store": False,
        "stream_options": {},
        "logit_bias": {"1": 2},
    }
    request = asked(user(Text("x")), dialect=Dialect.OPENAI_CHAT, others=others, verbosity="low", service_tier="flex")
    body = encode(request)
    assert (body["prompt_cache_key"], body["safety_identifier"]) == ("k", "s")
    assert (body["store"], body["text"], body["service_tier"]) == (False, {"verbosity": "low"}, "flex")
    assert "logit_bias" not in body
    assert lost(request) == {("parameters", "logit_bias", "dropped")}
    stored = asked(user(Text("x")), dialect=Dialect.OPENAI_CHAT, others={"store": True})
    assert encode(stored)["store"] is False
    assert lost(stored) == {("parameters", "store", "dropped")}


def test_service_tiers_of_anthropic() -> None:
    assert encode(asked(user(Text("x")), service_tier="standard_only"))["service_tier"] == "default"
    assert lost(asked(user(Text("x")), service_tier="batch")) == {("parameters", "service_tier", "dropped")}


def test_members_a_provider_refuses_are_left_out() -> None:
    aim = replace_quirks(drops=frozenset({"include", "metadata"}))
    request = asked(user(Text("x")), metadata={"a": "b"})
    body = encode(request, aim)
    assert "include" not in body
    assert lost(request, aim) == {("parameters", "include", "dropped"), ("parameters", "metadata", "dropped")}


def test_the_body_for_counting_has_what_is_counted() -> None:
    request = asked(user(Text("x")), max_tokens=99, reasoning=Reasoning(effort=Effort.LOW), metadata={"a": "b"})
    encoded = TRANSLATOR.encode_count(request, AIM)
    assert encoded is not None
    assert json.loads(encoded.body).keys() == {"model", "input", "reasoning"}

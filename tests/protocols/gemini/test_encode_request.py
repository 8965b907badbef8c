"""gate.protocols.gemini.encode_request, encode_config, encode_thinking and encode_tools."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gate.core.loss import Feature, Loss, LossAction
from gate.core.profile import NO_QUIRKS, Quirks
from gate.protocols.canonical.parts import Text
from gate.protocols.canonical.request import (
    Effort,
    OutputFormat,
    Reasoning,
    Request,
    Sampling,
    Tool,
    ToolChoice,
    ToolKind,
)
from gate.protocols.gemini import TRANSLATOR
from gate.protocols.translation import Aim
from tests.protocols.gemini.shapes import NEW, asked, encode, user
from tests.protocols.vendor_sdks import check_generate_body

A = LossAction
SCHEMA: dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "properties": {"limit": {"type": "integer", "exclusiveMinimum": 0}, "mode": {"const": "fast"}},
    "required": ["limit"],
    "additionalProperties": False,
}
FUNCTION = Tool(ToolKind.FUNCTION, "f", "what it does", SCHEMA, path="tools[0]")
SEARCH = Tool(ToolKind.WEB_SEARCH, "web_search", path="tools[1]")
SUBSET = Quirks(schema="gemini")


def request(**members: Any) -> Request:
    return asked(user(Text("hi")), **members)


def body(lost: tuple[Loss, ...] = (), model: str = NEW, quirks: Quirks = NO_QUIRKS, **members: Any) -> dict[str, Any]:
    made, losses = encode(request(**members), model, quirks)
    check_generate_body(made)
    assert losses == lost
    return made


def config(lost: tuple[Loss, ...] = (), model: str = NEW, quirks: Quirks = NO_QUIRKS, **members: Any) -> dict[str, Any]:
    return body(lost, model, quirks, **members).get("generationConfig", {})


def test_the_least() -> None:
    assert body() == {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}


def test_settings() -> None:
    sampling = Sampling(temperature=0.5, top_p=0.9, top_k=40, seed=7, presence_penalty=0, choices=1)
    assert config(sampling=sampling, max_tokens=99, stop=("a",)) == {
        "temperature": 0.5,
        "topP": 0.9,
        "topK": 40,
        "seed": 7,
        "maxOutputTokens": 99,
        "stopSequences": ["a"],
    }


def test_settings_that_are_not_there() -> None:
    sampling = Sampling(presence_penalty=0.5, frequency_penalty=0.5, choices=3, logprobs=0)
    lost = tuple(
        Loss(Feature.SAMPLING, name, A.DROPPED) for name in ("presence_penalty", "frequency_penalty", "n", "logprobs")
    )
    assert config(lost, sampling=sampling) == {}
    assert (
        config(
            (Loss(Feature.SAMPLING, "seed", A.DROPPED),),
            quirks=Quirks(drops=frozenset({"seed"})),
            sampling=Sampling(seed=1),
        )
        == {}
    )


def test_no_more_output_than_the_model_has() -> None:
    aim = Aim(NEW, "google", max_output_tokens=100)
    assert json.loads(TRANSLATOR.encode_request(request(max_tokens=100), aim).body)["generationConfig"] == {
        "maxOutputTokens": 100
    }
    encoded = TRANSLATOR.encode_request(request(max_tokens=101), aim)
    assert json.loads(encoded.body)["generationConfig"] == {"maxOutputTokens": 100}
    assert encoded.losses == (Loss(Feature.PARAMETERS, "max_tokens", A.APPROXIMATED),)


def test_a_seed_too_large_for_32_bits() -> None:
    assert config((Loss(Feature.SAMPLING, "seed", A.DROPPED),), sampling=Sampling(seed=1 << 31)) == {}
    assert config(sampling=Sampling(seed=-(1 << 31)))["seed"] == -(1 << 31)


def test_at_most_five_stop_sequences() -> None:
    lost = (Loss(Feature.PARAMETERS, "stop[5]", A.DROPPED),)
    assert config(lost, stop=tuple("abcdef"))["stopSequences"] == list("abcde")


def test_what_stands_beside() -> None:
    others = {"store": False, "previous_response_id": "r", "context_management": {}, "logit_bias": None}
    lost = (
        Loss(Feature.PARAMETERS, "service_tier", A.DROPPED),
        Loss(Feature.CACHE_HINTS, "cache_control", A.DROPPED),
        Loss(Feature.PARAMETERS, "user", A.DROPPED),
        Loss(Feature.PARAMETERS, "verbosity", A.DROPPED),
        Loss(Feature.STATE, "previous_response_id", A.DROPPED),
        Loss(Feature.PARAMETERS, "context_management", A.DROPPED),
    )
    found = body(lost, service_tier="scale", cache={"type": "ephemeral"}, user="u", verbosity="low", others=others)
    assert found.keys() == {"contents"}
    assert body(service_tier="priority")["serviceTier"] == "priority"
    assert "serviceTier" not in body(service_tier="auto")
    lost = (Loss(Feature.PARAMETERS, "serviceTier", A.DROPPED),)
    assert "serviceTier" not in body(lost, quirks=Quirks(drops=frozenset({"serviceTier"})), service_tier="flex")


APPROXIMATED = (Loss(Feature.THINKING, "thinking", A.APPROXIMATED),)
DROPPED = (Loss(Feature.THINKING, "thinking", A.DROPPED),)


@pytest.mark.parametrize(
    ("model", "reasoning", "made", "lost"),
    [
        (NEW, Reasoning(effort=Effort.LOW), {"thinkingLevel": "LOW"}, ()),
        (
            NEW,
            Reasoning(effort=Effort.MEDIUM, summary="auto"),
            {"thinkingLevel": "MEDIUM", "includeThoughts": True},
            (),
        ),
        (NEW, Reasoning(effort=Effort.MAX), {"thinkingLevel": "HIGH"}, APPROXIMATED),
        (NEW, Reasoning(effort=Effort.MINIMAL), {"thinkingLevel": "LOW"}, APPROXIMATED),
        (NEW, Reasoning(on=False), {"thinkingLevel": "LOW"}, APPROXIMATED),
        (NEW, Reasoning(on=True, budget=1024), {"thinkingLevel": "LOW", "includeThoughts": True}, APPROXIMATED),
        (NEW, Reasoning(on=True, budget=10_000), {"thinkingLevel": "MEDIUM", "includeThoughts": True}, APPROXIMATED),
        (NEW, Reasoning(on=True, budget=31_999), {"thinkingLevel": "HIGH", "includeThoughts": True}, APPROXIMATED),
        (NEW, Reasoning(adaptive=True), {"includeThoughts": True}, ()),
        (NEW, Reasoning(adaptive=True, summary="omitted"), {"includeThoughts": False}, ()),
        ("gemini-3-pro-preview", Reasoning(effort=Effort.MEDIUM), {"thinkingLevel": "HIGH"}, APPROXIMATED),
        ("gemini-3.1-pro-preview", Reasoning(effort=Effort.MEDIUM), {"thinkingLevel": "MEDIUM"}, ()),
        ("models/gemini-flash-latest", Reasoning(effort=Effort.HIGH), {"thinkingLevel": "HIGH"}, ()),
        ("gemini-2.5-flash", Reasoning(on=False), {"thinkingBudget": 0}, ()),
        ("gemini-2.5-flash", Reasoning(effort=Effort.NONE), {"thinkingBudget": 0}, ()),
        ("gemini-2.5-flash", Reasoning(effort=Effort.MEDIUM), {"thinkingBudget": 8192}, ()),
        (
            "gemini-2.5-flash",
            Reasoning(on=True, budget=31_999),
            {"thinkingBudget": 24576, "includeThoughts": True},
            APPROXIMATED,
        ),
        ("gemini-2.5-pro", Reasoning(on=True, budget=31_999), {"thinkingBudget": 31_999, "includeThoughts": True}, ()),
        ("gemini-2.5-pro", Reasoning(on=False), {"thinkingBudget": 128}, APPROXIMATED),
        (
            "gemini-2.5-flash-lite",
            Reasoning(on=True, budget=1),
            {"thinkingBudget": 512, "includeThoughts": True},
            APPROXIMATED,
        ),
        ("gemini-2.5-pro", Reasoning(adaptive=True), {"thinkingBudget": -1, "includeThoughts": True}, ()),
        ("gemini-2.0-flash", Reasoning(effort=Effort.HIGH), None, DROPPED),
        ("gemini-2.0-flash", Reasoning(on=False), None, ()),
        ("gemma-4-26b-a4b-it", Reasoning(effort=Effort.HIGH), None, DROPPED),
    ],
)
def test_thinking(model: str, reasoning: Reasoning, made: dict[str, Any] | None, lost: tuple[Loss, ...]) -> None:
    assert config(lost, model, reasoning=reasoning).get("thinkingConfig") == made


def test_a_model_that_cannot_think() -> None:
    aim = Aim(NEW, "google", thinks=False)
    encoded = TRANSLATOR.encode_request(request(reasoning=Reasoning(on=True)), aim)
    assert encoded.losses == DROPPED
    assert b"thinkingConfig" not in encoded.body


def test_functions_keep_their_json_schema() -> None:
    assert body(tools=(FUNCTION,))["tools"] == [
        {"functionDeclarations": [{"name": "f", "description": "what it does", "parametersJsonSchema": SCHEMA}]}
    ]
    bare = Tool(ToolKind.FUNCTION, "g", path="tools[0]")
    assert body(tools=(bare,))["tools"] == [{"functionDeclarations": [{"name": "g"}]}]


def test_an_endpoint_that_wants_the_subset() -> None:
    (group,) = body(quirks=SUBSET, tools=(FUNCTION,))["tools"]
    assert group["functionDeclarations"][0]["parameters"] == {
        "type": "OBJECT",
        "properties": {"limit": {"type": "INTEGER", "minimum": 1}, "mode": {"type": "STRING", "enum": ["fast"]}},
        "required": ["limit"],
    }


def test_hints_and_strictness_of_a_tool() -> None:
    lost = (
        Loss(Feature.CACHE_HINTS, "tools[0].cache_control", A.DROPPED),
        Loss(Feature.JSON_SCHEMA, "tools[0].strict", A.APPROXIMATED),
    )
    body(lost, tools=(Tool(ToolKind.FUNCTION, "f", strict=True, cache={"type": "ephemeral"}, path="tools[0]"),))


def test_searching_the_web() -> None:
    assert body(tools=(SEARCH,))["tools"] == [{"googleSearch": {}}]
    both = body(tools=(FUNCTION, SEARCH))
    assert both["tools"][1:] == [{"googleSearch": {}}]
    assert both["toolConfig"] == {"includeServerSideToolInvocations": True}
    lost = (Loss(Feature.SERVER_TOOLS, "tools[1]", A.DROPPED),)
    assert len(body(lost, "gemini-2.5-pro", tools=(FUNCTION, SEARCH))["tools"]) == 1
    narrowed = Tool(ToolKind.WEB_SEARCH, "web_search", options={"allowed_domains": ["a"]}, path="tools[0]")
    body((Loss(Feature.SERVER_TOOLS, "tools[0].allowed_domains", A.APPROXIMATED),), tools=(narrowed,))


def test_other_vendors_own_tools_are_lost() -> None:
    lost = (Loss(Feature.SERVER_TOOLS, "tools[0]", A.DROPPED), Loss(Feature.TOOL_KINDS, "tools[1]", A.DROPPED))
    theirs = (Tool(ToolKind.SERVER, "code_execution", path="tools[0]"), Tool(ToolKind.VENDOR, "bash", path="tools[1]"))
    assert "tools" not in body(lost, tools=theirs)


@pytest.mark.parametrize(
    ("choice", "calling", "lost"),
    [
        (ToolChoice("auto"), {"mode": "AUTO"}, ()),
        (ToolChoice("none"), {"mode": "NONE"}, ()),
        (ToolChoice("any"), {"mode": "ANY"}, ()),
        (ToolChoice("any", allowed=("f",)), {"mode": "ANY", "allowedFunctionNames": ["f"]}, ()),
        (ToolChoice("tool", "f"), {"mode": "ANY", "allowedFunctionNames": ["f"]}, ()),
        (ToolChoice("auto", allowed=("f",)), {"mode": "VALIDATED", "allowedFunctionNames": ["f"]}, ()),
        (
            ToolChoice("auto", parallel=False),
            {"mode": "AUTO"},
            (Loss(Feature.PARAMETERS, "parallel_tool_calls", A.DROPPED),),
        ),
        (
            ToolChoice("tool", "web_search", ToolKind.WEB_SEARCH),
            None,
            (Loss(Feature.TOOL_CHOICE, "tool_choice", A.DROPPED),),
        ),
    ],
)
def test_choices(choice: ToolChoice, calling: dict[str, Any] | None, lost: tuple[Loss, ...]) -> None:
    found = body(lost, tools=(FUNCTION,), tool_choice=choice).get("toolConfig", {})
    assert found.get("functionCallingConfig") == calling
    assert "toolConfig" not in body(lost, tool_choice=choice)


def test_structured_output() -> None:
    output = OutputFormat("json_schema", SCHEMA, "answer", strict=True)
    assert config(output=output) == {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}
    assert config(output=OutputFormat("json_object")) == {"responseMimeType": "application/json"}
    assert config(quirks=SUBSET, output=output)["responseSchema"]["type"] == "OBJECT"


def test_structured_output_beside_tools_of_an_older_model_is_asked_for_in_words() -> None:
    output = OutputFormat("json_schema", SCHEMA)
    assert "responseJsonSchema" in config(tools=(FUNCTION,), output=output)
    lost = (Loss(Feature.JSON_SCHEMA, "output", A.APPROXIMATED),)
    made = body(lost, "gemini-2.5-flash", tools=(FUNCTION,), output=output)
    assert "generationConfig" not in made
    assert '"exclusiveMinimum":0' in made["systemInstruction"]["parts"][0]["text"]


def test_counting() -> None:
    aim = Aim("gemini-x", "google")
    made = json.loads(TRANSLATOR.encode_count(request(), aim).body)
    assert made == {"generateContentRequest": {"model": "models/gemini-x", **body()}}
    flat = Aim("gemini-x", "google", Quirks(drops=frozenset({"generateContentRequest"})))
    full = request(tools=(FUNCTION,), tool_choice=ToolChoice("any"), max_tokens=9)
    assert json.loads(TRANSLATOR.encode_count(full, flat).body).keys() == {"contents", "tools", "generationConfig"}
    assert TRANSLATOR.decode_count(b'{"totalTokens": 12}') == 12
    assert json.loads(TRANSLATOR.encode_count_answer(12)) == {"totalTokens": 12}
    with pytest.raises(ValueError):
        TRANSLATOR.decode_count(b"{}")

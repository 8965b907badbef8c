"""gate.protocols.gemini.encode_config: generationConfig for an upstream."""

from __future__ import annotations

from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.core.loss import Feature, Loss, LossAction
from gate.core.profile import NO_QUIRKS, Quirks
from gate.protocols.canonical.request import OutputFormat, Reasoning, Request, Sampling
from gate.protocols.gemini.encode_config import write_config
from gate.protocols.translation import Aim
from tests.protocols.gemini.shapes import NEW

A = LossAction
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
WORDS = "When you answer without calling a tool, answer with one JSON value and nothing around it."


def written(
    *,
    dialect: Dialect = Dialect.OPENAI_CHAT,
    model: str = NEW,
    quirks: Quirks = NO_QUIRKS,
    most: int | None = None,
    tools: bool = False,
    **members: Any,
) -> tuple[dict[str, object], list[Any], list[Loss]]:
    """The configuration, what was added to the system instruction, and what was lost."""
    system: list[Any] = []
    losses: list[Loss] = []
    aim = Aim(model, "google", quirks, max_output_tokens=most)
    config = write_config(Request(dialect, "asked", (), **members), aim, system, losses, tools=tools)
    return config, system, losses


def test_sampling_by_googles_names() -> None:
    sampling = Sampling(
        temperature=0.0, top_p=0.9, top_k=3, seed=-5, choices=1, presence_penalty=0, frequency_penalty=0
    )
    assert written(sampling=sampling, max_tokens=100, stop=("a", "b")) == (
        {
            "temperature": 0.0,
            "topP": 0.9,
            "topK": 3,
            "seed": -5,
            "maxOutputTokens": 100,
            "stopSequences": ["a", "b"],
        },
        [],
        [],
    )


@pytest.mark.parametrize(
    ("given", "config", "losses"),
    [
        ({"max_tokens": 9000, "most": 8000}, {"maxOutputTokens": 8000}, [("parameters", "max_tokens", A.APPROXIMATED)]),
        ({"max_tokens": 8000, "most": 8000}, {"maxOutputTokens": 8000}, []),
        (
            {"stop": tuple("abcdefg")},
            {"stopSequences": list("abcde")},
            [("parameters", "stop[5]", A.DROPPED), ("parameters", "stop[6]", A.DROPPED)],
        ),
        (
            {"stop": ("a", "b"), "quirks": Quirks(stop_most=1)},
            {"stopSequences": ["a"]},
            [("parameters", "stop[1]", A.DROPPED)],
        ),
        ({"sampling": Sampling(seed=2**31)}, {}, [("sampling", "seed", A.DROPPED)]),
        ({"sampling": Sampling(seed=-(2**31))}, {"seed": -(2**31)}, []),
        (
            {"sampling": Sampling(presence_penalty=0.5, frequency_penalty=-1, choices=2, logprobs=0)},
            {},
            [("sampling", name, A.DROPPED) for name in ("presence_penalty", "frequency_penalty", "n", "logprobs")],
        ),
        (
            {"sampling": Sampling(top_k=3, temperature=1.0), "quirks": Quirks(drops=frozenset({"topK", "seed"}))},
            {"temperature": 1.0},
            [("sampling", "topK", A.DROPPED)],
        ),
    ],
)
def test_what_google_does_not_take(given: dict[str, Any], config: dict[str, Any], losses: list[Any]) -> None:
    assert written(**given) == (config, [], [Loss(Feature(feature), path, action) for feature, path, action in losses])


def test_a_gemini_clients_own_words_are_kept() -> None:
    """Also where another dialect's would be cut to what Google takes."""
    sampling = Sampling(seed=2**40, presence_penalty=0, frequency_penalty=0.5, choices=1, logprobs=0)
    thinking = {"thinkingBudget": -1, "unheard": True}
    assert written(
        dialect=Dialect.GEMINI,
        most=8000,
        others={"generationConfig": {"speechConfig": {"a": 1}}},
        sampling=sampling,
        max_tokens=9000,
        stop=tuple("abcdefg"),
        reasoning=Reasoning(adaptive=True, raw=thinking),
    ) == (
        {
            "speechConfig": {"a": 1},
            "seed": 2**40,
            "maxOutputTokens": 9000,
            "stopSequences": list("abcdefg"),
            "presencePenalty": 0,
            "frequencyPenalty": 0.5,
            "candidateCount": 1,
            "responseLogprobs": True,
            "thinkingConfig": thinking,
        },
        [],
        [],
    )


def test_a_config_that_is_no_object_and_another_dialects_are_not_copied() -> None:
    odd = written(dialect=Dialect.GEMINI, others={"generationConfig": [1]}, sampling=Sampling(logprobs=3))
    assert odd == ({"responseLogprobs": True, "logprobs": 3}, [], [])
    assert written(others={"generationConfig": {"topK": 3}}) == ({}, [], [])


@pytest.mark.parametrize(
    ("output", "more", "config", "words"),
    [
        (OutputFormat("json_object"), {}, {"responseMimeType": "application/json"}, None),
        (
            OutputFormat("json_schema", SCHEMA),
            {"tools": True},
            {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA},
            None,
        ),
        (OutputFormat("json_object"), {"tools": True, "model": "gemini-2.5-flash"}, {}, WORDS),
        (
            OutputFormat("json_schema", {"type": "object"}),
            {"tools": True, "model": "gemini-2.5-pro"},
            {},
            f'{WORDS} It must match this JSON Schema:\n{{"type":"object"}}',
        ),
        (
            OutputFormat("json_object"),
            {"tools": True, "model": "gemini-2.5-flash", "dialect": Dialect.GEMINI},
            {"responseMimeType": "application/json"},
            None,
        ),
    ],
)
def test_json_answers(output: OutputFormat, more: dict[str, Any], config: dict[str, Any], words: str | None) -> None:
    """Older models cannot be asked for them beside tools."""
    system = [] if words is None else [{"text": words}]
    losses = [] if words is None else [Loss(Feature.JSON_SCHEMA, "output", A.APPROXIMATED)]
    assert written(output=output, **more) == (config, system, losses)

"""gate.protocols.anthropic_messages.parameters: sampling and all other settings for an upstream."""

from __future__ import annotations

from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.protocols.anthropic_messages.ledger import Ledger
from gate.protocols.anthropic_messages.models import Traits
from gate.protocols.anthropic_messages.parameters import write_others, write_sampling
from gate.protocols.canonical.request import Request, Sampling
from tests.protocols.anthropic_messages.translating import foreign, told

FREE, ONE_OF_BOTH, NEWEST = Traits(), Traits(both=False), Traits(sampling=False, both=False)
THINKS = {"thinking": {"type": "enabled", "budget_tokens": 1024}}


def sampled(sampling: Sampling, traits: Traits, **wire: Any) -> tuple[dict[str, Any], set[tuple[str, str]]]:
    """What is written, and the paths and actions of the losses."""
    ledger = Ledger(Dialect.OPENAI_CHAT)
    before = set(wire)
    write_sampling(foreign(sampling=sampling), traits, wire, ledger)
    assert {loss.feature.value for loss in ledger.losses} <= {"sampling"}
    written = {name: value for name, value in wire.items() if name not in before}
    return written, {(loss.path, loss.action.value) for loss in ledger.losses}


def others(request: Request, *, native: bool = True, **wire: Any) -> tuple[dict[str, Any], set[tuple[str, str, str]]]:
    ledger = Ledger(request.dialect)
    write_others(request, wire, ledger, native=native)
    return wire, told(ledger.losses)


@pytest.mark.parametrize(
    ("sampling", "traits", "wire", "written", "losses"),
    [
        (
            Sampling(temperature=0.5, top_p=0.9, top_k=5),
            FREE,
            {},
            {"temperature": 0.5, "top_p": 0.9, "top_k": 5},
            set(),
        ),
        (Sampling(temperature=0.0, top_p=0.9), ONE_OF_BOTH, {}, {"temperature": 0.0}, {("top_p", "dropped")}),
        (Sampling(temperature=1.0, top_p=0.9), ONE_OF_BOTH, {}, {"top_p": 0.9}, set()),
        (Sampling(temperature=1.7), FREE, {}, {}, {("temperature", "approximated")}),
        (Sampling(temperature=1.0, top_p=1.0), NEWEST, {}, {}, set()),
        (
            Sampling(temperature=0.5, top_p=0.99, top_k=5),
            NEWEST,
            {},
            {},
            {("temperature", "dropped"), ("top_p", "dropped"), ("top_k", "dropped")},
        ),
        (
            Sampling(temperature=0.5, top_p=0.95, top_k=5),
            FREE,
            THINKS,
            {"top_p": 0.95},
            {("temperature", "dropped"), ("top_k", "dropped")},
        ),
        (Sampling(top_p=0.94), FREE, THINKS, {}, {("top_p", "dropped")}),
        (Sampling(top_p=0.94), FREE, {"thinking": {"type": "disabled"}}, {"top_p": 0.94}, set()),
        (Sampling(top_p=0.94), FREE, {"thinking": "odd"}, {"top_p": 0.94}, set()),
    ],
)
def test_sampling_by_model(
    sampling: Sampling, traits: Traits, wire: dict[str, Any], written: dict[str, Any], losses: set[tuple[str, str]]
) -> None:
    assert sampled(sampling, traits, **wire) == (written, losses)


def test_sampling_that_is_unknown_here() -> None:
    neutral = Sampling(presence_penalty=0.0, frequency_penalty=0.0, choices=1)
    assert sampled(neutral, FREE) == ({}, set())
    asked = Sampling(seed=0, presence_penalty=0.5, frequency_penalty=-1.0)
    assert sampled(asked, FREE) == (
        {},
        {("seed", "dropped"), ("presence_penalty", "dropped"), ("frequency_penalty", "dropped")},
    )


@pytest.mark.parametrize(
    ("asked", "native", "wire", "losses"),
    [
        ({"user": "u" * 256}, True, {"metadata": {"user_id": "u" * 256}}, set()),
        ({"user": "u" * 257}, True, {}, {("parameters", "user", "dropped")}),
        ({"service_tier": "default"}, True, {"service_tier": "standard_only"}, set()),
        ({"service_tier": "default"}, False, {}, {("parameters", "service_tier", "dropped")}),
        ({"service_tier": "flex"}, True, {}, {("parameters", "service_tier", "dropped")}),
        ({"service_tier": "auto", "verbosity": "medium", "metadata": {}}, True, {}, set()),
        ({"metadata": {"a": "b"}}, True, {}, {("parameters", "metadata", "dropped")}),
        ({"others": {"safety_identifier": "s" * 300}}, True, {"metadata": {"user_id": "s" * 256}}, set()),
        (
            {"user": "u", "others": {"safety_identifier": "s"}},
            True,
            {"metadata": {"user_id": "u"}},
            {("parameters", "safety_identifier", "dropped")},
        ),
        ({"others": {"store": True, "odd": None, "empty": {}, "off": False}}, True, {}, set()),
        (
            {"others": {"previous_response_id": "resp_1", "odd": 5}},
            True,
            {},
            {("state", "previous_response_id", "dropped"), ("parameters", "odd", "dropped")},
        ),
    ],
)
def test_settings_of_another_dialect(
    asked: dict[str, Any], native: bool, wire: dict[str, Any], losses: set[tuple[str, str, str]]
) -> None:
    assert others(foreign(**asked), native=native) == (wire, losses)


def test_own_settings_go_as_they_came() -> None:
    asked = foreign(
        dialect=Dialect.ANTHROPIC_MESSAGES,
        user="u" * 300,
        metadata={"more": 1},
        service_tier="of_tomorrow",
        cache={"type": "ephemeral"},
        others={"output_config": {"effort": "low", "x": 1}, "tomorrow": None, "messages[0].odd": 5},
    )
    wire, losses = others(asked, output_config={"effort": "high"})
    assert wire == {
        "metadata": {"user_id": "u" * 300, "more": 1},
        "service_tier": "of_tomorrow",
        "cache_control": {"type": "ephemeral"},
        "output_config": {"effort": "high", "x": 1},
        "tomorrow": None,
    }
    assert losses == set()


def test_a_cache_key_marks_the_ends_of_what_stays_the_same() -> None:
    asked = foreign(others={"prompt_cache_key": "k"})
    text, marked = {"type": "text", "text": "x"}, {"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}
    turns = [
        {"role": "user", "content": [dict(text)]},
        {"role": "user", "content": [dict(text), dict(text)]},
        {"role": "assistant", "content": [dict(text)]},
    ]
    wire, losses = others(asked, system=[dict(text)], messages=turns)
    assert losses == {("cache_hints", "prompt_cache_key", "approximated")}
    assert wire == {
        "system": [marked],
        "messages": [
            {"role": "user", "content": [text]},
            {"role": "user", "content": [text, marked]},
            {"role": "assistant", "content": [text]},
        ],
    }
    odd = {"system": "be good", "messages": [5, {"role": "user", "content": "hi"}]}
    assert others(asked, **odd)[0] == odd
    held = {"cache_control": {"type": "ephemeral"}, "system": [dict(text)]}
    assert others(asked, **held)[0] == {"cache_control": {"type": "ephemeral"}, "system": [text]}

"""The built-in sets: for which requests they fire, and in which order."""

from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.core.request import ClientProfile
from gate.planner.routing.builtin import BuiltIn, built_in
from gate.planner.routing.rules import fired, in_order
from tests.planner.worlds import request

ALL = built_in(dict.fromkeys(BuiltIn, "eco"))


def firing(model: str = "claude-sonnet-5", **features: Any) -> list[str]:
    return [rule.name for rule, _ in fired(in_order(ALL), request(model, **features), 0)]


@pytest.mark.parametrize(
    ("features", "names"),
    [
        ({}, ["default"]),
        ({"images": True}, ["image", "default"]),
        ({"token_estimate": 60_000}, ["default"]),
        ({"token_estimate": 60_001}, ["long-context", "default"]),
        ({"model": "claude-haiku-4-5-20251001"}, ["background", "default"]),
        ({"model": "haiku"}, ["background", "default"]),
        ({"web_search": True}, ["web-search", "default"]),
        # Codex offers a search with every request.
        (
            {"web_search": True, "client": ClientProfile.CODEX, "dialect": Dialect.OPENAI_RESPONSES},
            ["default"],
        ),
        ({"thinking": True}, ["think", "default"]),
        (
            {"images": True, "token_estimate": 99_999, "model": "haiku", "web_search": True, "thinking": True},
            ["image", "long-context", "background", "web-search", "think", "default"],
        ),
    ],
)
def test_sets(features: dict[str, Any], names: list[str]) -> None:
    assert firing(**features) == names


def test_only_what_has_a_target_is_there_and_the_bound_can_be_moved() -> None:
    (only,) = built_in({BuiltIn.LONG_CONTEXT: "lane:big"}, long_context_tokens=100)
    assert (only.name, only.target, only.built_in, only.everywhere) == ("long-context", "lane:big", True, False)
    assert [rule.name for rule, _ in fired((only,), request(token_estimate=101), 0)] == ["long-context"]
    assert not list(fired((only,), request(token_estimate=100), 0))
    assert built_in({}) == ()

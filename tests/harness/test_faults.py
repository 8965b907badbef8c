"""Rules: which requests they take, how often, and what they refuse."""

from __future__ import annotations

import pytest

from tests.harness.faults import Asked, Rules

MESSAGE = Asked("/v1/messages", model="m", key="k", step="tool", stream=True)


def test_without_rules_nothing_goes_wrong() -> None:
    play = Rules().play(MESSAGE)
    assert play.kind is None and play.shape.usage == "normal"


@pytest.mark.parametrize(
    "condition",
    [{"path": "/responses"}, {"model": "other"}, {"key": "other"}, {"step": "final"}, {"stream": False}],
)
def test_every_condition_has_to_hold(condition: dict[str, object]) -> None:
    rules = Rules()
    rules.add("empty", **({"path": "/messages", "model": "m"} | condition))
    assert rules.play(MESSAGE).kind is None


def test_skips_and_counts() -> None:
    rules = Rules()
    rule = rules.add("empty", model="m", skip=1, times=2)
    assert [rules.play(MESSAGE).kind for _ in range(4)] == [None, "empty", "empty", None]
    assert (rule.seen, rule.hits) == (4, 2)


def test_the_first_fault_decides_and_all_shapes_add_up() -> None:
    rules = Rules()
    rules.add("shape", crlf=True)
    rules.add("status", status=429, headers={"retry-after": 1}, times=1)
    rules.add("html")
    rules.add("shape", encoding="gzip", tokens={"input": 7})
    first, second = rules.play(MESSAGE), rules.play(MESSAGE)
    assert (first.kind, first.settings["status"], first.settings["headers"]) == ("status", 429, (("retry-after", "1"),))
    assert (first.shape.crlf, first.shape.encoding, first.shape.tokens.input) == (True, "gzip", 7)
    assert second.kind == "html"


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("nonsense", {}),
        ("status", {"statsu": 500}),
        ("cut", {"how": "softly"}),
        ("shape", {"speed": 1}),
        ("shape", {"encoding": "br"}),
    ],
)
def test_refuses_what_does_not_exist(kind: str, given: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Rules().add(kind, **given)


def test_what_is_added_for_a_while_is_gone_afterwards() -> None:
    rules = Rules()
    rules.add("empty", model="m", skip=1)
    with rules.passing():
        rules.add("no_content", times=1)
        assert rules.play(MESSAGE).kind == "no_content"
        rules.add("html")
    assert [rules.play(MESSAGE).kind for _ in range(2)] == ["empty", "empty"]

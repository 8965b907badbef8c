"""Thinking switched, mapped and found in text."""

from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.protocols.canonical.answer import Close, Delta, Open
from gate.protocols.canonical.parts import Text, Thinking
from gate.protocols.canonical.request import Effort, Request
from gate.protocols.canonical.request import Reasoning as Asked
from gate.protocols.transformers.reasoning import Reasoning
from gate.protocols.translation import Aim

AIM = Aim("m", "acme")
CLIENTS: list[Asked | None] = [
    None,
    Asked(on=True, budget=2048, summary="auto"),
    Asked(on=False),
    Asked(effort=Effort.XHIGH),
    Asked(effort=Effort.NONE),
    Asked(on=True, adaptive=True, effort=Effort.LOW),
]


def sent(asked: Asked | None, **options: Any) -> Asked | None:
    request = Request(Dialect.ANTHROPIC_MESSAGES, "m", (), reasoning=asked)
    return Reasoning(**options).request(request, AIM).reasoning


def test_without_options_nothing_changes() -> None:
    for asked in CLIENTS:
        request = Request(Dialect.ANTHROPIC_MESSAGES, "m", (), reasoning=asked)
        assert Reasoning().request(request, AIM) is request


def test_off_is_off_for_all() -> None:
    assert [sent(asked, thinking=False) for asked in CLIENTS] == [Asked(on=False)] * len(CLIENTS)


def test_on_is_on_for_all_and_keeps_what_was_asked() -> None:
    assert [sent(asked, thinking=True) for asked in CLIENTS] == [
        Asked(on=True, adaptive=True),
        Asked(on=True, budget=2048, summary="auto"),
        Asked(on=True, adaptive=True),
        Asked(on=True, effort=Effort.XHIGH),
        Asked(on=True, adaptive=True),
        Asked(on=True, adaptive=True, effort=Effort.LOW),
    ]


def test_efforts_are_mapped_where_one_was_asked() -> None:
    efforts = {Effort.XHIGH: Effort.HIGH, Effort.LOW: Effort.MINIMAL}
    assert sent(None, efforts=efforts) is None
    assert sent(Asked(effort=Effort.XHIGH), efforts=efforts) == Asked(effort=Effort.HIGH)
    assert sent(Asked(effort=Effort.LOW), efforts=efforts) == Asked(effort=Effort.MINIMAL)
    assert sent(Asked(effort=Effort.MEDIUM), efforts=efforts) == Asked(effort=Effort.MEDIUM)
    assert sent(Asked(effort=Effort.NONE), efforts={Effort.NONE: Effort.HIGH}) == Asked(effort=Effort.NONE)


def test_effort_and_budget_take_the_place_of_the_clients_unless_it_wants_none() -> None:
    assert sent(None, effort=Effort.HIGH) == Asked(on=True, effort=Effort.HIGH)
    assert sent(Asked(effort=Effort.LOW), effort=Effort.HIGH) == Asked(on=True, effort=Effort.HIGH)
    assert sent(Asked(on=True, budget=9), budget=4096) == Asked(on=True, budget=4096)
    assert sent(Asked(on=False), effort=Effort.HIGH) == Asked(on=False)
    assert sent(Asked(on=False), effort=Effort.HIGH, thinking=True) == Asked(on=True, effort=Effort.HIGH)


def test_answers_are_read_for_tags_only_when_a_tag_is_named() -> None:
    assert Reasoning().answer() is None
    hook = Reasoning(tag="reasoning").answer()
    assert hook is not None
    said = [Open(0, Text("")), Delta(0, "<reasoning>a</reasoning>b"), Close(0)]
    assert hook.feed(said) == [Open(0, Thinking()), Delta(0, "a"), Close(0), Open(1, Text("")), Delta(1, "b"), Close(1)]
    opened = Reasoning(tag="think", opened=True).answer()
    assert opened is not None
    assert opened.feed([Open(0, Text("")), Delta(0, "a")]) == [Open(0, Thinking()), Delta(0, "a")]


def test_answers_have_hooks_of_their_own() -> None:
    transformer = Reasoning(tag="think")
    assert transformer.answer() is not transformer.answer()


def test_contradictions_are_refused() -> None:
    with pytest.raises(ValueError, match="opened needs a tag"):
        Reasoning(opened=True)
    with pytest.raises(ValueError, match="with thinking off"):
        Reasoning(thinking=False, effort=Effort.HIGH)

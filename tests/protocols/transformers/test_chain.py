"""Several transformers in a row."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import pytest
from msgspec.structs import replace

from gate.core.dialect import Dialect
from gate.protocols.canonical.answer import Delta, Event
from gate.protocols.canonical.request import Request
from gate.protocols.transformers.chain import Chains, Transformers, chain
from gate.protocols.transformers.maxtoken import MaxToken
from gate.protocols.transformers.reasoning import Reasoning
from gate.protocols.transformers.spec import TransformerError
from gate.protocols.translation import Aim

AIM = Aim("m", "acme")


@dataclass(frozen=True)
class Letter:
    """Writes its letter behind the model's name, and behind every delta."""

    name: ClassVar[str] = "letter"
    letter: str
    log: list[str] = field(default_factory=list[str])

    def request(self, request: Request, aim: Aim) -> Request:
        return replace(request, model=request.model + self.letter)

    def answer(self) -> "Letter":
        return self

    def feed(self, events: Sequence[Event]) -> list[Event]:
        return [Delta(event.index, event.text + self.letter) for event in events if isinstance(event, Delta)]


def test_requests_go_in_order_and_answers_come_back_the_other_way() -> None:
    both = Transformers((Letter("a"), Letter("b")))
    assert both.request(Request(Dialect.OPENAI_CHAT, "m", ()), AIM).model == "mab"
    hook = both.answer()
    assert hook is not None
    assert hook.feed([Delta(0, "x")]) == [Delta(0, "xba")]


def test_a_chain_that_leaves_answers_alone_has_no_hook() -> None:
    assert Transformers((MaxToken(limit=1),)).answer() is None
    assert Transformers((MaxToken(limit=1), Letter("a"))).answer() == Letter("a")


def test_an_empty_chain_is_false() -> None:
    assert not chain([])
    assert chain([{"use": "maxtoken", "limit": 1}])


def test_it_is_made_from_the_configuration() -> None:
    made = chain([{"use": "reasoning", "tag": "think"}, {"use": "maxtoken", "limit": 8192}])
    assert made.steps == (Reasoning(tag="think"), MaxToken(limit=8192))
    assert made.names == ("reasoning", "maxtoken")


def test_what_is_wrong_is_told() -> None:
    for entry, said in (
        ({}, r"use: name a transformer \(maxtoken, reasoning\)"),
        ({"use": "nothing"}, "no transformer of that name; installed: maxtoken, reasoning"),
        ({"use": "maxtoken", "limit": "a"}, "maxtoken: limit: Expected `int | null`, got `str`"),
    ):
        with pytest.raises(TransformerError, match=said.replace("|", r"\|")):
            chain([entry])


def test_a_route_of_its_own_comes_before_its_provider() -> None:
    own, its = Transformers((Letter("a"),)), Transformers((Letter("b"),))
    found = Chains({"acme/m": own}, {"acme": its})
    assert found.of("acme/m", "acme") is own
    assert found.of("acme/other", "acme") is its
    assert not found.of("x/m", "x")

"""Options become a transformer, or a sentence that says what is wrong with them."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import msgspec
import pytest

from gate.core.dialect import Dialect
from gate.protocols.canonical.request import Request
from gate.protocols.transformers.reasoning import Reasoning
from gate.protocols.transformers.spec import TransformerError, fault, made
from gate.protocols.translation import Aim


@dataclass(frozen=True)
class Shout:
    """A transformer with every kind of option."""

    name: ClassVar[str] = "shout"
    times: Annotated[int, msgspec.Meta(ge=1)]
    mark: str = "!"
    where: Literal["end", "start"] = "end"
    words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.mark == "?":
            raise ValueError("a question is no shout")

    def request(self, request: Request, aim: Aim) -> Request:
        return request

    def answer(self) -> None:
        return None


def refusal(**options: Any) -> str:
    with pytest.raises(TransformerError) as caught:
        made(Shout, options)
    return str(caught.value)


def test_options_are_the_fields() -> None:
    assert made(Shout, {"times": 2, "words": ["a"]}) == Shout(2, words=("a",))
    assert made(Reasoning, {"efforts": {"xhigh": "high"}, "tag": "think"}).name == "reasoning"


def test_each_fault_is_told_with_its_option() -> None:
    assert refusal() == "missing: `times`"
    assert refusal(times="secret") == "times: Expected `int`, got `str`"
    assert refusal(times=0) == "times: Expected `int` >= 1"
    assert refusal(times=1, loud=True) == "unknown option loud; known here: times, mark, where, words"
    assert refusal(times=1, mark="?") == "a question is no shout"
    assert refusal(times=1, words=["a", 1]) == "words[1]: Expected `str`, got `int`"


def test_no_value_is_repeated() -> None:
    assert refusal(times=1, where="hunter2") == "where: is none of the values it can have"


def test_what_is_no_transformer_is_told() -> None:
    assert fault(Shout) is None
    assert fault(Shout(1)) == "is no dataclass: a transformer is one, and its fields are its options"
    assert fault(Dialect) == "is no dataclass: a transformer is one, and its fields are its options"

    @dataclass
    class Nameless:
        name: ClassVar[str] = "With Space"

    @dataclass
    class Half:
        name: ClassVar[str] = "half"

        def answer(self) -> None: ...

    assert fault(Nameless) == "has no class variable `name` of lower-case letters, digits, _ and -"
    assert fault(Half) == "has no method request"

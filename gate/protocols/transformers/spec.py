"""What a transformer is, and how its options become one.

A transformer is a frozen dataclass. Its fields are its options, as they stand in the configuration beside `use`; their
types (and `msgspec.Meta` bounds, and a `ValueError` from `__post_init__`) are the check. Its name is the class
variable `name`. Pure, like everything here: no IO, no clock, no chance.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, ClassVar, Protocol, cast

import msgspec

from gate.protocols.canonical.answer import Event
from gate.protocols.canonical.request import Request
from gate.protocols.translation import Aim

NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")


class AnswerHook(Protocol):
    """One answer on its way to the client. Made anew for every answer, so it may remember."""

    def feed(self, events: Sequence[Event]) -> list[Event]:
        """What to hand on in place of these events; may be none, may be more.

        What comes in is well formed (`gate.protocols.translation.StreamDecoder`), and so must be what goes out: blocks
        opened before their deltas and closed before `Finish`, each index used once. Several may be open at once.
        An answer ends with `Done` or `Failed`, so what is held back can be let go by then. Never raises.
        """
        ...


class Transformer(Protocol):
    """A dataclass, see above."""

    name: ClassVar[str]

    def request(self, request: Request, aim: Aim) -> Request:
        """The request to send. Parts that are changed lose their `raw`, or the change would be undone when the upstream
        speaks the client's dialect. Never raises."""
        ...

    def answer(self) -> AnswerHook | None:
        """A hook for one answer, None when answers are left alone."""
        ...


class TransformerError(Exception):
    """A transformer or its options cannot be used. The text holds no option's value."""


def fault(kind: object) -> str | None:
    """What is wrong with a class that is to be a transformer; None when it is one."""
    if not isinstance(kind, type) or not is_dataclass(kind):
        return "is no dataclass: a transformer is one, and its fields are its options"
    name = getattr(kind, "name", None)
    if not isinstance(name, str) or not NAME.fullmatch(name):
        return "has no class variable `name` of lower-case letters, digits, _ and -"
    missing = [method for method in ("request", "answer") if not callable(getattr(kind, method, None))]
    return f"has no method {' and no method '.join(missing)}" if missing else None


def made(kind: type[Transformer], options: Mapping[str, object]) -> Transformer:
    """The transformer with these options. Raises TransformerError naming the option at fault."""
    known = [field.name for field in fields(cast(Any, kind)) if field.init]
    for option in options:
        if option not in known:
            raise TransformerError(f"unknown option {option}; known here: {', '.join(known) or 'none'}")
    try:
        return msgspec.convert(options, type=kind)
    except msgspec.ValidationError as error:
        raise TransformerError(_said(str(error))) from None


_PLACE = re.compile(r"(?P<what>.*?) - at `(?:key in )?\$\.?(?P<where>.*)`", re.DOTALL)
_VALUE = re.compile(r"^Invalid enum value .*", re.DOTALL)


def _said(text: str) -> str:
    """msgspec's words, the option first and without its value."""
    found = _PLACE.fullmatch(text)
    what, where = (found["what"], found["where"]) if found else (text, "")
    what = _VALUE.sub("is none of the values it can have", what).replace("Object missing required field", "missing:")
    return f"{where}: {what}" if where else what

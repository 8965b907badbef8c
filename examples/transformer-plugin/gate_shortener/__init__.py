"""Asks models for short answers, and takes white space off the end of what they say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import msgspec
from msgspec.structs import replace

from gate.protocols.canonical.answer import Close, Delta, Event, Open
from gate.protocols.canonical.parts import Text
from gate.protocols.canonical.request import Message, Request, Role
from gate.protocols.translation import Aim


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortener:
    """`{use: shortener, words: 100}`. The fields are the options; their types are how they are checked.

    words: how many words an answer may have. trim: whether white space at the end of a text is taken off.
    """

    name: ClassVar[str] = "shortener"
    words: Annotated[int, msgspec.Meta(ge=1)]
    trim: bool = True

    def request(self, request: Request, aim: Aim) -> Request:
        """Nothing is changed in place: a new request with one more message at its beginning."""
        wish = Message(Role.SYSTEM, (Text(f"Answer in at most {self.words} words."),))
        return replace(request, messages=(wish, *request.messages))

    def answer(self) -> "Trimmer | None":
        """A new object for every answer, because it remembers; None when answers are left alone."""
        return Trimmer() if self.trim else None


class Trimmer:
    """Holds back the white space at the end of each text until more text follows."""

    def __init__(self) -> None:
        self._held: dict[int, str] = {}

    def feed(self, events: Sequence[Event]) -> list[Event]:
        out: list[Event] = []
        for event in events:
            if isinstance(event, Open) and isinstance(event.part, Text):
                self._held[event.index] = ""
                out.append(event)
            elif isinstance(event, Delta) and event.index in self._held:
                text = self._held[event.index] + event.text
                said = text.rstrip()
                self._held[event.index] = text[len(said) :]
                out.append(Delta(event.index, said))
            else:
                if isinstance(event, Close):
                    self._held.pop(event.index, None)
                out.append(event)
        return out

"""Thinking where models and clients disagree about it: switches it, maps efforts, and moves what a model writes between
`<think>` tags in its text into thinking blocks of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

import msgspec
from msgspec.structs import replace

from gate.protocols.canonical.request import Effort, Request
from gate.protocols.canonical.request import Reasoning as Asked
from gate.protocols.transformers.inline_thinking import InlineThinking
from gate.protocols.translation import Aim

Tag = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z][A-Za-z0-9_|:-]{0,63}$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasoning:
    """thinking: turned on or off, whatever the client asked; left out, the client decides. effort: in place of the
    client's. efforts: what each of the client's efforts becomes (`{xhigh: high}`), before `effort`. budget: tokens, in
    place of the client's. tag: the model writes its thinking into the text between `<tag>` and `</tag>`, at the start
    of a text. opened: the opening tag is in the model's prompt, so an answer starts with thinking and only the closing
    tag is seen."""

    name: ClassVar[str] = "reasoning"
    thinking: bool | None = None
    effort: Effort | None = None
    efforts: Mapping[Effort, Effort] = field(default_factory=dict[Effort, Effort])
    budget: Annotated[int, msgspec.Meta(ge=1)] | None = None
    tag: Tag | None = None
    opened: bool = False

    def __post_init__(self) -> None:
        if self.opened and self.tag is None:
            raise ValueError("opened needs a tag")
        if self.thinking is False and (self.effort is not None or self.budget is not None):
            raise ValueError("with thinking off there is no effort and no budget")

    def request(self, request: Request, aim: Aim) -> Request:
        wanted = self._wanted(request.reasoning)
        return request if wanted == request.reasoning else replace(request, reasoning=wanted)

    def _wanted(self, asked: Asked | None) -> Asked | None:
        if self.thinking is False:
            return Asked(on=False)
        off = asked is not None and (asked.on is False or asked.effort is Effort.NONE)
        if off and self.thinking is None:
            return asked
        found = Asked() if asked is None or off else asked
        effort = self.effort or (self.efforts.get(found.effort, found.effort) if found.effort else None)
        budget = self.budget or found.budget
        on = True if self.thinking or self.effort or self.budget else found.on
        # Switched on with nothing said of how much: the model decides.
        adaptive = found.adaptive or (on is True and effort is None and budget is None)
        wanted = replace(found, on=on, adaptive=adaptive, effort=effort, budget=budget)
        return asked if asked is None and wanted == Asked() else wanted

    def answer(self) -> InlineThinking | None:
        return None if self.tag is None else InlineThinking(self.tag, opened=self.opened)


TRANSFORMER = Reasoning

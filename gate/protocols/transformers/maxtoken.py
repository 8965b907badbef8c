"""Bounds how long answers may be: caps a client's output limit, or gives one where the client gave none."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import msgspec
from msgspec.structs import replace

from gate.protocols.canonical.request import Reasoning, Request
from gate.protocols.translation import Aim

Tokens = Annotated[int, msgspec.Meta(ge=1)]

LEAST_BUDGET = 1024
"""Anthropic takes no smaller budget for thinking, and none that is not below the output limit
(platform.claude.com/docs/en/build-with-claude/extended-thinking, read 2026-11-21)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxToken:
    """limit: no more than so many output tokens; a request that names no limit gets this one, unless `default` says
    another. default: for requests that name none. At least one of them."""

    name: ClassVar[str] = "maxtoken"
    limit: Tokens | None = None
    default: Tokens | None = None

    def __post_init__(self) -> None:
        if self.limit is None and self.default is None:
            raise ValueError("give limit, default or both")
        if self.limit is not None and self.default is not None and self.default > self.limit:
            raise ValueError("default is above limit")

    def request(self, request: Request, aim: Aim) -> Request:
        asked = request.max_tokens
        if asked is None:
            asked = self.default or self.limit
        elif self.limit is not None:
            asked = min(asked, self.limit)
        if asked is None or asked == request.max_tokens:
            return request
        return replace(request, max_tokens=asked, reasoning=_fitting(request.reasoning, asked))

    def answer(self) -> None:
        return None


def _fitting(reasoning: Reasoning | None, limit: int) -> Reasoning | None:
    """A budget for thinking is part of the output, so it shrinks with it: half is for thinking then, half for the
    answer, and where that is too little to think with, thinking is off."""
    if reasoning is None or reasoning.budget is None or reasoning.budget < limit:
        return reasoning
    half = limit // 2
    return replace(reasoning, budget=half) if half >= LEAST_BUDGET else Reasoning(on=False)


TRANSFORMER = MaxToken

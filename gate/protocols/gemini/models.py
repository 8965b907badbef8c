"""What differs between the generations of Gemini models, by name.

Thinking: ai.google.dev/gemini-api/docs/thinking, as quoted by hexdocs.pm/gemini_ex and
github.com/spring-projects/spring-ai/issues/4983, read 2026-11-21.
"""

import re
from dataclasses import dataclass

_NAME = re.compile(r"gemini-(?P<major>\d+)(?:\.(?P<minor>\d+))?(?P<rest>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Traits:
    """levels: thinking is asked for by level, not by budget (Gemini 3 and later). budget: least and most tokens of
    thinking (Gemini 2.5), `may_stop`: it can be switched off. medium: it knows the level between low and high. Neither
    levels nor budget: it cannot be told. mixes_tools: Google's own tools may stand beside functions, and a JSON schema
    for the answer beside either. media_results: a function's result may hold media."""

    levels: bool = False
    budget: tuple[int, int] | None = None
    may_stop: bool = True
    medium: bool = True
    mixes_tools: bool = True
    media_results: bool = True


_NEW = Traits(levels=True)
_OLD = Traits(mixes_tools=False, media_results=False)


def traits(model: str) -> Traits:
    """Names without a generation (`gemini-flash-latest`) stand for the newest; models of other families (Gemma) are not
    told how to think."""
    name = model.rpartition("/")[2].lower()
    found = _NAME.match(name)
    if found is None:
        return _NEW if name.startswith("gemini-") else Traits(media_results=False)
    generation = int(found["major"]), int(found["minor"] or 0)
    if generation >= (3, 0):
        return Traits(levels=True, medium=generation > (3, 0) or not found["rest"].startswith("-pro"))
    if generation < (2, 5):
        return _OLD
    if found["rest"].startswith("-pro"):
        return Traits(budget=(128, 32768), may_stop=False, mixes_tools=False, media_results=False)
    least = 512 if found["rest"].startswith("-flash-lite") else 1
    return Traits(budget=(least, 24576), mixes_tools=False, media_results=False)

"""What Anthropic's models take, by the generation their names tell.

Only for requests that Gate writes itself. Read 2026-11-21: platform.claude.com/docs/en/build-with-claude/
thinking-troubleshooting (thinking types and what is refused), .../effort, .../models/opus-5-5/migration-guide,
.../models/sonnet-5-5/whats-new-sonnet-5-5, .../models/haiku-5-5/migration-guide, .../about-claude/models/
migration-guide (sampling, prefill), .../build-with-claude/mid-conversation-system-messages, .../structured-outputs.
"""

import re
from functools import lru_cache

import msgspec

from gate.protocols.canonical.request import Effort

_FAMILY = re.compile(
    r"(?:claude[-.]?)?(?P<before>\d[\d.-]*-)?(?P<family>opus|sonnet|haiku|fable|mythos)(?P<after>[-@.\d]*)"
)
_NUMBERS = re.compile(r"(?<!\d)\d{1,2}(?!\d)")
_Version = tuple[int, int]
_LATEST: _Version = (99, 0)
_ALWAYS = ("fable", "mythos")
_FORCED_UNTIL: dict[str, _Version] = {"fable": (5, 1), "mythos": (5, 1)}
_COMMON = (Effort.LOW, Effort.MEDIUM, Effort.HIGH)
_ALL = (*_COMMON, Effort.XHIGH, Effort.MAX)


class Traits(msgspec.Struct, frozen=True, gc=False):
    """adaptive: thinking `adaptive`; a model without it is given a budget. off: the type that ends thinking, None where
    leaving it out does or nothing does. thinks: always, whatever is asked. efforts: those it takes, weakest first.
    sampling: temperature, top_p and top_k. both: temperature and top_p in one request. prefill: an answer begun by the
    client. forced: a choice that forces a tool. system: system messages among the messages. schema: output formats and
    strict tools."""

    adaptive: bool = False
    off: str | None = None
    thinks: bool = False
    efforts: tuple[Effort, ...] = ()
    sampling: bool = True
    both: bool = True
    prefill: bool = True
    forced: bool = True
    system: bool = False
    schema: bool = False


UNKNOWN = Traits()
"""A model that is none of Anthropic's: what servers that speak this dialect have known longest."""


@lru_cache(maxsize=1024)
def traits(model: str) -> Traits:
    """What a model takes; of a generation newer than any known here, what the newest takes."""
    name = model.lower()
    found = _FAMILY.search(name)
    if found is None:
        return UNKNOWN
    family = found["family"]
    version: _Version = _version(found["before"] or "") or _version(found["after"]) or _LATEST
    if "preview" in name and family == "mythos":
        return Traits(adaptive=True, thinks=True, efforts=_ALL, sampling=False, prefill=False, schema=True)
    return Traits(
        adaptive=version >= (4, 6),
        off=_off(family, version),
        thinks=family in _ALWAYS or (family == "opus" and version >= (5, 5)),
        efforts=_efforts(family, version),
        sampling=version < (4, 7),
        both=version < (4, 1),
        prefill=version < (4, 6),
        forced=family == "haiku" or version < _FORCED_UNTIL.get(family, (5, 5)),
        system=version >= (4, 8) and (family, version) != ("sonnet", (5, 0)),
        schema=version >= (4, 5),
    )


def _version(text: str) -> _Version | None:
    """Major and minor; a date is neither."""
    numbers = [int(number) for number in _NUMBERS.findall(text)]
    if not numbers:
        return None
    return numbers[0], numbers[1] if len(numbers) > 1 else 0


def _off(family: str, version: _Version) -> str | None:
    """Up to 4.8 a model thinks only when it is asked to."""
    if family in _ALWAYS or version < (5, 0):
        return None
    if version < (5, 5) or family == "haiku":
        return "disabled"
    return "between_tools" if family == "sonnet" else None


def _efforts(family: str, version: _Version) -> tuple[Effort, ...]:
    if version >= (4, 7):
        return _ALL
    if version == (4, 6):
        return (*_COMMON, Effort.MAX)
    return _COMMON if (family, version) == ("opus", (4, 5)) else ()

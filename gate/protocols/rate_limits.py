"""Rate-limit headers of an answer, in one shape for all providers.

Which headers a provider has and how it writes its resets is data of its profile (`RateLimitHeaders`). Reading is total:
what is no number, no time or not to be believed is not told. It runs for every answer, so each header is looked up
once.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from gate.core.allowance import Allowance, AllowanceKind
from gate.core.profile import RateLimitHeaders, ResetFormat
from gate.protocols.codec import Header

LONGEST_S = 366 * 86_400.0
"""A reset later than that is a clock that is wrong, or a number that means something else."""
_NUMBER = re.compile(rb"\d{1,18}(?:\.\d{1,18})?")
_PART = re.compile(r"(\d{1,12}(?:\.\d{1,12})?)(ms|us|µs|ns|h|m|s)")
_DURATION = re.compile(rf"(?:{_PART.pattern})+")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}


def read_allowances(headers: Sequence[Header], names: RateLimitHeaders, now_epoch_s: float) -> tuple[Allowance, ...]:
    """What an answer tells of its provider's limits, a limit nothing is told of left out. names: the provider's.
    now_epoch_s: seconds since 1970 when the answer came."""
    compiled = _compiled(names)
    wanted = compiled.wanted
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        lower = name.lower()
        if lower in wanted and lower not in found:
            found[lower] = value
    if not found:
        return ()
    told: list[Allowance] = []
    get, read = found.get, compiled.read
    since = now_epoch_s if compiled.absolute else 0.0
    for kind, limit_name, remaining_name, reset_name in compiled.rows:
        limit, remaining, reset = _number(get(limit_name)), _number(get(remaining_name)), get(reset_name)
        seconds = None if reset is None else read(reset.strip())
        resets_in_s = None if seconds is None else _believed(seconds - since)
        if limit is not None or remaining is not None or resets_in_s is not None:
            told.append(Allowance(kind, limit, remaining, resets_in_s))
    return tuple(told)


def _believed(seconds: float) -> float | None:
    """0 for what is past."""
    return None if seconds > LONGEST_S else seconds if seconds > 0 else 0.0


def spent_for(allowances: Sequence[Allowance]) -> float | None:
    """Seconds until everything that is used up is there again; where no remainder is told, until the resets. None when
    nothing is used up, when nobody says until when, and when that moment has passed (vendors round it to seconds)."""
    spent = [one for one in allowances if one.remaining == 0] or [one for one in allowances if one.remaining is None]
    return max((one.resets_in_s for one in spent if one.resets_in_s), default=None)


def duration_s(text: str) -> float | None:
    """Seconds of a duration in words, as Go writes them: `6m0s`, `2m59.56s`, `17ms`. None when it is none."""
    if not _DURATION.fullmatch(text):
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))


@lru_cache(maxsize=256)
def _duration(value: bytes) -> float | None:
    return duration_s(value.decode("utf-8", "replace"))


@lru_cache(maxsize=256)
def _since_1970(value: bytes) -> float | None:
    """Vendors round to seconds, so the same words come again and again."""
    try:
        moment = datetime.fromisoformat(value.decode("ascii"))
        return None if moment.tzinfo is None else moment.timestamp()
    except (ValueError, OverflowError):
        return None


def _milliseconds(value: bytes) -> float | None:
    number = _number(value)
    return None if number is None else number / 1000


def _number(value: bytes | None) -> float | None:
    """None for what is no number; Azure writes -1 for what it does not know."""
    if value is None:
        return None
    if value.isdigit() and len(value) < 19:
        return float(value)
    stripped = value.strip()
    return float(stripped) if _NUMBER.fullmatch(stripped) else None


_READERS: dict[ResetFormat, Callable[[bytes], float | None]] = {
    ResetFormat.RFC3339: _since_1970,
    ResetFormat.DURATION: _duration,
    ResetFormat.SECONDS: _number,
    ResetFormat.EPOCH_S: _number,
    ResetFormat.EPOCH_MS: _milliseconds,
}
_ABSOLUTE = frozenset({ResetFormat.RFC3339, ResetFormat.EPOCH_S, ResetFormat.EPOCH_MS})


class _Compiled(NamedTuple):
    """wanted: all names. rows: those that have any; a name that is none is empty, like no header's. read: seconds from
    now, or since 1970 where the format is `absolute`."""

    wanted: frozenset[bytes]
    rows: tuple[tuple[AllowanceKind, bytes, bytes, bytes], ...]
    read: Callable[[bytes], float | None]
    absolute: bool


_known: dict[int, tuple[RateLimitHeaders, _Compiled]] = {}


def _compiled(names: RateLimitHeaders) -> _Compiled:
    """Kept by identity: profiles live as long as the process, and hashing one takes longer than reading an answer."""
    held = _known.get(id(names))
    if held is not None and held[0] is names:
        return held[1]
    rows = tuple(
        (kind, _bytes(limit), _bytes(remaining), _bytes(reset))
        for kind, limit, remaining, reset in names.rows()
        if limit or remaining or reset
    )
    wanted = frozenset(name for _, *columns in rows for name in columns if name)
    made = _Compiled(wanted, rows, _READERS[names.reset], names.reset in _ABSOLUTE)
    if len(_known) < 256:
        _known[id(names)] = (names, made)
    return made


def _bytes(name: str | None) -> bytes:
    return (name or "").encode("latin-1")

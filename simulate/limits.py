"""Limits as vendors have them: fixed windows, token buckets, and quotas that are used up. One object per run.

Each can say whether it would let a call pass now without counting it (`open`), and when it closed and opened so far, so
that the truth can be asked without changing it.
"""

from math import inf
from typing import Protocol

from gate.core.allowance import Allowance, AllowanceKind
from gate.core.failure import Failure, FailureKind
from gate.health.pressure import AMPLE_ABOVE, LOW_BELOW

REFUSED_S = 0.05
"""Seconds until a 429 is there."""


class Limit(Protocol):
    def open(self, now: float, tokens: int) -> bool:
        """Whether a call of so many tokens would pass now."""
        ...

    def take(self, now: float, tokens: int) -> Failure | None:
        """Count a call that passes, or say why it does not."""
        ...

    def allowances(self, now: float) -> tuple[Allowance, ...]:
        """What the headers of an answer say is left."""
        ...

    def changes(self, now: float) -> list[float]:
        """When it closed or opened again so far."""
        ...

    def told(self, now: float) -> list[float]:
        """When its headers began to say that little is left, and when that there is plenty again: Gate's words for a
        state of the provider that everybody can see."""
        ...


class _Edges:
    """Remembers when a limit was met, and when that was over."""

    def __init__(self) -> None:
        self._edges: list[float] = []
        self._opens: float | None = None

    def met(self, now: float, opens: float) -> None:
        self.pass_time(now)
        if self._opens is None:
            self._edges.append(now)
        self._opens = opens if self._opens is None else max(self._opens, opens)

    def refused(self, now: float, wait: float, *, tells: bool) -> Failure:
        """A call met the limit; it would pass after `wait` seconds. tells: with Retry-After, in whole seconds: the
        limit is over when that is, for nobody may ask before."""
        told = float(int(wait) + 1) if tells else None
        self.met(now, now + (wait if told is None else REFUSED_S + told))
        return Failure(FailureKind.RATE_LIMITED, "rate limited", status=429, retry_after_s=told)

    def opens(self, at: float) -> None:
        """It will be over then, as far as is known now."""
        if self._opens is not None:
            self._opens = at

    def pass_time(self, now: float) -> None:
        if self._opens is not None and now >= self._opens:
            self._edges.append(self._opens)
            self._opens = None

    def upto(self, now: float) -> list[float]:
        self.pass_time(now)
        return self._edges


class FixedWindow:
    """At most `limit` calls in each window of `window_s` seconds of the clock. tells: with Retry-After. headers: its
    answers say what is left."""

    def __init__(self, limit: int, window_s: float, *, tells: bool = True, headers: bool = True) -> None:
        self._limit, self._window_s, self._tells, self._headers = limit, window_s, tells, headers
        self._window, self._used = 0, 0
        self._edges, self._low = _Edges(), _Edges()

    def _used_at(self, now: float) -> int:
        return self._used if int(now // self._window_s) == self._window else 0

    def _opens(self, now: float) -> float:
        return (now // self._window_s + 1) * self._window_s

    def open(self, now: float, tokens: int) -> bool:
        return self._used_at(now) < self._limit

    def take(self, now: float, tokens: int) -> Failure | None:
        if not self.open(now, tokens):
            return self._edges.refused(now, self._opens(now) - now, tells=self._tells)
        self._used = self._used_at(now) + 1
        self._window = int(now // self._window_s)
        if self._headers and self._limit - self._used < LOW_BELOW * self._limit:
            self._low.met(now, self._opens(now))
        return None

    def allowances(self, now: float) -> tuple[Allowance, ...]:
        if not self._headers:
            return ()
        left = float(self._limit - self._used_at(now))
        return (Allowance(AllowanceKind.REQUESTS, float(self._limit), left, self._opens(now) - now),)

    def changes(self, now: float) -> list[float]:
        return self._edges.upto(now)

    def told(self, now: float) -> list[float]:
        return self._low.upto(now)


class TokenBucket:
    """Tokens that come back all the time: `per_s`, at most `most` at once. tells, headers: as above."""

    def __init__(self, per_s: float, most: float, *, tells: bool = True, headers: bool = True) -> None:
        self._per_s, self._most, self._tells, self._headers = per_s, most, tells, headers
        self._level, self._at = most, 0.0
        self._edges, self._low = _Edges(), _Edges()

    def _level_at(self, now: float) -> float:
        return min(self._most, self._level + (now - self._at) * self._per_s)

    def open(self, now: float, tokens: int) -> bool:
        return self._level_at(now) >= min(tokens, self._most)

    def take(self, now: float, tokens: int) -> Failure | None:
        level, wanted = self._level_at(now), min(tokens, self._most)
        self._low.opens(self._ample())
        self._low.pass_time(now)
        self._level, self._at = level, now
        if level < wanted:
            return self._edges.refused(now, (wanted - level) / self._per_s, tells=self._tells)
        self._level = level - wanted
        if self._headers and self._level < LOW_BELOW * self._most:
            self._low.met(now, inf)
        return None

    def allowances(self, now: float) -> tuple[Allowance, ...]:
        if not self._headers:
            return ()
        level = self._level_at(now)
        whole = (self._most - level) / self._per_s
        return (Allowance(AllowanceKind.TOKENS, self._most, float(int(level)), whole),)

    def changes(self, now: float) -> list[float]:
        return self._edges.upto(now)

    def told(self, now: float) -> list[float]:
        self._low.opens(self._ample())
        return self._low.upto(now)

    def _ample(self) -> float:
        """When there will be plenty again if nobody calls."""
        return self._at + max(0.0, AMPLE_ABOVE * self._most - self._level) / self._per_s


class Quota:
    """`tokens` are paid for until `resets_at`, and more than enough afterwards. Nobody says when that is."""

    def __init__(self, tokens: int, resets_at: float) -> None:
        self._tokens, self._resets_at, self._used = tokens, resets_at, 0
        self._edges = _Edges()

    def open(self, now: float, tokens: int) -> bool:
        return now >= self._resets_at or self._used < self._tokens

    def take(self, now: float, tokens: int) -> Failure | None:
        if not self.open(now, tokens):
            self._edges.met(now, self._resets_at)
            return Failure(FailureKind.QUOTA_EXHAUSTED, "the quota is used up", status=429)
        self._used += tokens
        return None

    def allowances(self, now: float) -> tuple[Allowance, ...]:
        return ()

    def changes(self, now: float) -> list[float]:
        return self._edges.upto(now)

    def told(self, now: float) -> list[float]:
        return []

"""Prompt caches of the modelled providers: what a session's next turn need not pay and read again, by route."""

from gate.core.money import PriceSheet
from gate.core.usage import Usage
from simulate.traffic import Turn

KEPT_S = 300.0
"""Seconds a cache lives on after its last use."""


class PromptCaches:
    """Of one run. A served turn leaves its whole input in the cache of its route."""

    def __init__(self) -> None:
        self._held: dict[int, dict[str, tuple[int, float]]] = {}

    def held(self, turn: Turn, route: str, now: float) -> int:
        """Input tokens of this turn that the route has in its cache."""
        return 0 if turn.session is None else self._alive(self._held.get(turn.session, {}).get(route), turn, now)

    def best(self, turn: Turn, now: float) -> int:
        """Input tokens of this turn that some route has in its cache."""
        if turn.session is None:
            return 0
        routes = self._held.get(turn.session, {})
        return max((self._alive(found, turn, now) for found in routes.values()), default=0)

    def keep(self, turn: Turn, route: str, now: float) -> None:
        """The route has read this turn."""
        if turn.session is not None:
            self._held.setdefault(turn.session, {})[route] = (turn.input, now + KEPT_S)

    def _alive(self, found: tuple[int, float] | None, turn: Turn, now: float) -> int:
        return 0 if found is None or now >= found[1] else min(found[0], turn.context)


def usage(turn: Turn, cached: int) -> Usage:
    """What the provider reports. Sessions write what they read anew into the cache; single requests do not."""
    written = 0 if turn.session is None else turn.input - cached
    return Usage(turn.input, turn.writes, cached, written)


def lost(cached: int, elsewhere: int, prices: PriceSheet) -> int:
    """Pico-USD a turn costs more because its cache is at another route: these tokens are written again instead of read
    from the cache."""
    if prices.cache_write_5m is None or prices.cache_read is None or elsewhere <= cached:
        return 0
    return (elsewhere - cached) * (prices.cache_write_5m.pico_per_token - prices.cache_read.pico_per_token)

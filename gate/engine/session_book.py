"""Where sessions were served last, by this worker, and by its replicas where they share: what stickiness goes by.

A session has one binding for each intent it asks for, so that a client's background questions do not move its
conversation. The book is bounded: beyond `SESSIONS` the one served longest ago is forgotten.
"""

from collections import OrderedDict
from collections.abc import Sequence

from gate.core.binding import Binding
from gate.core.decision import PlannedAttempt, RouteDecision
from gate.core.dialect import Operation
from gate.core.execution import AttemptRecord
from gate.core.request import RequestFeatures
from gate.core.usage import Usage
from gate.engine.ports import SharedState
from gate.engine.snapshot import Snapshot
from gate.planner.affinity import asked_intent

SESSIONS = 20_000


def session_key(sticky_key: str, intent: str) -> str:
    """Under which a binding is kept."""
    return f"{sticky_key}:{intent}"


def session_of(features: RequestFeatures, snapshot: Snapshot, now_ns: int) -> tuple[str | None, float]:
    """The key of a request's session, None for a request of none or while stickiness is off; and for how long, in
    seconds, an idle session stays bound."""
    world = snapshot.world_for(features)
    within_s = world.policy.stickiness_s
    if features.sticky_key is None or within_s <= 0:
        return None, 0.0
    return session_key(features.sticky_key, asked_intent(features, world, now_ns)), within_s


def cached_tokens(usage: Usage) -> int | None:
    """Input tokens that the provider has in its prompt cache now: those it read from it and those it wrote to it. None
    when it reported neither."""
    if usage.cache_read is None and usage.cache_write is None:
        return None
    return (usage.cache_read or 0) + (usage.cache_write or 0)


def cache_loss_of(planned: PlannedAttempt, binding: Binding | None, usage: Usage) -> int | None:
    """What it cost, in pico-USD, that the session's prompt was cached elsewhere: what the plan said, less what the
    answer says was found in a cache after all (the beginning that a client's sessions have in common)."""
    if planned.cache_loss_pico is None or binding is None or not binding.cached_tokens:
        return None
    missing = max(0, binding.cached_tokens - (usage.cache_read or 0))
    return planned.cache_loss_pico * missing // binding.cached_tokens or None


class SessionBook:
    """shared: where replicas tell each other, None where they do not. Times: seconds of the worker's monotonic clock.
    within_s: how long a session that is idle stays bound."""

    def __init__(self, shared: SharedState | None = None, most: int = SESSIONS) -> None:
        self._shared = shared
        self._most = most
        # The one served longest ago is first.
        self._bindings: OrderedDict[str, Binding] = OrderedDict()

    def __len__(self) -> int:
        return len(self._bindings)

    def look(self, key: str, now: float, within_s: float) -> Binding | None:
        """Where the session was served last, as far as this worker knows; None when that is too long ago."""
        binding = self._bindings.get(key)
        if binding is not None and now - binding.at > within_s:
            del self._bindings[key]
            return None
        return binding

    async def find(self, key: str, now: float, within_s: float) -> Binding | None:
        """The same, and what the replicas know, where this worker knows nothing or no longer the latest. Waits for them
        only a moment."""
        binding = self.look(key, now, within_s)
        if self._shared is None or (binding is not None and not self._shared.stale(key)):
            return binding
        found = await self._shared.find(key)
        if found is not None and now - found.at <= within_s and (binding is None or found.at > binding.at):
            self._put(key, found)
            return found
        return binding

    def served(self, key: str, record: AttemptRecord, now: float, within_s: float) -> None:
        """An attempt served the session."""
        before = self._bindings.get(key)
        binding = Binding(record.route, record.lane, now, cached_tokens(record.usage))
        self._put(key, binding)
        if self._shared is not None:
            moved = before is not None and before.route != binding.route
            self._shared.keep(key, binding, within_s, moved=moved)

    def ended(self, decision: RouteDecision, records: Sequence[AttemptRecord], now: float, within_s: float) -> None:
        """A request is over. Counting tokens binds no session: it leaves nothing in a cache."""
        request = decision.request
        served = next((record for record in records if record.served), None)
        if served is None or request.sticky_key is None or decision.stickiness is None:
            return
        if request.operation is not Operation.COUNT_TOKENS:
            self.served(session_key(request.sticky_key, decision.resolution.intent), served, now, within_s)

    def _put(self, key: str, binding: Binding) -> None:
        self._bindings.pop(key, None)
        if len(self._bindings) >= self._most:
            self._bindings.popitem(last=False)
        self._bindings[key] = binding

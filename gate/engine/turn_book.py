"""Recognises a turn that was sent before, in constant memory; what becomes of it is decided in `admission.turns`.

A turn is who asks (the session, else the client's key and address), the model, the conversation's last bytes and its
length: enough to tell the turns of one conversation apart, at a price that does not grow with it. Only when that was
seen before the whole conversation is compared, so that two turns that merely end alike are never taken for one.

Nothing of a conversation is kept: what is remembered are digests under a key of this process, or of all that share
their state. Each worker remembers its own, and hears a moment later what those that share with it let through.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from hashlib import blake2b

from gate.admission.turns import (
    FIRST,
    SIGHTINGS,
    GuardSettings,
    TurnAction,
    Verdict,
    is_guarded,
    is_looked_at,
    judge,
    remembered_s,
)
from gate.core.request import RequestFeatures
from gate.engine.ports import TurnHeard
from gate.protocols.codec import Scanned

TAIL_BYTES = 1_024
TURNS_KEPT = 10_000
_DIGEST_BYTES = 16
ROUNDED_S = 0.001
"""A time that went round over another clock is off by less."""
Tell = Callable[[bytes, float, float, TurnHeard], None]


class _Turn:
    """digest: its name. passed: when it was let through. whole: of a tail, the digest of the conversation it was first
    seen with, known from its second sighting on."""

    __slots__ = ("digest", "passed", "whole")

    def __init__(self, digest: bytes) -> None:
        self.digest = digest
        self.passed: list[float] = []
        self.whole: bytes | None = None


class TurnBook:
    """key: random bytes, at most 64. tell: told of every turn that is let through
    and might have been refused (`SharedState.passed`)."""

    def __init__(self, key: bytes, kept: int = TURNS_KEPT, tell: Tell | None = None) -> None:
        self._key = key
        self._kept = kept
        self._tell = tell
        self._turns: OrderedDict[bytes, _Turn] = OrderedDict()

    def __len__(self) -> int:
        return len(self._turns)

    def see(
        self, features: RequestFeatures, scanned: Scanned, body: bytes, peer: str, now: float, settings: GuardSettings
    ) -> Verdict | None:
        """The verdict on a request, which counts as let through unless that refuses it. peer: the client's address.
        now: seconds on any one clock. None where nothing is looked at."""
        at = scanned.conversation_at
        if at is None or not is_looked_at(features, settings):
            return None
        known = now - remembered_s(features.client, settings)
        turn = self._turn(body, at.start, at.end, _asker(features, scanned, peer), known)
        verdict = (
            judge(turn.passed, now, features.client, settings, stop=is_guarded(features)) if turn.passed else FIRST
        )
        if verdict.action is not TurnAction.REFUSED:
            del turn.passed[: max(0, len(turn.passed) + 1 - SIGHTINGS)]
            turn.passed.append(now + verdict.wait_s)
            if self._tell is not None and is_guarded(features):
                self._tell(turn.digest, turn.passed[-1], remembered_s(features.client, settings), self.heard)
        return verdict

    def heard(self, digest: bytes, times: Sequence[float]) -> None:
        """When everybody together let a turn through, ascending; what is newer here is not among it yet."""
        turn = self._turns.get(digest)
        if turn is not None and times:
            newer = [time for time in turn.passed if time > times[-1] + ROUNDED_S]
            turn.passed = [*times, *newer][-SIGHTINGS:]

    def _turn(self, body: bytes, start: int, end: int, asker: bytes, known: float) -> _Turn:
        """What is remembered of this turn since `known`."""
        tail_at = max(start, end - TAIL_BYTES)
        tail = b"%d\0%b\0%b" % (end - start, asker, body[tail_at:end])
        digest = self._digest(tail)
        found = self._at(digest, known)
        if tail_at == start or not found.passed:
            return found
        rest = self._digest(digest + body[start:tail_at])
        if found.whole is None:
            # The first sighting is taken for the same conversation: nothing was kept by which to tell.
            found.whole = rest
        elif found.whole != rest:
            return self._at(rest, known)
        return found

    def _at(self, digest: bytes, known: float) -> _Turn:
        turns = self._turns
        turn = turns.get(digest)
        if turn is None:
            turn = turns[digest] = _Turn(digest)
            if len(turns) > self._kept:
                turns.popitem(last=False)
            return turn
        turns.move_to_end(digest)
        if turn.passed and turn.passed[0] <= known:
            turn.passed = [time for time in turn.passed if time > known]
            if not turn.passed:
                turn.whole = None
        return turn

    def _digest(self, data: bytes) -> bytes:
        return blake2b(data, digest_size=_DIGEST_BYTES, key=self._key).digest()


def _asker(features: RequestFeatures, scanned: Scanned, peer: str) -> bytes:
    """Who sends the turn to what, and what else belongs to it."""
    parts = (
        features.client,
        features.client_key or "",
        features.conversation_id or peer,
        features.session.agent or "",
        features.model,
        scanned.beside,
    )
    return "\0".join(parts).encode("utf-8", "surrogatepass")

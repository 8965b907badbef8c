"""The routing of the LiteLLM proxy's router as documented, written anew: shuffle, retries, fallbacks and cooldowns with
the defaults of `router_settings`.

Read on 2026-11-21: docs.litellm.ai/docs/router/learn/reliability (last updated 2026-11-05) and
docs.litellm.ai/docs/router/api_reference/configuration; in github.com/BerriAI/litellm
`litellm/router_utils/cooldown_handlers.py` (commit 1fa201c73311632f2204e3056a9b8702b07548fe, and a later state that
adds the least number of requests) and `litellm/router_utils/retry_utils.py` (commit
63c041a74a653d8fcf3f0eb6135338bd8f8c0aae). No code of it is used.

- A lane is a model group; `simple-shuffle` picks any of its deployments that does not cool down and did not fail in
  this request; when all of those failed, any that does not cool down.
- A failure is retried in its group, `num_retries` = 2 times: at once when the group has other deployments and one that
  does not cool down, else after Retry-After (at most 60 s) or 0.5 s doubled each time, at most 8 s, less up to a
  quarter. When every deployment of the group cools down there is no retry. After that the lanes below are its
  `fallbacks`, each with its own retries.
- A deployment cools down for `cooldown_time` = 5 s, or as long as Retry-After says: after a 429; when more than half of
  at least 5 calls of the current minute failed; after a status that is not retried (401, 404). `allowed_fails` is not
  set, so it is not counted by it. A group of one deployment cools down only when 1000 calls of a minute all failed, or
  after a status that is not retried. Connection errors without a status never do.

Where the documentation leaves a choice, the one that serves more is taken: cooldowns hold at once, and failures of
retries and fallbacks count as well (both were reported otherwise: issues 32574 and 34836).
"""

from collections.abc import Generator

from gate.core.failure import Failure, FailureKind
from simulate.draws import mixed, seconds, uniform
from simulate.setting import lanes_of
from simulate.system import Call, Entry, Pause, Stage, Walk
from simulate.traffic import Turn
from simulate.upstreams import Answer

NUM_RETRIES = 2
COOLDOWN_S = 5.0
FAILED_SHARE = 0.5
FAILED_OF_AT_LEAST = 5
ALONE_OF_AT_LEAST = 1_000
LONGEST_RETRY_AFTER_S = 60.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 8.0
_TIMEOUTS = frozenset({FailureKind.CONNECT_TIMEOUT, FailureKind.FIRST_BYTE_TIMEOUT})


def status_of(failure: Failure) -> int | None:
    """The status of its exceptions: a timeout is a 408; a connection that failed has none."""
    return 408 if failure.kind in _TIMEOUTS else failure.status


def retried(status: int) -> bool:
    return status in (408, 409, 429) or status >= 500


class Cooldowns:
    """Which deployments cool down, and the counts of the minute."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}
        self._counts: dict[str, tuple[int, int, int]] = {}

    def cooling(self, route: str, now: float) -> bool:
        return now < self._until.get(route, 0.0)

    def ended(self, route: str, failure: Failure | None, alone: bool, now: float) -> None:
        """A call has ended. alone: its group has no other deployment."""
        minute = int(now // 60)
        counted, good, bad = self._counts.get(route, (minute, 0, 0))
        if counted != minute:
            good = bad = 0
        good, bad = (good + 1, bad) if failure is None else (good, bad + 1)
        self._counts[route] = (minute, good, bad)
        status = None if failure is None else status_of(failure)
        if failure is None or status is None or not self._cools(status, good, bad, alone):
            return
        wait = failure.retry_after_s
        self._until[route] = now + (COOLDOWN_S if wait is None or wait < 0 else wait)

    @staticmethod
    def _cools(status: int, good: int, bad: int, alone: bool) -> bool:
        if 400 <= status < 500 and status not in (401, 404, 408, 429):
            return False
        calls = good + bad
        if not alone and (status == 429 or (bad > FAILED_SHARE * calls and calls >= FAILED_OF_AT_LEAST)):
            return True
        return (not good and calls >= ALONE_OF_AT_LEAST) or not retried(status)


class LiteLLM:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._cooldowns = Cooldowns()

    def walk(self, turn: Turn) -> Walk:
        for group in lanes_of(self._stage.world(), turn.intent):
            done = yield from self._group(group, turn)
            if done:
                return

    def _group(self, group: tuple[str, ...], turn: Turn) -> Generator[Call | Pause, Answer | None, bool]:
        """One model group, with its retries. Whether the request is over."""
        failed: set[str] = set()
        for retry in range(NUM_RETRIES + 1):
            route = self._pick(group, failed, turn, retry)
            if route is None:
                return False
            answer = yield Call(route)
            assert answer is not None
            failure, now = answer.failure, self._stage.now
            self._cooldowns.ended(route, failure, len(group) == 1, now)
            if failure is None or answer.first_s is not None:
                return True
            status = status_of(failure)
            if status is not None and not retried(status):
                return False
            failed.add(route)
            healthy = any(not self._cooldowns.cooling(one, now) for one in group)
            if not healthy:
                return False
            if len(group) == 1 and retry < NUM_RETRIES:
                yield Pause(self._pause(failure, retry, turn))
        return False

    def _pick(self, group: tuple[str, ...], failed: set[str], turn: Turn, retry: int) -> str | None:
        now = self._stage.now
        healthy = [route for route in group if not self._cooldowns.cooling(route, now)]
        fresh = [route for route in healthy if route not in failed] or healthy
        if not fresh:
            return None
        return fresh[mixed(self._stage.seed, turn.id, retry, 21) % len(fresh)]

    def _pause(self, failure: Failure, retry: int, turn: Turn) -> float:
        wait = failure.retry_after_s
        if wait is not None and 0 < wait <= LONGEST_RETRY_AFTER_S:
            return wait
        longest = min(_FIRST_PAUSE_S * 2.0**retry, _LONGEST_PAUSE_S)
        return seconds(longest * (1 - 0.25 * uniform(self._stage.seed, turn.id, retry, 22)))


SYSTEM = Entry("LiteLLM", 3, LiteLLM)

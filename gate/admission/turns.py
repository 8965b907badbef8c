"""Whether one more sending of the same turn of a conversation is let through: pure, from when it was sent before.

A client that repeats one turn without end (opencode was seen to send 13 requests a second after a stream it could not
read) must not have each of them reach a provider. A client that retries as it should must never be stopped. So there
are two limits, and what is over either of them is refused with a 429:

- so many equal turns within a short window (8 in 10 s): no client retries as fast as that for as long;
- twice the retries the client's own program makes of one request, within the time these take it.

Only turns that were let through count towards them: at most so many reach a provider in any window, and a client that
waits as it was told gets through. With `slow`, those that repeat quickly are held back a little before that.

Only clients are stopped that are known to ask one thing at a time: those that name a session in a header, and the
interactive ones. Anything else (scripts on an SDK that ask for the same text many times over, at once or in a row) is
counted and nothing more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gate.core.dialect import Operation
from gate.core.request import ClientProfile, RequestFeatures

SIGHTINGS = 64
"""At most so many sendings of one turn are remembered; the settings are held below it."""


@dataclass(frozen=True, slots=True)
class GuardSettings:
    """turns: so many equal turns of a session may pass within window_s seconds. retry_after_s: told to the client
    whose turn is refused. slow: hold repeated turns back, so far apart that they stay below the limit."""

    enabled: bool = True
    turns: int = 8
    window_s: float = 10.0
    retry_after_s: float = 5.0
    slow: bool = False


DEFAULT_GUARD = GuardSettings()


@dataclass(frozen=True, slots=True)
class RetryHabit:
    """How often a client's own program sends a request again, and in how many seconds it has done so."""

    retries: int
    within_s: float


HABITS: Mapping[ClientProfile, RetryHabit] = {
    # Ten retries over about three minutes, measured with 2.1.329; ten are the documented default
    # (https://code.claude.com/docs/en/errors, "automatic retries", read 2026-11-21).
    ClientProfile.CLAUDE: RetryHabit(10, 180.0),
    # 2 s, then twice as long each time, a quarter more by chance: 78 s for five
    # (github.com/anomalyco/opencode, packages/opencode/src/session/retry.ts, read 2026-11-21).
    ClientProfile.OPENCODE: RetryHabit(5, 80.0),
    # Four retries of a request in each of one plus five streams: 30 requests, seen against a lasting 500
    # (github.com/openai/codex, codex-rs/model-provider-info/src/lib.rs, read 2026-11-21).
    ClientProfile.CODEX: RetryHabit(29, 30.0),
}
"""Of the clients whose habit is known."""


class TurnAction(StrEnum):
    """What became of a repeated turn."""

    COUNTED = "counted"
    SLOWED = "slowed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Verdict:
    """repeats: how often the turn was let through before, within the time that is looked at. action: None when it never
    was. wait_s: to be held back so long before it goes on. too_many: the limit it is over, as (turns, seconds)."""

    repeats: int = 0
    action: TurnAction | None = None
    wait_s: float = 0.0
    too_many: tuple[int, float] | None = None


FIRST = Verdict()


def is_guarded(features: RequestFeatures) -> bool:
    """Whether the client may be stopped, not only counted."""
    return features.session.id is not None or features.client is not ClientProfile.AUTOMATION


def is_looked_at(features: RequestFeatures, settings: GuardSettings) -> bool:
    """Whether the turn is to be recognised at all. Counting requests are not: clients count the same text often, many
    at once, and no model is asked."""
    return settings.enabled and features.operation is not Operation.COUNT_TOKENS


def remembered_s(client: ClientProfile, settings: GuardSettings) -> float:
    """How long a sending of a turn is of interest."""
    habit = HABITS.get(client)
    return settings.window_s if habit is None else max(settings.window_s, habit.within_s)


def judge(
    passed: Sequence[float], now: float, client: ClientProfile, settings: GuardSettings, *, stop: bool
) -> Verdict:
    """The verdict on one more sending. passed: when the turn was let through before, ascending, none of it older than
    `remembered_s`. stop: it may be refused or slowed (see `is_guarded`). Times in seconds on one clock."""
    if not passed:
        return FIRST
    if stop:
        for turns, seconds in _limits(client, settings):
            if _since(passed, now - seconds) >= turns:
                return Verdict(len(passed), TurnAction.REFUSED, too_many=(turns, seconds))
        free = settings.turns // 2
        if settings.slow and _since(passed, now - settings.window_s) >= free:
            # So far apart, the rest of a window's turns take a whole window.
            wait_s = passed[-1] + settings.window_s / (settings.turns - free) - now
            if wait_s > 0:
                return Verdict(len(passed), TurnAction.SLOWED, wait_s)
    return Verdict(len(passed), TurnAction.COUNTED)


def _limits(client: ClientProfile, settings: GuardSettings) -> Sequence[tuple[int, float]]:
    habit = HABITS.get(client)
    short = (settings.turns, settings.window_s)
    return (short,) if habit is None else (short, (2 * habit.retries, habit.within_s))


def _since(times: Sequence[float], begin: float) -> int:
    """How many of these came after `begin`."""
    return sum(time > begin for time in times)


def refusal_text(verdict: Verdict) -> str:
    """What a client whose turn is refused is told, and its user with it."""
    turns, seconds = verdict.too_many or (verdict.repeats, 0.0)
    return (
        f"Gate stopped a loop: this client has sent the same turn of its conversation {turns} times within "
        f"{seconds:g} s, and each of them went to a provider. Wait before sending it again; if it was meant, change "
        "the conversation, or raise guard.turns in Gate's configuration"
    )

"""A configuration beside recorded decisions: what `gate diff` prints and `gate config apply` asks about."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from gate.core.money import PICO_PER_USD
from gate.engine.snapshot import Snapshot
from gate.planner.comparison import (
    Compared,
    Side,
    Summary,
    Worlds,
    compare,
    keys_seen,
    summary,
    telling,
    with_keys,
)
from gate.planner.recording import Recording, replay


@dataclass(frozen=True, slots=True)
class Source:
    """Recordings and where they are from, newest first. approximate: rebuilt from spans. unreadable: how many could not
    be read. notes: what else is to be said of them."""

    place: str
    recordings: tuple[Recording, ...]
    approximate: bool = False
    unreadable: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """lent: providers whose keys are not in this environment and were taken from the recorded decisions. versions: of
    the configurations the recorded decisions were made under. alike: how many of them `base` decides as they were
    decided; None without one."""

    source: Source
    compared: tuple[Compared, ...]
    summary: Summary
    lent: tuple[str, ...]
    versions: dict[str, int]
    alike: int | None

    def as_json(self) -> dict[str, Any]:
        """Plain data: the summary and every decision that changes or is unknown. Amounts in USD, times in seconds."""
        total = self.summary
        return {
            "source": self.source.place,
            "approximate": self.source.approximate,
            "notes": list(self.source.notes),
            "unreadable": self.source.unreadable,
            "configurations": self.versions,
            "keys_from_recordings": list(self.lent),
            "base_decides_alike": self.alike,
            "decisions": total.decisions,
            "changed": total.changed,
            "undecided": total.undecided,
            "kinds": {change.value: number for change, number in total.kinds.items()},
            "routes": _moves(total.routes),
            "lanes": _moves(total.lanes),
            "premium_escalations": {"before": total.premium[0], "after": total.premium[1]},
            "cost_usd": {**asdict(total.money), "before": usd(total.money.before), "after": usd(total.money.after)},
            "latency_s": asdict(total.latency),
            "unknown_conditions": dict(total.unknown),
            "changes": [_one(one) for one in telling(self.compared, len(self.compared))],
            "unknown": [{"id": one.id, "conditions": list(one.unknown)} for one in self.compared if one.after is None],
        }


def preview(source: Source, new: Snapshot, base: Snapshot | None = None) -> Preview:
    """What `new` makes of recorded decisions, beside what was decided, or beside what `base` makes of them."""
    recordings = source.recordings
    seen = keys_seen(recordings)
    worlds, lent = with_keys(Worlds(new.world, new.simulated), seen)
    before = None
    if base is not None:
        before, lent_to_base = with_keys(Worlds(base.world, base.simulated), seen)
        lent = tuple(dict.fromkeys([*lent, *lent_to_base]))
    compared = compare(recordings, worlds, before)
    return Preview(
        source=source,
        compared=compared,
        summary=summary(compared),
        lent=lent,
        versions=dict(Counter(one.decision.config_version for one in recordings)),
        alike=None if before is None else sum(_alike(one, before) for one in recordings),
    )


def _alike(recording: Recording, base: Worlds) -> bool:
    """Whether the plan is the same: what is tried, in which order and why."""
    return replay(recording, base.of(recording)).attempts == recording.decision.attempts


def usd(pico: int | None) -> float | None:
    return None if pico is None else pico / PICO_PER_USD


def _moves(moves: Any) -> list[dict[str, Any]]:
    ordered = sorted(moves.items(), key=lambda move: (-move[1], str(move[0])))
    return [{"from": one, "to": other, "decisions": number} for (one, other), number in ordered]


def _one(one: Compared) -> dict[str, Any]:
    return {
        "id": one.id,
        "model": one.model,
        "changes": [change.value for change in one.changes],
        "before": _side(one.before),
        "after": None if one.after is None else _side(one.after),
        "cost_usd": usd(one.pico),
        "latency_s": one.seconds,
    }


def _side(side: Side) -> dict[str, Any]:
    return {**{name: value for name, value in asdict(side).items() if name != "pico"}, "usd": usd(side.pico)}


def in_short(made: Sequence[Recording]) -> tuple[int, int] | None:
    """When the oldest and the newest were decided, in nanoseconds since 1970; None when there is none."""
    times = [one.decision.now_ns for one in made]
    return (min(times), max(times)) if times else None

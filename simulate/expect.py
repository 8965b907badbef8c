"""What is expected of Gate beside the baselines, in every scenario. A finding names the smallest seed that shows it."""

from collections.abc import Mapping, Sequence

from simulate.measure import Result
from simulate.table import median

GATE = "Gate"
LATE_S = 120.0
"""Nobody can know that a lane is back before somebody has asked it. Gate looks again every 10 s at a route that fails
quickly, after 40 s at the latest at one that answers now and then, after a minute at an account without quota, and
believes the second kind after some answers in a row: so long after a route came back a request may still go down."""

Results = Mapping[str, Sequence[Result]]
"""System -> its results, one per seed, in the order of the seeds."""


def findings(scenario: str, seeds: Sequence[int], results: Results) -> list[str]:
    """What falls short; nothing when all holds."""
    ours = results[GATE]
    found = [
        text for name, theirs in results.items() if name != GATE for text in _availability(ours, theirs, name, seeds)
    ]
    late = [(seed, one) for seed, one in zip(seeds, ours, strict=True) if one.late_s > LATE_S]
    if late:
        seed, one = late[0]
        found.append(f"a downgrade at seed {seed} while a route of home had been well for {one.late_s:.1f} s")
    excess = [(seed, one) for seed, one in zip(seeds, ours, strict=True) if one.excess]
    if excess:
        seed, one = excess[0]
        found.append(f"{one.excess} moves more than state changes at seed {seed}")
    return [f"{scenario}: {text}" for text in found]


def _availability(ours: Sequence[Result], theirs: Sequence[Result], name: str, seeds: Sequence[int]) -> list[str]:
    """Gate serves no less than a baseline: in the middle, and in the worst seed. One request of a run is chance."""
    found: list[str] = []
    pairs = {
        "median": (median([one.availability for one in ours]), median([one.availability for one in theirs])),
        "worst": (min(one.availability for one in ours), min(one.availability for one in theirs)),
    }
    for what, (we, they) in pairs.items():
        if we + 1 / ours[0].requests < they:
            less = [seed for seed, one, two in zip(seeds, ours, theirs, strict=True) if one.served < two.served]
            found.append(f"{what} availability {100 * we:.2f} %, {name} {100 * they:.2f} % (less at seeds {less})")
    return found

"""One run told line by line, to see why a system did what it did."""

from collections.abc import Iterator

from simulate.run import Run
from simulate.scenario import Scenario
from simulate.system import Entry


def lines(scenario: Scenario, entry: Entry, seed: int) -> Iterator[str]:
    for one in Run(scenario, entry, seed).go():
        first = one.first
        said = [f"{one.turn.at:9.3f}", f"{one.turn.group:14}", " > ".join(one.tried) or "nothing"]
        if first is not None and first.probe:
            said.append("(probe)")
        said.append("served" if one.served else f"failed: {'no route' if one.last is None else one.last.value}")
        if one.served and one.missed is not None:
            said.append(f"WRONG: {one.missed.route} would have served, well for {one.missed.well_s:.1f} s")
        yield "  ".join(said)

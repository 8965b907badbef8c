"""`make simulate`: every scenario with every system, 20 seeds, one table; ends with an error when an expectation fails.

python -m simulate                                   all of it
python -m simulate --only outage --seeds 5           some of it
python -m simulate --trace outage --seed 3           what Gate did with every request of one run
python -m simulate --docs                            write the table into docs/explanation/simulator.md as well
"""

import argparse
import re
import sys
import time
from pathlib import Path

from simulate.expect import findings
from simulate.measure import Result
from simulate.run import run
from simulate.scenario import Scenario, scenarios
from simulate.system import Entry, systems
from simulate.table import HEAD, aligned, markdown, row
from simulate.trace import lines

PAGE = Path(__file__).resolve().parent.parent / "docs" / "explanation" / "simulator.md"
BEGIN, END = "<!-- simulate: begin -->", "<!-- simulate: end -->"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m simulate", description="Routing under pressure, in virtual time.")
    parser.add_argument("--seeds", type=int, default=20, help="how many, from 1")
    parser.add_argument("--only", default="", help="scenarios whose name contains this")
    parser.add_argument("--docs", action="store_true", help=f"write the table into {PAGE.name}")
    parser.add_argument("--trace", metavar="SCENARIO", help="tell one run of one system instead")
    parser.add_argument("--seed", type=int, default=1, help="the seed to tell")
    parser.add_argument("--system", default="Gate", help="the system to tell")
    options = parser.parse_args()
    if options.trace is not None:
        return told(options.trace, options.system, options.seed)
    started = time.monotonic()
    chosen = [one for one in scenarios() if options.only in one.name]
    rows, short = compared(chosen, systems(), list(range(1, options.seeds + 1)))
    print(aligned([HEAD, *rows]))
    for text in short:
        print(f"NOT AS EXPECTED  {text}")
    print(f"{len(chosen)} scenarios, {options.seeds} seeds, {time.monotonic() - started:.0f} s")
    if options.docs:
        write(PAGE, chosen, options.seeds, markdown([HEAD, *rows]))
    return 1 if short else 0


def compared(chosen: list[Scenario], entries: list[Entry], seeds: list[int]) -> tuple[list[tuple[str, ...]], list[str]]:
    """The rows of the table, and what is not as expected."""
    rows: list[tuple[str, ...]] = []
    short: list[str] = []
    for scenario in chosen:
        results: dict[str, list[Result]] = {
            entry.name: [run(scenario, entry, seed) for seed in seeds] for entry in entries
        }
        rows += [row(scenario.name, name, found) for name, found in results.items()]
        short += findings(scenario.name, seeds, results)
    return rows, short


def told(scenario: str, system: str, seed: int) -> int:
    (where,) = [one for one in scenarios() if one.name == scenario] or [None]
    (who,) = [one for one in systems() if one.name == system] or [None]
    if where is None or who is None:
        print(f"no such scenario or system; there are: {'; '.join(one.name for one in [*scenarios(), *systems()])}")
        return 2
    for line in lines(where, who, seed):
        print(line)
    return 0


def write(page: Path, chosen: list[Scenario], seeds: int, table: str) -> None:
    """Put the scenarios and their table between the page's marks."""
    listed = "\n".join(f"- **{one.name}**: {one.about}" for one in chosen)
    note = f"Median / worst of {seeds} seeds; one figure where they are the same."
    made = "\n\n".join((BEGIN, listed, note, table, END))
    page.write_text(re.sub(f"{BEGIN}.*?{END}", lambda _: made, page.read_text(), flags=re.DOTALL))


if __name__ == "__main__":
    sys.exit(main())

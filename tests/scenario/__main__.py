"""Runs the standard scenario, checks every query of the dashboards and rules against it, and writes the report.

    python -m tests.scenario [--profile 1.41] [--keep SECONDS]

Ends with status 1 when something is wrong. `--keep` leaves everything running so long afterwards, to look around.
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.scenario.every_query import REPORTS, check_everything
from tests.scenario.rules import rule_files
from tests.scenario.run import RULES, standard
from tests.scenario.second import second


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.scenario", description=__doc__.splitlines()[0])
    parser.add_argument("--profile", default="1.41", help="profile of the semantic conventions (default: 1.41)")
    parser.add_argument("--keep", type=float, default=0, metavar="SECONDS", help="leave everything running so long")
    options = parser.parse_args()
    files = rule_files(RULES)
    with standard(files, options.profile) as ran, second(files) as other:
        report = check_everything(ran, options.profile, other)
        for problem in report.problems():
            print(problem)
        print(f"{REPORTS / options.profile}.md: {len(report.first)} checks, {len(report.problems())} problems")
        if options.keep:
            print(
                f"gate {ran.gate.url}  prometheus {ran.stack.prometheus.url}  jaeger {ran.stack.jaeger.url}", flush=True
            )
            time.sleep(options.keep)
    return 1 if report.problems() else 0


if __name__ == "__main__":
    sys.exit(main())

"""Writes the rule files: `python -m dashboards.prometheus.builder`; with `--check` says whether they are up to date."""

import argparse
import sys
from pathlib import Path

from dashboards.prometheus.builder import accounts, providers, routing, service, spending
from gate.cli.burn_rates import rule_file
from gate.cli.command_slo import add_rule_options, rules_of
from gate.cli.rule_file import Rules, as_yaml, group
from gate.config.load import load

FOLDER = Path(__file__).resolve().parent.parent
EXAMPLE = FOLDER / "objectives.example.yaml"
HEAD = """Written by `python -m dashboards.prometheus.builder`; do not edit, write it again (see README.md).
Recording rules are named level:metric:operation; `job` is kept everywhere, instances are added up."""


def shipped(rules: Rules) -> str:
    """The text of gate.rules.yaml."""
    parts = {
        "providers": providers,
        "accounts": accounts,
        "service": service,
        "routing": routing,
        "spending": spending,
    }
    recorded = {name: list(part.recordings(rules)) for name, part in parts.items()}
    groups = [group(f"gate-{name}", of) for name, of in recorded.items() if of]
    groups += [group(f"gate-{name}-alerts", part.alerts(rules)) for name, part in parts.items()]
    return as_yaml(groups, HEAD)


def files(rules: Rules) -> dict[Path, str]:
    """Every file with what it must hold."""
    return {
        FOLDER / "gate.rules.yaml": shipped(rules),
        FOLDER / "gate-objectives.example.rules.yaml": rule_file(load(EXAMPLE, {}).objectives, rules),
    }


def main() -> int:
    parser = argparse.ArgumentParser("python -m dashboards.prometheus.builder", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; 1 when a file is out of date")
    add_rule_options(parser)
    options = parser.parse_args()
    made = files(rules_of(options))
    old = [path for path, text in made.items() if not path.exists() or path.read_text() != text]
    for path in old:
        if options.check:
            print(
                f"{path.relative_to(FOLDER.parent.parent)} is out of date: run python -m dashboards.prometheus.builder"
            )
        else:
            path.write_text(made[path])
    return 1 if options.check and old else 0


if __name__ == "__main__":
    sys.exit(main())

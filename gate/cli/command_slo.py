"""`gate slo`: the service level objectives of the configuration, as a list or as Prometheus rules."""

import argparse
import os
from pathlib import Path

from gate.cli.burn_rates import BURNS, rule_file, threshold, told
from gate.cli.main import Failed
from gate.cli.rule_file import KEEP, RUNBOOKS, Rules
from gate.config.compile import compile_config
from gate.config.load import load
from gate.config.objectives import Objective

NAME = "slo"
HELP = "list the objectives of the configuration, or write their Prometheus rules"


def add(parser: argparse.ArgumentParser) -> None:
    below = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listed = below.add_parser("list", help="every objective, and from which share of bad events it alerts")
    rules = below.add_parser("rules", help="recording and alerting rules: several windows, several burn rates")
    for one in (listed, rules):
        one.add_argument("--config", type=Path, help="the configuration; default GATE_CONFIG, else the shipped default")
    rules.add_argument("--out", type=Path, help="file to write; default: print")
    add_rule_options(rules)


def add_rule_options(parser: argparse.ArgumentParser) -> None:
    """--runbooks and --by, which every writer of Gate's rules has."""
    parser.add_argument(
        "--runbooks", default=RUNBOOKS, metavar="URL", help="where the runbook pages are; default %(default)s"
    )
    parser.add_argument(
        "--by",
        default=",".join(KEEP),
        metavar="LABELS",
        help="labels of the scrape that tell services apart, such as job,namespace; default %(default)s",
    )


def rules_of(options: argparse.Namespace) -> Rules:
    """What --runbooks and --by ask for."""
    return Rules(tuple(label.strip() for label in options.by.split(",") if label.strip()), options.runbooks)


def run(options: argparse.Namespace) -> int:
    path = options.config or (Path(os.environ["GATE_CONFIG"]) if os.environ.get("GATE_CONFIG") else None)
    config = load(path, os.environ)
    compile_config(config, os.environ)  # names of intents, lanes and providers that are not there are refused here
    if not config.objectives:
        raise Failed(f"{path or 'the shipped default'} declares no objectives; see docs/how-to/alerts.md")
    if options.action == "list":
        _list(config.objectives)
        return 0
    text = rule_file(config.objectives, rules_of(options))
    if options.out is None:
        print(text, end="")
        return 0
    try:
        options.out.write_text(text)
    except OSError as error:
        raise Failed(f"{options.out}: cannot be written: {error.strerror}") from None
    print(f"{options.out}: rules of {len(config.objectives)} objectives")
    return 0


def _list(objectives: tuple[Objective, ...]) -> None:
    for objective in objectives:
        print(f"{objective.name}: {told(objective)}")
        for burn in BURNS:
            share = threshold(burn, objective)
            due = f"above {share * 100:.4g}% bad" if share is not None else "never: no share of bad events is so large"
            print(f"  {burn.long:>3} and {burn.short:>3}  {burn.severity:<8}  {due}")

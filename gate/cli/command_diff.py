"""`gate diff`: what another configuration would have made of the decisions that were made."""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gate.cli.replay_sources import add_source, recorded

if TYPE_CHECKING:
    from gate.engine.snapshot import Snapshot

NAME = "diff"
HELP = "replay the last decisions under another configuration and show which would change"


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, required=True, metavar="NEW", help="the configuration to try")
    parser.add_argument(
        "--base",
        type=Path,
        metavar="CURRENT",
        help="compare with what this configuration makes of them, not with what was decided",
    )
    add_source(parser)
    parser.add_argument("--examples", type=int, default=10, metavar="N", help="decisions to show; default 10")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")


def run(options: argparse.Namespace) -> int:
    from gate.cli.preview import preview
    from gate.cli.preview_text import lines
    from gate.cli.text import emit, style_for
    from gate.config.compile import compile_config
    from gate.config.load import load

    new = compile_config(load(options.config, os.environ), os.environ)
    base = None if options.base is None else compile_config(load(options.base, os.environ), os.environ)
    current = base or _in_force() or new
    made = preview(recorded(options, current.store), new, base)
    if options.json:
        print(json.dumps(made.as_json(), indent=2))
    else:
        emit(lines(made, style_for(sys.stdout), max(0, options.examples)))
    return 0


def _in_force() -> "Snapshot | None":
    """The configuration that GATE_CONFIG names: it says where decisions are, the new one may name another place."""
    from gate.config.compile import compile_config
    from gate.config.document import ConfigError
    from gate.config.load import load

    given = os.environ.get("GATE_CONFIG")
    try:
        return None if not given else compile_config(load(Path(given), os.environ), os.environ)
    except ConfigError:
        return None

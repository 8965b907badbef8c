"""`gate check-config`: say what would be wrong with a configuration, without starting anything."""

import argparse
import os
from pathlib import Path

from gate.config.compile import compile_config
from gate.config.load import load
from gate.config.shadow import with_shadow

NAME = "check-config"
HELP = "check a configuration file; print what it amounts to"


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", nargs="?", type=Path, help="the file; default GATE_CONFIG, else the shipped default")


def run(options: argparse.Namespace) -> int:
    given = options.config or (Path(os.environ["GATE_CONFIG"]) if os.environ.get("GATE_CONFIG") else None)
    config = load(given, os.environ)
    snapshot = with_shadow(compile_config(config, os.environ), config, given, os.environ)
    world = snapshot.world
    usable = sorted(name for name, provider in world.providers.items() if provider.unusable is None)
    print(f"{given or 'shipped default'}: valid, version {snapshot.version}")
    print(f"  providers with a key: {', '.join(usable) or 'none'}")
    print(f"  {len(world.lanes)} lanes, {len(world.routes)} routes, {len(world.intents)} intents")
    return 0

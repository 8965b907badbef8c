"""`gate version`: what runs here."""

import argparse
import platform
from importlib import metadata

from gate import __version__

NAME = "version"
HELP = "print the versions of Gate and of what it stands on"


def add(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(options: argparse.Namespace) -> int:
    print(f"gate {__version__} (Python {platform.python_version()})")
    for name in ("quart", "hypercorn", "httpx", "opentelemetry-sdk", "prometheus-client"):
        print(f"  {name} {metadata.version(name)}")
    return 0

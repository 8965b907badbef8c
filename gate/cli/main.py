"""Parses the command line and hands over to one command."""

import argparse
import importlib
import os
import pkgutil
import sys
from collections.abc import Callable, Sequence
from typing import Any, Protocol, cast

import gate.cli
from gate.config.document import ConfigError


class Command(Protocol):
    """A module of this package whose name starts with `command_`."""

    NAME: str
    HELP: str

    def add(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, options: argparse.Namespace) -> int: ...


class Failed(Exception):
    """A command cannot do what was asked; the text says what to do."""


def commands() -> dict[str, Command]:
    """Every command by name."""
    names = [module.name for module in pkgutil.iter_modules(gate.cli.__path__) if module.name.startswith("command_")]
    modules = [cast(Command, importlib.import_module(f"gate.cli.{name}")) for name in names]
    return {module.NAME: module for module in sorted(modules, key=lambda module: module.NAME)}


def run(argv: Sequence[str], *, serve: Callable[[Any], int]) -> int:
    """Runs one command and returns the exit status: 0 done, 1 refused or failed, 2 wrong usage, 130 Ctrl-C; a command
    may have others of its own."""
    parser = argparse.ArgumentParser("gate", description="An OpenTelemetry-native gateway for language-model traffic.")
    below = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in commands().items():
        command.add(below.add_parser(name, help=command.HELP, description=command.HELP))
    options = parser.parse_args(argv)
    options.serve = serve
    try:
        return commands()[options.command].run(options)
    except ConfigError as error:
        for finding in error.findings:
            print(finding, file=sys.stderr)
        return 1
    except Failed as error:
        print(f"gate {options.command}: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Nobody reads any more; what is still buffered would fail again at the interpreter's end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130

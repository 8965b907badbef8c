"""Fixtures that every test may use: the telemetry stack, the scripted upstream, Gate as a process, real clients.

A real part that is missing skips the tests that need it, with the reason; in CI it fails them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.harness import client_packages, clients
from tests.harness.gate import GateProcess
from tests.harness.missing import missing_part
from tests.harness.upstream import Upstream
from tests.stack.backends import StackUnavailable
from tests.stack.stack import Stack, start_stack

# What a developer's shell may hold and no test may see: keys, addresses, telemetry settings.
PRIVATE = re.compile(r"(OTEL_|GATE_|TRACEPARENT|TRACESTATE|BAGGAGE|.*_API_KEY$|.*_AUTH_TOKEN$|.*_BASE_URL$)")
OURS = re.compile(r"GATE_(STACK|CLIENTS|MODEL_SERVER)")
CLIENTS = ("claude_code", "codex", "opencode", "openclaw")
MARKED_FIXTURES = {"stack": "stack", **dict.fromkeys(CLIENTS, "clients")}


def pytest_configure() -> None:
    """Takes private variables out of the environment before any test module is imported."""
    for name in list(os.environ):
        if PRIVATE.match(name) and not OURS.match(name):
            del os.environ[name]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks tests by the real parts they use, so that `-m 'not stack and not clients'` leaves all of them out."""
    for item in items:
        for fixture in getattr(item, "fixturenames", ()):
            if fixture in MARKED_FIXTURES:
                item.add_marker(MARKED_FIXTURES[fixture])


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """A Collector, a Jaeger and a Prometheus, started once for all tests; see tests/stack/stack.py."""
    try:
        started = start_stack()
    except StackUnavailable as error:
        missing_part(str(error))
    with started:
        yield started


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """A scripted model provider of this test's own; see tests/harness/upstream.py."""
    with Upstream() as running:
        yield running


@pytest.fixture
def start_gate() -> Generator[Callable[..., GateProcess]]:
    """Starts `gate serve` processes (arguments as for GateProcess) that end with the test."""
    with ExitStack() as running:

        def start(*args: Any, **options: Any) -> GateProcess:
            return running.enter_context(GateProcess(*args, **options))

        yield start


def _require(package: client_packages.Package) -> None:
    try:
        client_packages.program(package)
    except client_packages.ClientUnavailable as error:
        missing_part(str(error))


@pytest.fixture(scope="session")
def claude_code() -> Callable[..., clients.ClientRun]:
    """`run_claude_code`, once Claude Code is installed."""
    _require(client_packages.CLAUDE_CODE)
    return clients.run_claude_code


@pytest.fixture(scope="session")
def codex() -> Callable[..., clients.ClientRun]:
    """`run_codex`, once Codex is installed."""
    _require(client_packages.CODEX)
    return clients.run_codex


@pytest.fixture(scope="session")
def opencode() -> Callable[..., clients.ClientRun]:
    """`run_opencode`, once opencode is installed."""
    _require(client_packages.OPENCODE)
    return clients.run_opencode


@pytest.fixture(scope="session")
def openclaw() -> Callable[..., clients.ClientRun]:
    """`run_openclaw`, once OpenClaw and a Node for it are installed."""
    _require(client_packages.NODE)
    _require(client_packages.OPENCLAW)
    return clients.run_openclaw

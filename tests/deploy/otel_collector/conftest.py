"""The Collector has to be there; the stack's own fixture builds it or says why it cannot be had."""

import pytest

from tests.deploy.otel_collector.collector import program
from tests.harness.missing import missing_part
from tests.stack.stack import Stack


@pytest.fixture(autouse=True)
def collector_program(stack: Stack) -> None:
    if not program().exists():
        missing_part(f"the stack runs as {stack.backend.name}; these tests need the Collector as a program")

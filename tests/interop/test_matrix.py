"""Every cell of the matrix holds, and docs/reference/parity.md is what it says. The matrix runs once for all tests."""

from __future__ import annotations

import pytest

from tests.interop.matrix import CLIENTS, PROVIDERS, Cell, cells
from tests.interop.parity import PAGE, page
from tests.interop.scenarios import SCENARIOS


@pytest.fixture(scope="module")
def done() -> list[Cell]:
    return list(cells())


@pytest.mark.parametrize("target", PROVIDERS)
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_cell_holds(done: list[Cell], scenario: str, client: str, target: str) -> None:
    found = [one for one in done if (one.scenario, one.client, one.target) == (scenario, client, target)]
    assert [one.stream for one in found] == [False, True]
    assert [one.problem for one in found] == [None, None]
    if client == target:
        assert [one.losses for one in found] == [(), ()], "the raw lane loses nothing"


def test_the_page_is_current(done: list[Cell]) -> None:
    assert PAGE.read_text() == page(done), "run python -m tests.interop"

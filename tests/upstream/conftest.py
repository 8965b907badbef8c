"""Every test that takes `run` runs on both event loops."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvloop

TEST_SECONDS = 30.0

Run = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture(params=[asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    def bounded(main: Coroutine[Any, Any, None]) -> None:
        async def whole() -> None:
            complaints: list[dict[str, Any]] = []
            asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
            async with asyncio.timeout(TEST_SECONDS):
                await main
            await asyncio.sleep(0)
            assert not complaints, complaints

        request.param(whole())

    return bounded

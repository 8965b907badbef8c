"""Slots, the queue and the drain."""

import asyncio

import pytest

from gate.core.errors import ErrorCode, GateError
from gate.engine.entry import Entries
from gate.engine.snapshot import Limits

LIMITS = Limits(in_flight=2, queue=1, queue_wait_s=0.05)


async def occupy(entries: Entries, until: asyncio.Event, limits: Limits = LIMITS) -> None:
    entry = entries.enter()
    try:
        await entries.admit(entry, limits)
        await until.wait()
    finally:
        entries.leave(entry)


def test_the_queue_is_served_in_order_and_the_rest_refused() -> None:
    async def scenario() -> None:
        entries, done = Entries(), asyncio.Event()
        limits = Limits(in_flight=1, queue=1, queue_wait_s=5)
        running = asyncio.create_task(occupy(entries, done, limits))
        await asyncio.sleep(0)
        waiting = asyncio.create_task(occupy(entries, done, limits))
        await asyncio.sleep(0)
        with pytest.raises(GateError) as refused:
            await occupy(entries, done, limits)
        assert refused.value.code is ErrorCode.OVERLOADED
        assert refused.value.retry_after_s is not None
        done.set()
        await asyncio.gather(running, waiting)
        assert len(entries) == 0
        await occupy(entries, done, limits)

    asyncio.run(scenario())


def test_waiting_too_long_is_an_overload() -> None:
    async def scenario() -> None:
        entries, done = Entries(), asyncio.Event()
        tasks = [asyncio.create_task(occupy(entries, done)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(GateError) as refused:
            await occupy(entries, done)
        assert refused.value.code is ErrorCode.OVERLOADED
        done.set()
        await asyncio.gather(*tasks)
        assert len(entries) == 0

    asyncio.run(scenario())


def test_a_cancelled_waiter_gives_its_slot_back() -> None:
    async def scenario() -> None:
        limits = Limits(in_flight=1, queue=4, queue_wait_s=5)
        entries, done = Entries(), asyncio.Event()
        running = asyncio.create_task(occupy(entries, done, limits))
        await asyncio.sleep(0)
        waiter = asyncio.create_task(occupy(entries, done, limits))
        await asyncio.sleep(0)
        done.set()
        await asyncio.sleep(0)
        waiter.cancel()
        await asyncio.gather(running, waiter, return_exceptions=True)
        async with asyncio.timeout(1):
            await occupy(entries, done, limits)
        assert len(entries) == 0

    asyncio.run(scenario())


def test_a_drain_refuses_the_new_and_ends_the_old() -> None:
    async def scenario() -> None:
        entries, never = Entries(), asyncio.Event()
        task = asyncio.create_task(occupy(entries, never))
        await asyncio.sleep(0)
        entries.begin_drain()
        with pytest.raises(GateError) as refused:
            await occupy(entries, never)
        assert refused.value.code is ErrorCode.DRAINING
        await entries.end_all(1)
        assert task.cancelled()
        assert len(entries) == 0

    asyncio.run(scenario())

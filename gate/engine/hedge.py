"""Two attempts at one answer: a second one is started beside a first that stays silent, the quicker serves the client.

Whichever has something for the client first claims it; from that moment the other is cancelled, and its record says
`outrun`, which is nobody's fault. Before a claim nothing reaches the client, so there is never a mixture. A request
that is cancelled takes both along. Whatever happens, both have ended when `race` returns or raises.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from gate.engine.exchange import Draft, Exchange
from gate.engine.next_step import Hedge, Try

Attempt = Callable[[Draft, Try], Coroutine[Any, Any, None]]
"""Makes one attempt and records it. Raises what no further attempt may follow."""


async def race(
    x: Exchange, first: tuple[Draft, Try], hedge: Hedge, start: Callable[[], Draft], attempt: Attempt
) -> None:
    """Make the first attempt, and after `hedge.after_s` of its silence the hedge. start: the hedge's draft. Raises
    what the attempts raise, and CancelledError."""
    loop = asyncio.get_running_loop()
    draft, step = first
    tasks = [loop.create_task(attempt(draft, step))]
    draft.task = tasks[0]
    try:
        await asyncio.wait(tasks, timeout=hedge.after_s)
        if not tasks[0].done() and _silent(x, draft):
            beside = start()
            beside.task = loop.create_task(attempt(beside, hedge.then))
            tasks.append(beside.task)
        running = set(tasks)
        while running:
            ended, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                _heed(task)
    finally:
        await _all_over(tasks)


def _silent(x: Exchange, draft: Draft) -> bool:
    """Whether nothing has come that says an answer is under way: no content of a stream, no head of anything else."""
    return not x.committed and (x.scanned.stream or draft.status is None)


def _heed(task: asyncio.Task[None]) -> None:
    """Raise what an attempt raised; that it was outrun is no news."""
    if not task.cancelled():
        task.result()


async def _all_over(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel what still runs and wait until it has ended, even when cancelled meanwhile."""
    cancelled = False
    while running := [task for task in tasks if not task.done()]:
        for task in running:
            task.cancel()
        try:
            await asyncio.wait(running)
        except asyncio.CancelledError:
            cancelled = True
    for task in tasks:
        if not task.cancelled():
            task.exception()  # taken note of: the one that counts was raised already
    if cancelled:
        raise asyncio.CancelledError

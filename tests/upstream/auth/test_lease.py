"""A credential that expires: fetched once for all, renewed ahead of its end, and never on the event loop."""

import asyncio
import threading

import pytest

from gate.core.failure import Failure, FailureKind
from gate.upstream.auth.lease import PAUSE_S, SOON_S, URGENT_S, CredentialError, Holder, Lease, refused, unreachable
from tests.upstream.conftest import Run
from tests.upstream.rawserver import until


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Source:
    """Gives credentials 1, 2, 3, ... that each last `lasts` seconds by the clock."""

    def __init__(self, clock: Clock, lasts: float = 3_600.0) -> None:
        self.clock = clock
        self.lasts = lasts
        self.calls: list[bool] = []
        self.threads: set[int] = set()
        self.error: Exception | None = None
        self.gate: threading.Event | None = None

    def __call__(self, anew: bool) -> Lease[int]:
        self.calls.append(anew)
        self.threads.add(threading.get_ident())
        if self.gate is not None:
            assert self.gate.wait(5)
        if self.error is not None:
            raise self.error
        end = self.clock.now + self.lasts
        return Lease(len(self.calls), lambda seconds: self.clock.now + seconds < end)


def made(lasts: float = 3_600.0) -> tuple[Clock, Source, Holder[int]]:
    clock = Clock()
    source = Source(clock, lasts)
    return clock, source, Holder(source, "test credential", clock)


def test_nothing_is_fetched_before_it_is_asked_for(run: Run) -> None:
    async def main() -> None:
        _, source, _ = made()
        await asyncio.sleep(0.01)
        assert source.calls == []

    run(main())


def test_one_fetch_serves_all_who_wait_and_runs_beside_the_loop(run: Run) -> None:
    async def main() -> None:
        _, source, holder = made()
        assert await asyncio.gather(*[holder.get(5) for _ in range(20)]) == [1] * 20
        assert await holder.get(5) == 1
        assert source.calls == [False]
        assert threading.get_ident() not in source.threads

    run(main())


def test_it_is_renewed_in_the_background_before_it_ends(run: Run) -> None:
    async def main() -> None:
        clock, source, holder = made()
        assert await holder.get(5) == 1
        clock.now += 3_600 - SOON_S + 1
        source.gate = threading.Event()
        assert await holder.get(5) == 1  # the old one serves while the new one is fetched
        assert await holder.get(5) == 1
        await until(lambda: len(source.calls) == 2)
        source.gate.set()
        source.gate = None
        await until(lambda: holder._task is None)  # pyright: ignore[reportPrivateUsage]
        assert await holder.get(5) == 2
        assert len(source.calls) == 2

    run(main())


def test_one_that_is_about_to_end_is_waited_for(run: Run) -> None:
    async def main() -> None:
        clock, _, holder = made()
        assert await holder.get(5) == 1
        clock.now += 3_600 - URGENT_S + 1
        assert await holder.get(5) == 2

    run(main())


def test_a_short_lived_one_is_not_renewed_at_every_request(run: Run) -> None:
    async def main() -> None:
        clock, source, holder = made(lasts=300)
        for _ in range(10):
            assert await holder.get(5) == 1
        assert len(source.calls) == 1
        clock.now += PAUSE_S + 1
        assert await holder.get(5) == 1
        await until(lambda: len(source.calls) == 2)

    run(main())


def test_a_renewal_that_fails_leaves_the_old_one_in_use(run: Run) -> None:
    async def main() -> None:
        clock, source, holder = made()
        assert await holder.get(5) == 1
        source.error = unreachable("nobody there")
        clock.now += 3_600 - SOON_S + 1
        for _ in range(5):
            assert await holder.get(5) == 1
            await until(lambda: holder._task is None)  # pyright: ignore[reportPrivateUsage]
        assert len(source.calls) == 2  # and it is not tried at once again
        source.error = None
        clock.now += PAUSE_S + 1
        await holder.get(5)
        await until(lambda: holder._task is None)  # pyright: ignore[reportPrivateUsage]
        assert await holder.get(5) == 3

    run(main())


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (unreachable("away"), FailureKind.CONNECT_ERROR),
        (refused("no"), FailureKind.INVALID_AUTH),
        (ValueError("a secret path"), FailureKind.INVALID_AUTH),
    ],
)
def test_a_failure_has_its_kind_and_is_not_repeated_at_once(run: Run, error: Exception, kind: FailureKind) -> None:
    async def main() -> None:
        clock, source, holder = made()
        source.error = error
        for _ in range(3):
            with pytest.raises(CredentialError) as raised:
                await holder.get(5)
            assert raised.value.failure.kind is kind
            assert "secret" not in str(raised.value)
        assert len(source.calls) == 1
        source.error = None
        clock.now += PAUSE_S + 1
        assert await holder.get(5) == 2

    run(main())


def test_a_refused_one_is_fetched_anew(run: Run) -> None:
    async def main() -> None:
        clock, source, holder = made()
        assert await holder.get(5) == 1
        holder.doubt()  # it is new: the refusal has another reason
        assert await holder.get(5) == 1
        clock.now += PAUSE_S + 1
        holder.doubt()
        assert await holder.get(5) == 2
        assert source.calls == [False, True]

    run(main())


def test_who_waits_too_long_is_told_and_the_fetch_goes_on(run: Run) -> None:
    async def main() -> None:
        _, source, holder = made()
        source.gate = threading.Event()
        with pytest.raises(CredentialError) as raised:
            await holder.get(0.01)
        assert raised.value.failure == Failure(FailureKind.CONNECT_TIMEOUT, "no test credential within 0.01 s")
        source.gate.set()
        assert await holder.get(5) == 1
        assert len(source.calls) == 1

    run(main())


def test_a_client_that_goes_away_does_not_end_the_fetch_of_the_others(run: Run) -> None:
    async def main() -> None:
        _, source, holder = made()
        source.gate = threading.Event()
        gone, stays = asyncio.create_task(holder.get(5)), asyncio.create_task(holder.get(5))
        await until(lambda: source.calls)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        source.gate.set()
        assert await stays == 1

    run(main())


def test_closing_ends_the_wait(run: Run) -> None:
    async def main() -> None:
        _, source, holder = made()
        source.gate = threading.Event()
        waiting = asyncio.create_task(holder.get(5))
        await until(lambda: source.calls)
        await holder.aclose()
        (ended,) = await asyncio.gather(waiting, return_exceptions=True)
        source.gate.set()
        assert isinstance(ended, asyncio.CancelledError)

    run(main())

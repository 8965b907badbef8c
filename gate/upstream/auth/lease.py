"""A credential that expires, held for all requests of a worker.

Promises: it is fetched in a thread, because the libraries that do it wait for networks, files and programs; one fetch
runs at a time, whoever waits for it and whoever goes away; it is renewed before it ends, in the background, while the
old one still serves; after a failure the source is left alone for a few seconds. Nothing is fetched before the first
request. No message of a library is passed on: some quote addresses, paths or what a server said.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from gate.core.failure import Failure, FailureKind

T = TypeVar("T")
log = logging.getLogger("gate.upstream")

SOON_S = 600.0
"""A credential that ends within so many seconds is renewed in the background (botocore's own bound for doing it)."""
URGENT_S = 30.0
"""One that ends within so many seconds is not used any more: the request itself takes time."""
PAUSE_S = 15.0
"""Between two renewals in the background, and after one that failed."""


def silence(*libraries: str) -> None:
    """Their log is not Gate's: at DEBUG it holds session tokens and what servers said, and so do the traces of failures
    at WARNING. Gate says itself what failed."""
    for name in libraries:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


class CredentialError(Exception):
    """There is no credential to be had. failure: of the attempt that needed it."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.detail)
        self.failure = failure


def refused(detail: str) -> CredentialError:
    """There is no credential, or its issuer does not honour it: an operator has to act."""
    return CredentialError(Failure(FailureKind.INVALID_AUTH, detail))


def unreachable(detail: str) -> CredentialError:
    """The issuer did not answer: it may in a while."""
    return CredentialError(Failure(FailureKind.CONNECT_ERROR, detail))


@dataclass(frozen=True, slots=True)
class Lease(Generic[T]):
    """value: the credential. lasts: whether it will still hold in so many seconds."""

    value: T
    lasts: Callable[[float], bool]


class Holder(Generic[T]):
    """fetch: blocks and may be called in any thread; given True it must not answer from what it remembers. Raises
    CredentialError; anything else it raises is taken for a refused credential. name: for the log."""

    def __init__(
        self, fetch: Callable[[bool], Lease[T]], name: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch = fetch
        self._name = name
        self._clock = clock
        self._lease: Lease[T] | None = None
        self._task: asyncio.Task[None] | None = None
        self._failed: Failure | None = None
        self._rest_until = 0.0
        self._doubted = False

    async def get(self, timeout_s: float) -> T:
        """The credential, at once when one is held. Raises CredentialError."""
        lease = self._lease
        if lease is not None and not self._doubted and lease.lasts(URGENT_S):
            if not lease.lasts(SOON_S) and self._task is None and not self._resting:
                self._start()
            return lease.value
        if self._task is None and self._resting and self._failed is not None:
            raise CredentialError(self._failed)
        return await self._wait(timeout_s)

    def doubt(self) -> None:
        """The upstream refused the credential: the next request gets a new one, unless this one is new itself."""
        self._doubted = self._doubted or not self._resting

    async def aclose(self) -> None:
        if self._task is not None:
            self._task.cancel()

    @property
    def _resting(self) -> bool:
        return self._clock() < self._rest_until

    async def _wait(self, timeout_s: float) -> T:
        task = self._task or self._start()
        try:
            async with asyncio.timeout(timeout_s):
                # Shielded: a client that goes away must not end the fetch the others wait for.
                await asyncio.shield(task)
        except TimeoutError:
            late = Failure(FailureKind.CONNECT_TIMEOUT, f"no {self._name} within {timeout_s:g} s")
            raise CredentialError(late) from None
        if self._failed is not None:
            raise CredentialError(self._failed)
        assert self._lease is not None  # a fetch that did not fail has set it
        return self._lease.value

    def _start(self) -> asyncio.Task[None]:
        self._task = asyncio.create_task(self._renew(self._doubted))
        return self._task

    async def _renew(self, anew: bool) -> None:
        try:
            self._lease = await asyncio.to_thread(self._fetch, anew)
            self._failed, self._doubted = None, False
        except CredentialError as error:
            self._failed = error.failure
        except Exception as error:  # whatever a library raises; its text may quote what must not be shown
            self._failed = refused(f"no {self._name}: {type(error).__name__}").failure
        finally:
            self._rest_until = self._clock() + PAUSE_S
            self._task = None
        if self._failed is not None:
            log.warning("%s: %s", self._name, self._failed.detail)

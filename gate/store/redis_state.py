"""What replicas and workers share, through a Redis: `engine.ports.SharedState`.

Everybody keeps all it needs in its own process and goes on alone while Redis is away. One task holds two connections,
one for commands and one that listens; whatever fails on either ends both, and after a wait that grows and is partly
drawn by chance both are made anew. News is published at once; besides, everybody compares what it knows with what is
kept in Redis every few seconds, which mends what was lost, whoever lost it. A request waits for at most `LOOKUP_S`, and
for nothing while Redis is away or slow.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any

from gate.core.binding import Binding
from gate.engine.health_book import HealthBook
from gate.engine.ports import StateOperation, Telemetry, TurnHeard
from gate.engine.snapshot import StateSettings
from gate.store.redis_state_marks import SharedMarks
from gate.store.redis_state_outbox import Outbox
from gate.store.redis_state_wire import News, decode_binding, decode_marks, decode_news, names_of

log = logging.getLogger("gate.store")

LOOKUP_S = 0.02
"""So long a request waits to be told where its session was served."""
QUIET_S = 1.0
"""So long nobody asks again after a request has waited in vain."""
GATHER_S = 0.02
"""So long what nobody waits for is gathered before it is sent."""
COMPARE_S = 5.0
"""So often what is known is compared with what is kept."""
ANSWER_S = 2.0
"""A Redis that takes longer to connect or to answer is away."""
FIRST_S = 0.5
"""So long a worker that starts waits for what the others know."""
RETRY_S, RETRY_MOST_S = 0.2, 5.0
"""The wait between two tries to connect; it doubles up to the latter."""
MOVED = 10_000
"""So many sessions are remembered to have moved."""


class RedisState:
    """sender: names this worker among all replicas. wall: seconds since 1970. clock: that of the book and of bindings.
    chance: 0 to 1."""

    def __init__(
        self,
        settings: StateSettings,
        book: HealthBook,
        *,
        sender: str,
        telemetry: Telemetry,
        wall: Callable[[], float],
        clock: Callable[[], float],
        chance: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._sender = sender
        self._telemetry = telemetry
        self._wall = wall
        self._clock = clock
        self._chance = chance
        self._errors: Any = import_module("redis.exceptions")
        self._away = (self._errors.RedisError, OSError)
        self._names = names_of(settings)
        self._outbox = Outbox(self._names)
        self.marks = SharedMarks(book, wall, clock, self._outbox.tell)
        self._moved: OrderedDict[str, None] = OrderedDict()
        self._up = False
        self._was_up: bool | None = None
        self._quiet_until = 0.0
        self._risen = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def secret(self) -> bytes:
        """A key that all replicas have and nobody else: for fingerprints that are to be the same everywhere."""
        return self._names.secret

    async def start(self) -> None:
        """Begin to share. Waits a moment for what the others know, never for a Redis that is away."""
        self._task = asyncio.create_task(self._run())
        with suppress(TimeoutError):
            await asyncio.wait_for(self._risen.wait(), FIRST_S)

    async def aclose(self) -> None:
        """What was told last still goes out, if Redis is there."""
        if self._up and self._outbox.ready.is_set():
            await asyncio.sleep(2 * GATHER_S)
        if self._task is not None:
            await _end([self._task], again_s=1.0)

    # -- engine.ports.SharedState

    async def find(self, session: str) -> Binding | None:
        """Where the session was served last, as far as that can be told within `LOOKUP_S`."""
        if not self._up or self._clock() < self._quiet_until:
            return None
        name = self._names.session(session)
        future = self._outbox.ask(name)
        if future is None:
            self._telemetry.state_error("read")
            return None
        try:
            async with asyncio.timeout(LOOKUP_S):
                data = await future
        except TimeoutError:
            self._quiet_until = self._clock() + QUIET_S
            self._telemetry.state_error("read")
            return None
        self._moved.pop(name, None)
        return None if data is None else decode_binding(data, self._offset())

    def stale(self, session: str) -> bool:
        """Whether what this worker itself knows of the session is no longer so."""
        return bool(self._moved) and self._names.session(session) in self._moved

    def keep(self, session: str, binding: Binding, for_s: float, *, moved: bool) -> None:
        """The session was served there. moved: elsewhere than before, as far as this worker knew. Does not wait."""
        name = self._names.session(session)
        self._moved.pop(name, None)
        if not self._outbox.bind(name, binding, self._offset(), for_s, moved=moved):
            self._telemetry.state_error("write")

    def passed(self, turn: bytes, at: float, for_s: float, heard: TurnHeard) -> None:
        """A turn was let through. Does not wait; `heard` is told when it was before, if it was."""
        offset = self._offset()

        def back(times: list[float]) -> None:
            heard(turn, [time - offset for time in times])

        if self._up and not self._outbox.passed(turn, at + offset, for_s, back):
            self._telemetry.state_error("write")

    # -- the connection

    async def _run(self) -> None:
        tries = 0
        self._telemetry.state_up(False)
        while True:
            began = self._clock()
            try:
                await self._live()
            except self._away as error:
                self._fell(error)
            except Exception as error:  # sharing never ends because of a defect of ours
                self._telemetry.crash("shared state", error)
                self._fell(error)
            tries = 0 if self._clock() - began > 2 * RETRY_MOST_S else tries + 1
            await asyncio.sleep(retry_s(tries, self._chance()))

    async def _live(self) -> None:
        """Share until something fails, and raise that."""
        client = self._client()
        ear = client.pubsub()
        try:
            try:
                await client.ping()
                await ear.subscribe(self._names.channel)
            except self._away:
                self._telemetry.state_error("connect")
                raise
            self._outbox.compare()
            await self._send(client)
            self._rose()
            await _first_failure(self._pump(client), self._listen(ear), self._tick(ear))
        finally:
            self._up = False
            self._outbox.give_up()
            with suppress(*self._away, TimeoutError):
                async with asyncio.timeout(ANSWER_S):
                    await ear.aclose()
                    await client.aclose()

    def _client(self) -> Any:
        # Without retries of its own: a connection that is lost is to be known as lost. RESP2 is what everybody speaks.
        retry: Any = import_module("redis.asyncio.retry").Retry(import_module("redis.backoff").NoBackoff(), 0)
        options: dict[str, Any] = {"username": self._settings.user} if self._settings.user else {}
        if self._settings.password:
            options["password"] = self._settings.password.reveal()
        if self._settings.ca_file:
            options["ssl_ca_certs"] = self._settings.ca_file
        if not self._settings.url.reveal().startswith("unix:"):
            options["socket_keepalive"] = True
        return import_module("redis.asyncio").Redis.from_url(
            self._settings.url.reveal(),
            protocol=2,
            retry=retry,
            socket_timeout=ANSWER_S,
            socket_connect_timeout=ANSWER_S,
            **options,
        )

    def _rose(self) -> None:
        self._up = True
        self._quiet_until = 0.0
        self._risen.set()
        self._telemetry.state_up(True)
        if not self._was_up:
            log.info("shared state: connected to Redis at %s", self._settings.place)
        self._was_up = True

    def _fell(self, error: BaseException) -> None:
        self._telemetry.state_up(False)
        if self._was_up is not False:
            why = type(error.__cause__ or error).__name__
            log.warning("shared state: Redis at %s is away (%s): going on alone", self._settings.place, why)
        self._was_up = False

    # -- the three things that are done while it lives

    async def _pump(self, client: Any) -> None:
        while True:
            await self._outbox.ready.wait()
            if not self._outbox.urgent.is_set():
                # What nobody waits for goes together: a round trip costs far more than a command more in it.
                with suppress(TimeoutError):
                    async with asyncio.timeout(GATHER_S):
                        await self._outbox.urgent.wait()
            await self._send(client)

    async def _tick(self, ear: Any) -> None:
        """So that a listener that hears nothing knows whether there is nothing to hear."""
        while True:
            await asyncio.sleep(COMPARE_S * (0.8 + 0.4 * self._chance()))
            self._outbox.compare()
            await ear.ping()

    async def _listen(self, ear: Any) -> None:
        while True:
            try:
                message = await ear.get_message(timeout=3 * COMPARE_S)
            except self._away:
                self._telemetry.state_error("listen")
                raise
            if message is None:
                self._telemetry.state_error("listen")
                raise self._errors.ConnectionError("nothing heard")
            if message["type"] == "message":
                self._heard(message["data"])

    async def _send(self, client: Any) -> None:
        """Everything that waits, in one round trip."""
        batch = self._outbox.take(self.marks.of, self._sender)
        if not batch:
            return
        pipe = client.pipeline(transaction=False)
        for command in batch:
            pipe.execute_command(*command.words)
        try:
            answers: list[Any] = await pipe.execute(raise_on_error=False)
        except self._away:
            operations: set[StateOperation] = {command.operation for command in batch}
            for operation in operations:
                self._telemetry.state_error(operation)
            raise
        for command, answer in zip(batch, answers, strict=True):
            if isinstance(answer, self._away):
                self._refused(command.operation, answer)
            elif command.compare:
                self._compared(answer)
            elif command.answered is not None:
                command.answered(answer)

    def _refused(self, operation: StateOperation, error: BaseException) -> None:
        self._telemetry.state_error(operation)
        if not isinstance(error, self._errors.ResponseError) or isinstance(error, self._errors.ReadOnlyError):
            raise error  # another server than the one that is needed: look it up anew
        log.debug("shared state: Redis at %s refuses: %s", self._settings.place, str(error).partition(" ")[0])

    def _compared(self, kept: dict[bytes, bytes]) -> None:
        theirs = {name.decode("utf-8", "replace"): decode_marks(data) for name, data in kept.items()}
        for subject, marks in theirs.items():
            if marks is None or not self.marks.hear(subject, marks):
                self._telemetry.state_error("read")
        for subject in self.marks.unknown_to({name: marks for name, marks in theirs.items() if marks is not None}):
            self._outbox.tell(subject)

    def _heard(self, data: bytes) -> None:
        news: News | None = decode_news(data)
        if news is None:
            self._telemetry.state_error("listen")
            return
        if news.sender == self._sender:
            return
        for subject, marks in news.marks.items():
            if not self.marks.hear(subject, marks):
                self._telemetry.state_error("listen")
        for name in news.moved:
            self._moved[name] = None
            if len(self._moved) > MOVED:
                self._moved.popitem(last=False)

    def _offset(self) -> float:
        return self._wall() - self._clock()


def retry_s(tries: int, chance: float) -> float:
    """Seconds until the next try to connect. Half of it is by chance (0 to 1): those that lost a Redis together do not
    come back together."""
    return min(RETRY_MOST_S, RETRY_S * 2.0 ** min(tries, 16)) * (0.5 + 0.5 * chance)


async def _first_failure(*doing: Coroutine[Any, Any, None]) -> None:
    """Do all of it until one part fails; end the others, and raise what it was."""
    tasks = [asyncio.create_task(one) for one in doing]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await _end(tasks)


async def _end(tasks: Sequence[asyncio.Task[None]], again_s: float = 0.1) -> None:
    """Cancel tasks until they have ended: on its way through redis-py a cancellation is sometimes lost."""
    pending = {task for task in tasks if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=again_s)
    await asyncio.gather(*tasks, return_exceptions=True)

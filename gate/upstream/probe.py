"""Asks providers whether they answer, with the transports, addresses and credentials of real calls.

Promises: a probe never raises and ends within its time; what failed is classified as a real attempt's failure would be;
nothing of a key, a prompt or a body leaves this module but the names of models. Probes make no spans and carry no
trace. What is asked and when is decided in `gate.health.probing`.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NoReturn

import msgspec
from opentelemetry import context as otel_context
from opentelemetry.instrumentation.utils import suppress_http_instrumentation

from gate import __version__
from gate.core.dialect import Dialect, Operation
from gate.core.errors import GateError
from gate.core.execution import AttemptRecord
from gate.core.failure import Failure, FailureKind
from gate.core.profile import NO_RATE_LIMITS
from gate.engine.address import address
from gate.engine.headers import first, to_upstream
from gate.engine.ports import Header, Transport, TransportFailure, UpstreamAnswer, UpstreamCall
from gate.engine.snapshot import Snapshot, Target
from gate.health.probing import Probe, ProbeKind, ProbeResult, due, probe_of
from gate.protocols.canonical.parts import Text
from gate.protocols.canonical.request import Message, Request, Role
from gate.protocols.rate_limits import read_allowances
from gate.protocols.registry import codec, translator
from gate.protocols.translation import Aim

log = logging.getLogger("gate.upstream")

LARGEST = 4 << 20
"""Of an answer; a list of models that is longer is as good as another, but not read."""
LOOK_S = 5.0
"""So often it is looked what is due, and whether a new configuration switched probes on or off."""
_ASKS: tuple[Header, ...] = ((b"accept", b"application/json"), (b"user-agent", f"gate/{__version__}".encode()))


class _Unseen:
    """`engine.ports.AttemptScope` of a call that no request stands behind."""

    def __init__(self) -> None:
        with suppress_http_instrumentation():
            self.context: Any = otel_context.get_current()

    def end(self, record: AttemptRecord) -> None:
        del record


class Prober:
    """transports: finds the transport of a target. via: Gate's own `Via` value. clock: monotonic seconds, wall: seconds
    since 1970."""

    def __init__(
        self,
        transports: Callable[[Target], Transport],
        via: bytes,
        clock: Callable[[], float],
        wall: Callable[[], float],
    ) -> None:
        self._transports = transports
        self._via = via
        self._clock = clock
        self._wall = wall
        self._scope = _Unseen()

    async def ask(self, probe: Probe, target: Target, timeout_s: float) -> ProbeResult:
        """Asks once."""
        began = self._clock()
        result = ProbeResult(probe, 0.0)
        try:
            async with asyncio.timeout(timeout_s):
                answer = await self._transports(target).send(self._call(probe, target, timeout_s), self._scope)
                try:
                    names = target.profile.rate_limits
                    if names is not NO_RATE_LIMITS:
                        result = replace(result, allowances=read_allowances(answer.headers, names, self._wall()))
                    result = replace(result, models=await _read(probe, answer))
                finally:
                    await answer.aclose()
        except TransportFailure as failed:
            result = replace(result, failure=failed.failure)
        except TimeoutError:
            late = Failure(FailureKind.FIRST_BYTE_TIMEOUT, f"no whole answer within {timeout_s:g} s")
            result = replace(result, failure=late)
        except Exception as error:  # a defect of Gate's own must not end the probing
            log.error("unexpected error in a probe of %s: %s", probe.provider, type(error).__name__)
            result = replace(result, failure=Failure(FailureKind.INTERNAL, type(error).__name__))
        return replace(result, took_s=self._clock() - began)

    def _call(self, probe: Probe, target: Target, timeout_s: float) -> UpstreamCall:
        endpoint = target.profile.endpoints[probe.dialect]
        operation = Operation.COUNT_TOKENS if probe.kind is ProbeKind.COUNT else Operation.CHAT
        if probe.route is None:
            path, query, body = probe.path, b"", b""
        else:
            path, query = address(endpoint, operation, probe.route.model, b"", stream=False)
            body = _body(probe, target)
        headers = to_upstream(
            _ASKS,
            endpoint=endpoint,
            key=target.key,
            own_credential=False,
            extra=target.headers,
            via=self._via,
            body_bytes=len(body),
            translated=bool(body),
        )
        return UpstreamCall(
            target=target,
            dialect=probe.dialect,
            path=path,
            query=query,
            # A GET has no body to tell the length of.
            headers=headers if body else [header for header in headers if header[0] != b"content-length"],
            body=body,
            stream=False,
            connect_s=timeout_s,
            first_byte_s=timeout_s,
            idle_s=timeout_s,
            operation=operation,
            method=b"POST" if body else b"GET",
        )


def _body(probe: Probe, target: Target) -> bytes:
    """One word to be counted, or to be answered with as little as the dialect allows. Raises TransportFailure where
    the provider does not take it, which no provider does."""
    assert probe.route is not None
    profile, route = target.profile, probe.route
    word = Request(Dialect.ANTHROPIC_MESSAGES, route.model, (Message(Role.USER, (Text("Hi"),)),), max_tokens=1)
    aim = Aim(route.model, profile.vendor or profile.name, profile.endpoints[probe.dialect].quirks)
    encoder = translator(probe.dialect)
    try:
        encoded = (
            encoder.encode_count(word, aim) if probe.kind is ProbeKind.COUNT else encoder.encode_request(word, aim)
        )
    except GateError as error:
        raise TransportFailure(Failure(FailureKind.UNTRANSLATABLE, error.message)) from None
    assert encoded is not None  # a dialect with a path for counting has a body for it
    return encoded.body


async def _read(probe: Probe, answer: UpstreamAnswer) -> frozenset[str] | None:
    """The models listed, where models are. Raises TransportFailure for everything that is not the answer asked for."""
    body = bytearray()
    async for chunk in answer.chunks():
        body += chunk
        if len(body) > LARGEST:
            break
    whole, protocol = bytes(body), codec(probe.dialect)
    if not 200 <= answer.status < 300:
        raise TransportFailure(protocol.classify(answer.status, answer.headers, whole))
    media = (first(answer.headers, b"content-type") or b"").split(b";")[0].strip().lower()
    if media not in (b"application/json", b"") and not media.endswith(b"+json"):
        _fail(FailureKind.UNEXPECTED_CONTENT, "what answered is no API", answer.status)
    if not whole.strip():
        _fail(FailureKind.EMPTY_BODY, "the answer has no body", answer.status)
    if probe.kind is ProbeKind.LIST:
        return _models(whole)
    try:
        if probe.kind is ProbeKind.COUNT:
            translator(probe.dialect).decode_count(whole)
        else:
            protocol.read_answer(whole, Operation.CHAT)
    except ValueError:
        _fail(FailureKind.MALFORMED_BODY, "the body is no answer of this dialect", answer.status)
    return None


def _fail(kind: FailureKind, detail: str, status: int) -> NoReturn:
    raise TransportFailure(Failure(kind, detail, status))


class _Model(msgspec.Struct):
    id: str


class _Models(msgspec.Struct):
    data: list[_Model]


_LISTS = (msgspec.json.Decoder(_Models), msgspec.json.Decoder(list[_Model]))
"""OpenAI's and Anthropic's list, and Together's."""


def _models(body: bytes) -> frozenset[str] | None:
    for decoder in _LISTS:
        try:
            found = decoder.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue
        return frozenset(model.id for model in (found if isinstance(found, list) else found.data))
    return None


Told = Callable[[ProbeResult], None]


class Probing:
    """Keeps asking the providers of the configuration in force. read: that configuration. told: of every result."""

    def __init__(self, prober: Prober, read: Callable[[], Snapshot], told: Told, clock: Callable[[], float]) -> None:
        self._prober = prober
        self._read = read
        self._told = told
        self._clock = clock
        self._asked: dict[str, float] = {}

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            await self.once()
            await asyncio.sleep(LOOK_S)

    async def once(self) -> None:
        """Asks everybody who is due, at the same time."""
        snapshot = self._read()
        settings = snapshot.probes
        probes = {name: probe for name in usable(snapshot) if (probe := _probe_for(snapshot, name)) is not None}
        self._asked = {name: at for name, at in self._asked.items() if name in probes}
        now = self._clock()
        names = due(probes, self._asked, now, settings.every_s)
        self._asked.update(dict.fromkeys(names, now))
        asked = (self._prober.ask(probes[name], snapshot.targets[name], settings.timeout_s) for name in names)
        for result in await asyncio.gather(*asked):
            self._told(result)


def usable(snapshot: Snapshot) -> list[str]:
    """The providers a request of Gate's own could go to."""
    views = snapshot.world.providers
    return [
        name
        for name, target in snapshot.targets.items()
        if not target.simulated and name in views and views[name].unusable is None
    ]


def _probe_for(snapshot: Snapshot, name: str) -> Probe | None:
    routes = [route for route in snapshot.routes.values() if route.provider == name]
    return probe_of(snapshot.targets[name].profile, routes, snapshot.probes)

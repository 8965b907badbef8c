"""The transports of one configuration: one per provider, made when first used, closed after the last request."""

import os
import time
from collections.abc import Mapping

from gate.engine.ports import Transport
from gate.engine.snapshot import Target
from gate.upstream.client import HttpTransport, Instrument
from gate.upstream.hosted import HostedTransport, hosted
from gate.upstream.simulated import SimulatedTransport

Made = HttpTransport | HostedTransport | SimulatedTransport


class Transports:
    """Finds the transport of a target. A reload that leaves a target as it was keeps its warm connections."""

    def __init__(self, env: Mapping[str, str], instrument: Instrument) -> None:
        self._env = env
        self._instrument = instrument
        self._open: dict[str, tuple[Target, Made]] = {}

    def __call__(self, target: Target) -> Transport:
        held = self._open.get(target.profile.name)
        if held is not None and (held[0] is target or held[0] == target):
            return held[1]
        transport = self._make(target)
        # A replaced transport is not closed here: requests that began before the reload still use it, and its idle
        # connections end by themselves.
        self._open[target.profile.name] = (target, transport)
        return transport

    def _make(self, target: Target) -> Made:
        if target.simulated:
            return SimulatedTransport(os.urandom, time.time_ns)
        return hosted(target, HttpTransport(target, self._env, self._instrument))

    async def aclose(self) -> None:
        for _, transport in self._open.values():
            await transport.aclose()
        self._open.clear()

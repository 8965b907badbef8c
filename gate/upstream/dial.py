"""From a peer to a connection that can carry requests: names, addresses, sockets, proxies and TLS.

Promises: whatever fails is one httpx error with the original as its cause (`socket.gaierror`, `ssl.SSLError`,
`OSError`), so that it can be told what failed; messages name host and port and never a credential. Nothing stays open
when it fails or is cancelled. Addresses are tried as RFC 8305 says (families in turn, the next one after 250 ms), by
the same code on asyncio and on uvloop, whose `create_connection` cannot.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from itertools import chain, zip_longest
from typing import Any, TypeVar

import httpx

from gate.upstream.pool import Peer
from gate.upstream.tunnel import Tunnel

P = TypeVar("P", bound=asyncio.Protocol)
AddressInfo = tuple[int, int, int, str, Any]

_NEXT_ADDRESS_SECONDS = 0.25
_GOODBYE_SECONDS = 1.0
# A silent connection (a model that thinks, a pooled one) must outlive NAT tables and notice a peer that is gone.
_KEEPALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}


async def dial(peer: Peer, factory: Callable[[], P], context: ssl.SSLContext | None, seconds: float | None) -> P:
    """A connected protocol. context: for TLS, to the peer and to an https proxy; needed for either.

    Raises httpx.ConnectTimeout (name, socket, tunnel and TLS together took longer than `seconds`), httpx.ConnectError,
    httpx.ProxyError (the proxy could not be reached or would not let us through).
    """
    where = _name(peer.host, peer.port)
    try:
        async with asyncio.timeout(seconds):
            if peer.proxy is not None:
                return await _through_proxy(peer, factory, context)
            sock = await _reach(peer.host, peer.port, httpx.ConnectError, where)
            return await _wrap(sock, factory, context if peer.tls else None, peer.host, httpx.ConnectError, where)
    except TimeoutError as error:
        limit = "the system's limit" if seconds is None else f"{seconds:g} s"
        raise httpx.ConnectTimeout(f"no connection to {where} within {limit}") from error


async def _through_proxy(peer: Peer, factory: Callable[[], P], context: ssl.SSLContext | None) -> P:
    proxy = peer.proxy
    assert proxy is not None
    where = f"the proxy {proxy.address}"
    sock = await _reach(proxy.host, proxy.port, httpx.ProxyError, where)
    outer = context if proxy.scheme == "https" else None
    if not peer.tls:
        return await _wrap(sock, factory, outer, proxy.host, httpx.ProxyError, where)
    tunnel = await _wrap(sock, Tunnel, outer, proxy.host, httpx.ProxyError, where)
    try:
        await tunnel.open(_name(peer.host, peer.port), proxy.header)
        return await _start_tls(tunnel, factory(), context, peer)
    except BaseException:
        tunnel.abort()
        raise


async def _start_tls(tunnel: Tunnel, protocol: P, context: ssl.SSLContext | None, peer: Peer) -> P:
    loop = asyncio.get_running_loop()
    assert context is not None
    try:
        transport = await loop.start_tls(
            tunnel.transport,
            protocol,
            context,
            server_hostname=peer.host,
            ssl_shutdown_timeout=_GOODBYE_SECONDS,
        )
        if transport is None:
            raise ConnectionAbortedError("the tunnel was closed")
    except OSError as error:
        where = _name(peer.host, peer.port)
        raise httpx.ConnectError(f"TLS with {where} through the proxy failed: {_reason(error)}") from error
    protocol.connection_made(transport)  # start_tls leaves this to its caller
    return protocol


async def _wrap(
    sock: socket.socket,
    factory: Callable[[], P],
    context: ssl.SSLContext | None,
    host: str,
    failure: type[httpx.TransportError],
    where: str,
) -> P:
    """A transport over a connected socket, which it owns from here on."""
    loop = asyncio.get_running_loop()
    tls: dict[str, Any] = {}
    if context is not None:
        tls = {"ssl": context, "server_hostname": host, "ssl_shutdown_timeout": _GOODBYE_SECONDS}
    try:
        _, protocol = await loop.create_connection(factory, sock=sock, **tls)
    except OSError as error:
        raise failure(f"TLS with {where} failed: {_reason(error)}") from error
    return protocol


async def _reach(host: str, port: int, failure: type[httpx.TransportError], where: str) -> socket.socket:
    try:
        addresses = await _resolve(host, port)
    except (OSError, UnicodeError) as error:
        raise failure(f"the name of {where} does not resolve: {_reason(error)}") from error
    try:
        if len(addresses) == 1:
            return await _connect(addresses[0])
        return await _race(addresses)
    except TimeoutError:
        raise  # the kernel's own: as late as ours
    except OSError as error:
        raise failure(f"no connection to {where}: {_reason(error)}") from error


async def _resolve(host: str, port: int) -> Sequence[AddressInfo]:
    """Addresses in the resolver's order, families in turn. Raises socket.gaierror, UnicodeError."""
    if host[-1:].isdigit() or ":" in host:
        try:  # an address needs no resolver and no thread
            return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        except socket.gaierror:
            pass
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    first = [info for info in found if info[0] == found[0][0]]
    other = [info for info in found if info[0] != found[0][0]]
    return [info for info in chain.from_iterable(zip_longest(first, other)) if info is not None]


async def _race(addresses: Sequence[AddressInfo]) -> socket.socket:
    """The first socket to connect. Raises the error of the address tried first when none does."""
    waiting = deque(addresses)
    running: set[asyncio.Task[socket.socket]] = set()
    errors: list[OSError] = []
    try:
        while waiting or running:
            if waiting:
                running.add(asyncio.create_task(_connect(waiting.popleft())))
            seconds = _NEXT_ADDRESS_SECONDS if waiting else None
            done, _ = await asyncio.wait(running, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                error = task.exception()
                if error is None:
                    running.discard(task)
                    return task.result()
                if not isinstance(error, OSError):
                    raise error
                running.discard(task)
                errors.append(error)
        raise errors[0] if errors else OSError("the name has no address")
    finally:
        for task in running:
            task.add_done_callback(_close_late)
            task.cancel()


def _close_late(task: asyncio.Task[socket.socket]) -> None:
    """An address that answered after another one had won."""
    if not task.cancelled() and task.exception() is None:
        task.result().close()


async def _connect(address: AddressInfo) -> socket.socket:
    family, kind, protocol, _, where = address
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEPALIVE.items():
            option = getattr(socket, name, None)  # not on every system
            if option is not None:
                sock.setsockopt(socket.IPPROTO_TCP, option, value)
        await asyncio.get_running_loop().sock_connect(sock, where)
    except BaseException:
        sock.close()
        raise
    return sock


def _name(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return getattr(error, "verify_message", "") or "the certificate is not trusted"
    if isinstance(error, ssl.SSLError):
        return error.reason or "the handshake failed"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__

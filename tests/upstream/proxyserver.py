"""A small proxy: CONNECT tunnels, and plain requests that it answers itself."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.upstream.rawserver import OK, Peer, Server, serve


class ProxyServer:
    """credential: the exact Proxy-Authorization value it wants, None for none. seen: the heads it got, in order."""

    def __init__(self, server: Server, credential: bytes | None) -> None:
        self.server = server
        self.credential = credential
        self.seen: list[bytes] = []

    @property
    def port(self) -> int:
        return self.server.port

    async def talk(self, peer: Peer) -> None:
        while (request := await peer.request()) is not None:
            head = request[0]
            self.seen.append(head)
            if self.credential is not None and b"Proxy-Authorization: %b\r\n" % self.credential not in head:
                await peer.send(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            elif head.startswith(b"CONNECT "):
                await self._tunnel(peer, head.split(b" ")[1].decode())
                return
            else:
                await peer.send(OK)

    async def _tunnel(self, peer: Peer, target: str) -> None:
        host, _, port = target.rpartition(":")
        try:
            reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
        except OSError:
            await peer.send(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            return
        await peer.send(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n")
        try:
            ways = {asyncio.create_task(_copy(peer.reader, writer)), asyncio.create_task(_copy(reader, peer.writer))}
            _, other = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in other:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        finally:
            writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


@asynccontextmanager
async def proxy_server(
    *, credential: bytes | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[ProxyServer]:
    proxies: list[ProxyServer] = []

    async def handler(peer: Peer) -> None:
        await proxies[0].talk(peer)

    async with serve(handler, tls) as server:
        proxies.append(ProxyServer(server, credential))
        yield proxies[0]

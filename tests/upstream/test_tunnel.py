"""Requests through proxies: tunnels with and without a credential, TLS in TLS, plain forwarding, and refusals."""

import ssl

import httpx
import pytest
import trustme

from gate.core.failure import FailureKind
from gate.upstream.failures import classify_exception
from gate.upstream.proxy import Proxy, ProxyMap
from gate.upstream.transport import LeanTransport
from tests.upstream.conftest import Run
from tests.upstream.proxyserver import ProxyServer, proxy_server
from tests.upstream.rawserver import OK, Peer, answering, failure, fetch, once, post, serve

CA = trustme.CA()
CREDENTIAL = b"Basic dXNlcjpodW50ZXIy"


def server_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    CA.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


def client_tls(ca: trustme.CA = CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ca.configure_trust(context)
    return context


def via(proxy: ProxyServer, scheme: str = "http", user: str = "", ca: trustme.CA = CA) -> LeanTransport:
    text = f"{scheme}://{user}127.0.0.1:{proxy.port}"
    one = Proxy.parse(text)
    return LeanTransport(ssl_context=client_tls(ca), proxies=ProxyMap(http=one, https=one))


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("credential", [None, CREDENTIAL])
def test_tunnel(run: Run, scheme: str, credential: bytes | None) -> None:
    async def main() -> None:
        outer = server_tls() if scheme == "https" else None
        async with (
            serve(answering(OK), server_tls()) as server,
            proxy_server(credential=credential, tls=outer) as proxy,
        ):
            transport = via(proxy, scheme, "user:hunter2@" if credential else "")
            for size in (1, 500_000):
                request = post(server.url(scheme="https"), b"x" * size, read=10, write=10, connect=10)
                assert await fetch(transport, request) == (200, b"ok")
            lines = f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n".encode()
            lines += b"Proxy-Authorization: %b\r\n" % credential if credential else b""
            assert proxy.seen == [lines + b"\r\n"]
            assert (server.accepted, transport.pool.idle) == (1, 1)
            await transport.aclose()
            await server.quiet()
            await proxy.server.quiet()

    run(main())


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_plain_requests_are_forwarded_in_absolute_form(run: Run, scheme: str) -> None:
    async def main() -> None:
        outer = server_tls() if scheme == "https" else None
        async with proxy_server(credential=CREDENTIAL, tls=outer) as proxy:
            transport = via(proxy, scheme, "user:hunter2@")
            for _ in range(2):
                assert await fetch(transport, post("http://model.example/v1?x=1")) == (200, b"ok")
            first, second = proxy.seen
            assert first == second
            assert first.startswith(b"POST http://model.example:80/v1?x=1 HTTP/1.1\r\nHost: model.example\r\n")
            assert b"\r\nProxy-Authorization: Basic dXNlcjpodW50ZXIy\r\n\r\n" in first
            assert proxy.server.accepted == 1
            await transport.aclose()

    run(main())


@pytest.mark.parametrize("target", ["http", "https"])
def test_refused_credential(run: Run, target: str) -> None:
    async def main() -> None:
        async with proxy_server(credential=CREDENTIAL) as proxy:
            transport = via(proxy, user="user:wrong-hunter2@")
            error = await failure(transport, post(f"{target}://127.0.0.1:9/"))
            assert isinstance(error, httpx.ProxyError)
            assert "407" in str(error)
            assert "hunter2" not in repr(error) + str(error)
            assert transport.pool.places == transport.pool.idle
            await transport.aclose()

    run(main())


def test_target_the_proxy_cannot_reach(run: Run) -> None:
    async def main() -> None:
        async with serve(answering(OK)) as server:
            port = server.port
        async with proxy_server() as proxy:
            error = await failure(via(proxy), post(f"https://127.0.0.1:{port}/"))
            assert isinstance(error, httpx.ProxyError)
            assert "502" in str(error)
            await proxy.server.quiet()

    run(main())


def test_proxy_that_is_not_there(run: Run) -> None:
    async def main() -> None:
        async with proxy_server() as proxy:
            transport = via(proxy, user="user:hunter2@")
        for scheme in ("http", "https"):
            error = await failure(transport, post(f"{scheme}://model.example/"))
            assert isinstance(error, httpx.ProxyError)
            assert isinstance(error.__cause__, ConnectionRefusedError)
            assert classify_exception(error) is FailureKind.PROXY_ERROR
            assert "hunter2" not in str(error)
            assert transport.pool.places == 0

    run(main())


def test_certificates_through_a_tunnel(run: Run) -> None:
    """An untrusted upstream is a TLS error, an untrusted https proxy a proxy error."""

    async def main() -> None:
        stranger = trustme.CA()
        async with serve(answering(OK), server_tls()) as server:
            async with proxy_server() as proxy:
                transport = via(proxy, ca=stranger)
                error = await failure(transport, post(server.url(scheme="https"), connect=10))
                assert isinstance(error, httpx.ConnectError)
                assert classify_exception(error) is FailureKind.TLS_ERROR
                await proxy.server.quiet()
            async with proxy_server(tls=server_tls()) as proxy:
                error = await failure(via(proxy, "https", ca=stranger), post(server.url(scheme="https"), connect=10))
                assert isinstance(error, httpx.ProxyError)
                assert isinstance(error.__cause__, ssl.SSLError)
                await proxy.server.quiet()

    run(main())


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"SSH-2.0-nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nand more",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000,
        b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere\r\n\r\n",
    ],
)
def test_strange_answers_to_connect(run: Run, answer: bytes) -> None:
    async def main() -> None:
        async with serve(once(answer)) as server:
            one = Proxy("http", "127.0.0.1", server.port)
            transport = LeanTransport(ssl_context=client_tls(), proxies=ProxyMap(https=one))
            error = await failure(transport, post("https://model.example/", connect=10))
            assert isinstance(error, httpx.ProxyError)
            assert transport.pool.places == 0

    run(main())


def test_proxy_that_says_nothing(run: Run) -> None:
    async def main() -> None:
        async def handler(peer: Peer) -> None:
            await peer.gone()

        async with serve(handler) as server:
            one = Proxy("http", "127.0.0.1", server.port)
            transport = LeanTransport(ssl_context=client_tls(), proxies=ProxyMap(https=one))
            error = await failure(transport, post("https://model.example/", connect=0.1))
            assert isinstance(error, httpx.ConnectTimeout)
            await server.quiet()

    run(main())


def test_exceptions_go_directly(run: Run) -> None:
    async def main() -> None:
        async with serve(answering(OK)) as server, proxy_server() as proxy:
            env = {"HTTP_PROXY": f"http://127.0.0.1:{proxy.port}", "NO_PROXY": f"127.0.0.1:{server.port}"}
            transport = LeanTransport(proxies=ProxyMap.from_env(env))
            assert await fetch(transport, post(server.url())) == (200, b"ok")
            assert (server.accepted, proxy.seen) == (1, [])
            await transport.aclose()

    run(main())

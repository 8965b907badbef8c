"""Requests as bytes: given headers unchanged, and nothing that could be read as two requests."""

from collections.abc import AsyncIterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.upstream.wire import chunk, serialise

HOST = (b"Host", b"model.example")
TOKEN = st.text("!#$%&'*+-.^_`|~0123456789abcXYZ", min_size=1, max_size=20).map(str.encode)
VALUE = st.binary(max_size=40)
RESERVED = {b"host", b"content-length", b"transfer-encoding"}


def request(*headers: tuple[bytes, bytes], body: bytes = b"", url: str = "http://model.example/a") -> httpx.Request:
    return httpx.Request("POST", url, headers=[HOST, *headers], stream=httpx.ByteStream(body))


@given(st.lists(st.tuples(TOKEN.filter(lambda name: name.lower() not in RESERVED), VALUE)), st.binary(max_size=200))
def test_head_is_what_was_given_or_nothing_is_sent(headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    length = (b"Content-Length", b"%d" % len(body))
    dangerous = any(byte in value for _, value in headers for byte in (b"\r", b"\n", b"\0"))
    if dangerous:
        with pytest.raises(httpx.LocalProtocolError):
            serialise(request(*headers, length, body=body))
        return
    out = serialise(request(*headers, length, body=body))
    lines = [b"%b: %b" % pair for pair in (HOST, *headers, length)]
    assert b"".join(out.parts) == b"\r\n".join([b"POST /a HTTP/1.1", *lines, b"", body])
    assert out.replayable


@pytest.mark.parametrize(
    "name", [b"X\r\nEvil: y", b"X\nEvil", b"X\0", b"X: y\r\n\r\nGET /"], ids=["crlf", "lf", "nul", "request"]
)
def test_names_cannot_break_out(name: bytes) -> None:
    with pytest.raises(httpx.LocalProtocolError):
        serialise(request((name, b"v")))


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ([(b"Content-Length", b"3")], b"four"),
        ([(b"Content-Length", b"5")], b"four"),
        ([], b"four"),
        ([(b"Content-Length", b"4"), (b"content-length", b"4")], b"four"),
        ([(b"Content-Length", b"+4")], b"four"),
        ([(b"Content-Length", b"")], b""),
        ([(b"Content-Length", b"4"), (b"Transfer-Encoding", b"chunked")], b"four"),
        ([(b"Transfer-Encoding", b"gzip, chunked")], b"four"),
        ([(b"Transfer-Encoding", b"chunked"), (b"Transfer-Encoding", b"chunked")], b"four"),
        ([(b"Host", b"other")], b""),
    ],
)
def test_framing_that_does_not_fit_is_refused(headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    with pytest.raises(httpx.LocalProtocolError):
        serialise(request(*headers, body=body))


def test_host_is_needed() -> None:
    with pytest.raises(httpx.LocalProtocolError):
        serialise(httpx.Request("GET", "http://a/", headers=[(b"X", b"y")], stream=httpx.ByteStream(b"")))


def test_method_with_a_space_is_refused() -> None:
    with pytest.raises(httpx.LocalProtocolError):
        serialise(httpx.Request("GET /x HTTP/1.1", "http://a/"))


def test_known_body_may_be_chunked() -> None:
    out = serialise(request((b"Transfer-Encoding", b"chunked"), body=b"hello"))
    assert b"".join(out.parts).endswith(b"\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
    empty = serialise(request((b"Transfer-Encoding", b"chunked")))
    assert b"".join(empty.parts).endswith(b"\r\n\r\n0\r\n\r\n")


def test_large_bodies_are_not_copied() -> None:
    body = b"x" * 100_000
    _, second = serialise(httpx.Request("POST", "http://a/", content=body)).parts
    assert second is body
    assert len(serialise(httpx.Request("POST", "http://a/", content=body[:1000])).parts) == 1


def test_streamed_bodies_need_a_framing_and_cannot_be_replayed() -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b"x"

    class Stream(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"x"

    out = serialise(httpx.Request("POST", "http://a/", content=parts()))
    assert (out.chunked, out.length, out.replayable) == (True, None, False)
    out = serialise(httpx.Request("POST", "http://a/", headers={"content-length": "1"}, content=parts()))
    assert (out.chunked, out.length, out.replayable) == (False, 1, False)
    with pytest.raises(httpx.LocalProtocolError):
        serialise(httpx.Request("POST", "http://a/", headers={"host": "a"}, stream=Stream()))
    with pytest.raises(httpx.LocalProtocolError):
        serialise(httpx.Request("POST", "http://a/", content=iter([b"x"])))


def test_proxy_form_and_extra_lines() -> None:
    out = serialise(request(url="http://model.example/a?b=c"), b"http://model.example:80", b"X-Own: y\r\n")
    assert out.parts == (b"POST http://model.example:80/a?b=c HTTP/1.1\r\nHost: model.example\r\nX-Own: y\r\n\r\n",)


@given(st.binary(max_size=300))
def test_chunk(data: bytes) -> None:
    framed = chunk(data)
    if not data:
        assert framed == b""
        return
    size, rest = framed.split(b"\r\n", 1)
    assert (int(size, 16), rest) == (len(data), data + b"\r\n")

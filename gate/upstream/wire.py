"""A request as bytes for the wire: the head exactly as its headers are given, and a body whose framing is proved first.

Promises: header order, spelling and duplicates are kept; nothing is added but the proxy's own credential. What would
make the two ends disagree about where a message ends (a line break in a header, a length that is not the body's) is
refused with `httpx.LocalProtocolError` before a byte is sent. RFC 9112 sections 3 to 7.
"""

from collections.abc import AsyncIterable, Iterable, Sequence

import httpx

Header = tuple[bytes, bytes]

_JOIN_BELOW = 64 * 1024
"""Bodies up to this size are written together with the head; larger ones are not copied for it."""


class Outgoing:
    """One request, ready to be written.

    parts: what is known at once, head first. stream: the body when it still has to be iterated, else None; chunked says
    how it is framed, length what was declared for it. replayable: the same bytes can be sent again.
    """

    __slots__ = ("chunked", "is_head", "length", "parts", "stream")

    def __init__(
        self,
        parts: tuple[bytes, ...],
        stream: AsyncIterable[bytes] | None,
        *,
        chunked: bool,
        length: int | None,
        is_head: bool,
    ) -> None:
        self.parts = parts
        self.stream = stream
        self.chunked = chunked
        self.length = length
        self.is_head = is_head

    @property
    def replayable(self) -> bool:
        return self.stream is None


def serialise(request: httpx.Request, prefix: bytes = b"", extra: bytes = b"") -> Outgoing:
    """The bytes of a request. Raises httpx.LocalProtocolError.

    prefix: put before the path for an absolute-form target (`http://host:port`), as a forwarding proxy wants it.
    extra: whole header lines of the transport's own, each with its line end.
    """
    body, stream = _body(request)
    return outgoing(request.method, prefix + request.url.raw_path, request.headers.raw, body, stream, extra)


def outgoing(
    method: str,
    target: bytes,
    raw: Sequence[Header],
    body: bytes,
    stream: AsyncIterable[bytes] | None = None,
    extra: bytes = b"",
) -> Outgoing:
    """The same of the parts of a request. target: as it stands in the request line. body: empty when there is a stream.
    Raises httpx.LocalProtocolError."""
    length, chunked = _framing(raw)
    head = _head(method, target, raw, extra)
    is_head = method == "HEAD"
    if stream is not None:
        if not chunked and length is None:
            raise httpx.LocalProtocolError("a body of unknown length needs transfer-encoding: chunked")
        return Outgoing((head,), stream, chunked=chunked, length=length, is_head=is_head)
    if chunked:
        body = chunk(body) + b"0\r\n\r\n"
    elif len(body) != (length or 0):
        raise httpx.LocalProtocolError("content-length is not the length of the body")
    parts = (head + body,) if len(body) <= _JOIN_BELOW else (head, body)
    return Outgoing(parts, None, chunked=False, length=length, is_head=is_head)


def chunk(data: bytes) -> bytes:
    """One chunk of chunked framing; nothing for no data, because an empty chunk would end the body."""
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


def _body(request: httpx.Request) -> tuple[bytes, AsyncIterable[bytes] | None]:
    stream = request.stream
    if isinstance(stream, httpx.ByteStream):
        whole: Iterable[bytes] = stream
        return b"".join(whole), None
    try:
        return request.content, None
    except httpx.RequestNotRead:
        pass
    if not isinstance(stream, httpx.AsyncByteStream):
        raise httpx.LocalProtocolError("an asynchronous request needs an asynchronous body")
    return b"", stream


def _framing(raw: Sequence[Header]) -> tuple[int | None, bool]:
    """(declared length or None, chunked). The lengths of the names are compared first: this runs for every header."""
    length: int | None = None
    chunked = False
    hosts = 0
    for name, value in raw:
        size = len(name)
        if size == 4:
            hosts += name.lower() == b"host"
        elif size == 14 and name.lower() == b"content-length":
            if length is not None or not value.isdigit():
                raise httpx.LocalProtocolError("content-length is repeated or no number")
            length = int(value)
        elif size == 17 and name.lower() == b"transfer-encoding":
            if chunked or value.strip().lower() != b"chunked":
                raise httpx.LocalProtocolError("the only transfer-encoding that is sent is chunked")
            chunked = True
    if hosts != 1:
        raise httpx.LocalProtocolError("a request needs exactly one host header")
    if chunked and length is not None:
        raise httpx.LocalProtocolError("content-length and transfer-encoding exclude each other")
    return length, chunked


def _head(method: str, target: bytes, raw: Sequence[Header], extra: bytes) -> bytes:
    lines = [b"%b %b HTTP/1.1" % (method.encode("ascii", "replace"), target)]
    lines += [b"%b: %b" % header for header in raw]
    head = b"\r\n".join(lines)
    breaks = len(lines) - 1
    if head.count(b"\n") != breaks or head.count(b"\r") != breaks or b"\0" in head:
        raise httpx.LocalProtocolError("a line break or a zero byte in the request head")
    if lines[0].count(b" ") != 2:
        raise httpx.LocalProtocolError("a space in the method or the target")
    return b"%b\r\n%b\r\n" % (head, extra)

"""The transport of clouds: a vendor's dialect in a host's envelope, authorized by credentials that are no key.

Promises: what is sent is what the engine made but for the endpoint's `Envelope`; it is authorized last, over exactly
the bytes that leave; what comes back is the vendor's dialect again, frames as server-sent events and errors in its
words. A provider without any of this is left to its own transport (`hosted`).
"""

import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import httpx

from gate.core.dialect import Operation
from gate.core.failure import Failure, FailureKind
from gate.core.profile import PLAIN, AuthStyle, Endpoint, Envelope, Framing
from gate.engine.ports import AttemptScope, Header, TransportFailure, UpstreamAnswer, UpstreamCall
from gate.engine.snapshot import Target
from gate.protocols.envelope import count_answer, count_path, left_out, sealed, sealed_headers
from gate.protocols.framing import CONTENT_TYPE, FrameDecoder, FramingError
from gate.protocols.hosted_errors import credential_refused, event, messages_error
from gate.upstream.auth.authorizer import Authorizer
from gate.upstream.auth.aws import AwsAuthorizer
from gate.upstream.auth.google import GoogleAuthorizer
from gate.upstream.auth.lease import CredentialError
from gate.upstream.client import HttpTransport

log = logging.getLogger("gate.upstream")

_EVENT_STREAM = (b"content-type", b"text/event-stream; charset=utf-8")
_LENGTH = b"content-length"
_REQUEST_ID = {b"x-amzn-requestid": b"request-id"}
_LARGEST = 1 << 20
"""Of an answer that is read whole here, an error or a count: what is longer passes unread."""


def hosted(target: Target, inner: HttpTransport) -> "HttpTransport | HostedTransport":
    """The transport for a target: `inner` itself where nothing is to be wrapped."""
    authorizer = authorizer_for(target)
    if authorizer is None and all(end.envelope == PLAIN for end in target.profile.endpoints.values()):
        return inner
    return HostedTransport(target, inner, authorizer)


def authorizer_for(target: Target) -> Authorizer | None:
    """None where a key, or nothing at all, is sent."""
    styles = {endpoint.auth for endpoint in target.profile.endpoints.values()}
    account = target.account
    if target.key is not None:
        return None
    if AuthStyle.AWS_SIGV4 in styles:
        return AwsAuthorizer(target.profile.signing_name, account.region, account.profile)
    if AuthStyle.GOOGLE_OAUTH in styles:
        return GoogleAuthorizer(account.credentials_file)
    return None


class HostedTransport:
    """`engine.ports.Transport` around the one that carries the bytes."""

    def __init__(self, target: Target, inner: HttpTransport, authorizer: Authorizer | None) -> None:
        self._target = target
        self._inner = inner
        self._authorizer = authorizer
        self._host = httpx.URL(target.base_url).netloc
        self._told: set[str] = set()

    async def send(self, call: UpstreamCall, scope: AttemptScope) -> UpstreamAnswer:
        """Raises TransportFailure, also for a credential that cannot be had."""
        endpoint = self._target.profile.endpoints[call.dialect]
        self._tell(call, endpoint)
        ready = in_envelope(call, endpoint.envelope)
        if self._authorizer is not None:
            # A client's headers of this kind were made for another request.
            passed = [header for header in ready.headers if not header[0].startswith(b"x-amz-")]
            ready = replace(ready, headers=[*passed, *await self._authorization(ready)])
        answer = await self._inner.send(ready, scope)
        if self._authorizer is not None and credential_refused(answer.status, answer.headers):
            self._authorizer.doubt()
        return opened(answer, endpoint.envelope, call.operation)

    async def aclose(self) -> None:
        if self._authorizer is not None:
            await self._authorizer.aclose()
        await self._inner.aclose()

    async def _authorization(self, call: UpstreamCall) -> list[Header]:
        assert self._authorizer is not None
        url = self._target.base_url + call.path + ("?" + call.query.decode("latin-1") if call.query else "")
        kind = next((value for name, value in call.headers if name == b"content-type"), b"application/json")
        try:
            return await self._authorizer.headers(url, self._host, kind, call.body, call.connect_s)
        except CredentialError as error:
            raise TransportFailure(error.failure) from None

    def _tell(self, call: UpstreamCall, endpoint: Endpoint) -> None:
        """Say once of each beta that it is left out."""
        for beta in left_out(call.headers, endpoint.envelope):
            if beta not in self._told and len(self._told) < 100:
                self._told.add(beta)
                log.warning("%s does not take the beta %r: it is left out", self._target.profile.name, beta[:80])


def in_envelope(call: UpstreamCall, envelope: Envelope) -> UpstreamCall:
    """The call as the host wants it, not yet authorized."""
    if envelope == PLAIN:
        return call
    counting = call.operation is Operation.COUNT_TOKENS
    body = sealed(call.body, envelope, call.headers, counting=counting)
    headers = sealed_headers(call.headers, envelope, len(body))
    path = count_path(call.path, envelope) if counting else call.path
    return replace(call, path=path, query=call.query if envelope.query else b"", headers=headers, body=body)


def opened(answer: UpstreamAnswer, envelope: Envelope, operation: Operation) -> UpstreamAnswer:
    """The answer as the vendor itself would have given it."""
    if envelope == PLAIN:
        return answer
    if not 200 <= answer.status < 300:
        return _Error(answer) if envelope.rewords_errors else answer
    if envelope.framing is Framing.AWS_EVENT_STREAM and _media(answer) == CONTENT_TYPE:
        return _Events(answer)
    if envelope.wraps_count and operation is Operation.COUNT_TOKENS:
        return _Count(answer)
    return _Answer(answer)


def _media(answer: UpstreamAnswer) -> bytes:
    kinds = [value for name, value in answer.headers if name.lower() == b"content-type"]
    return kinds[0].split(b";")[0].strip().lower() if kinds else b""


class _Answer:
    """An answer as it came, but for the name of its request id, which is put where the engine looks for it."""

    drops = frozenset[bytes]()
    adds: tuple[Header, ...] = ()

    def __init__(self, answer: UpstreamAnswer) -> None:
        self._answer = answer
        self.status = answer.status
        named = [(_REQUEST_ID.get(name.lower(), name), value) for name, value in answer.headers]
        self.headers = [header for header in named if header[0].lower() not in self.drops] + [*self.adds]

    def chunks(self) -> AsyncIterator[bytes]:
        """See `UpstreamAnswer`."""
        return self._answer.chunks()

    async def aclose(self) -> None:
        await self._answer.aclose()

    async def _whole(self, change: Callable[[bytes], bytes]) -> AsyncIterator[bytes]:
        """The body in one piece, changed; one that is too long for what it should be passes as it comes."""
        held = bytearray()
        async for chunk in self._answer.chunks():
            held += chunk
            if len(held) > _LARGEST:
                yield bytes(held)
                held.clear()
                change = bytes
        yield change(bytes(held))


class _Error(_Answer):
    """An error in the vendor's words."""

    drops = frozenset({_LENGTH})

    def chunks(self) -> AsyncIterator[bytes]:
        return self._whole(lambda body: messages_error(self.status, self._answer.headers, body))


class _Count(_Answer):
    """A count of tokens as the vendor answers it."""

    drops = frozenset({_LENGTH})

    def chunks(self) -> AsyncIterator[bytes]:
        return self._whole(count_answer)


class _Events(_Answer):
    """Frames as server-sent events."""

    drops = frozenset({b"content-type"})
    adds = (_EVENT_STREAM,)

    async def chunks(self) -> AsyncIterator[bytes]:
        decoder = FrameDecoder()
        async for chunk in self._answer.chunks():
            try:
                events = b"".join([event(frame) for frame in decoder.feed(chunk)])
            except FramingError as error:
                raise TransportFailure(Failure(FailureKind.MALFORMED_BODY, str(error), self.status)) from None
            if events:
                yield events

"""Access tokens of Google Cloud by google-auth: service accounts, workload identity, users, metadata servers.

Where they come from is google-auth's own order (Application Default Credentials) or the configured file; a metadata
server is asked for the first request, never when Gate starts. Its HTTP requests are made by httpx, so that proxies and
certificates are those of Gate. https://google-auth.readthedocs.io (2.62.2, read 2026-11-21)
"""

import json
import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from gate.engine.ports import Header
from gate.upstream.auth.lease import CredentialError, Holder, Lease, refused, silence, unreachable
from gate.upstream.tls import build_ssl_context

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
ANSWER_S = 10.0
"""For one request to a token endpoint, unless google-auth says otherwise."""


class GoogleAuthorizer:
    """`authorizer.Authorizer`. credentials_file: any kind of Google credentials file, None = the default ones."""

    def __init__(self, credentials_file: str | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._file = credentials_file
        self._found: Any = None
        silence("google")
        self._holder: Holder[bytes] = Holder(self._fetch, "Google access token", clock)

    async def headers(self, url: str, host: bytes, content_type: bytes, body: bytes, timeout_s: float) -> list[Header]:
        """See `Authorizer`."""
        return [(b"authorization", b"Bearer " + await self._holder.get(timeout_s))]

    def doubt(self) -> None:
        self._holder.doubt()

    async def aclose(self) -> None:
        await self._holder.aclose()

    def _fetch(self, anew: bool) -> Lease[bytes]:
        """Blocks: reads files and asks a token endpoint."""
        try:
            if self._found is None or anew:
                self._found = self._load()
            self._found.refresh(_request)
        except ImportError:
            raise refused("google-auth is not installed: pip install 'otelgate[vertex]'") from None
        except CredentialError:
            raise
        except Exception as error:
            raise _named(error) from None
        token: str = self._found.token
        expiry: datetime | None = self._found.expiry
        return Lease(token.encode("ascii"), lambda seconds: expiry is None or _in(seconds) < expiry)

    def _load(self) -> Any:
        google_auth = import_module("google.auth")
        if self._file is None:
            return google_auth.default(scopes=[SCOPE], request=_request)[0]
        try:
            info = json.loads(Path(self._file).expanduser().read_text())
        except (OSError, ValueError) as error:
            raise refused(f"the Google credentials file cannot be read: {type(error).__name__}") from None
        return google_auth.load_credentials_from_dict(info, scopes=[SCOPE], request=_request)[0]


def _in(seconds: float) -> datetime:
    """That moment as google-auth writes it: UTC without saying so."""
    return datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=seconds)


def _named(error: Exception) -> Exception:
    if type(error).__module__.partition(".")[0] != "google":
        return error
    away = getattr(error, "retryable", False) or type(error).__name__ in ("TransportError", "TimeoutError")
    return (unreachable if away else refused)(f"no Google access token: {type(error).__name__}")


class _Response(NamedTuple):
    """`google.auth.transport.Response`."""

    status: int
    headers: Mapping[str, str]
    data: bytes


def _request(
    url: str,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float | None = None,
    **_: object,
) -> _Response:
    """`google.auth.transport.Request`: what google-auth wants to be called for its HTTP requests."""
    verify = build_ssl_context(env=os.environ) if url.startswith("https:") else True
    try:
        answer = httpx.request(method, url, content=body, headers=headers, timeout=timeout or ANSWER_S, verify=verify)
    except httpx.HTTPError as error:
        raise import_module("google.auth.exceptions").TransportError(type(error).__name__) from None
    return _Response(answer.status_code, answer.headers, answer.content)

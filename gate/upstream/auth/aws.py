"""AWS Signature Version 4 by botocore's signer, with credentials of botocore's own chain.

The chain is botocore's: environment, shared files (with the configured profile, assumed roles and IAM Identity Center
among them), web identity, container and instance metadata. It is asked in a thread, for the first request and whenever
what it gave is about to end. Signed are the method, the URL, the body, `host` and `content-type`: every other header
may be changed on the way. docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html (read 2026-11-21)
"""

import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from gate.engine.ports import Header
from gate.upstream.auth.lease import Holder, Lease, refused, silence, unreachable

# What botocore raises when somebody did not answer; everything else is a missing or refused credential.
_UNREACHABLE = ("HTTPClientError", "ConnectionError", "MetadataRetrievalError", "CredentialRetrievalError")


class _Signer:
    """botocore's signer with the credentials of the moment."""

    def __init__(self, credentials: Any, service: str, region: str) -> None:
        self._auth = import_module("botocore.auth").SigV4Auth(credentials, service, region)
        self._request: Any = import_module("botocore.awsrequest").AWSRequest

    def headers(self, url: str, given: dict[str, str], body: bytes) -> list[Header]:
        """given: the headers that are signed and travel anyway. Returns those the signature adds."""
        request = self._request(method="POST", url=url, data=body, headers=given)
        self._auth.add_auth(request)
        return [
            (name.lower().encode("ascii"), value.encode("latin-1"))
            for name, value in request.headers.items()
            if name.lower() not in given
        ]


class AwsAuthorizer:
    """`authorizer.Authorizer`. service: the name requests are signed for. profile: of the AWS files, None = default."""

    def __init__(
        self, service: str, region: str, profile: str | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._service = service
        self._region = region
        self._profile = profile
        self._found: Any = None
        silence("botocore")
        self._holder: Holder[_Signer] = Holder(self._fetch, "AWS credentials", clock)

    async def headers(self, url: str, host: bytes, content_type: bytes, body: bytes, timeout_s: float) -> list[Header]:
        """See `Authorizer`."""
        signer = await self._holder.get(timeout_s)
        given = {"host": host.decode("ascii"), "content-type": content_type.decode("latin-1")}
        return signer.headers(url, given, body)

    def doubt(self) -> None:
        self._holder.doubt()

    async def aclose(self) -> None:
        await self._holder.aclose()

    def _fetch(self, anew: bool) -> Lease[_Signer]:
        """Blocks. What botocore read of a file it never reads again by itself, so a new session is made when the old
        credentials are doubted."""
        try:
            if self._found is None or anew:
                session = import_module("botocore.session").Session(profile=self._profile)
                self._found = session.get_credentials()
            held = self._found
            if held is None:
                raise refused("no AWS credentials: nothing in AWS's default chain gives any")
            signer = _Signer(held.get_frozen_credentials(), self._service, self._region)
        except ImportError:
            raise refused("botocore is not installed: pip install 'otelgate[bedrock]'") from None
        except Exception as error:
            raise _named(error) from None
        needs = getattr(held, "refresh_needed", None)  # credentials that never end have no such method
        return Lease(signer, lambda seconds: needs is None or not needs(seconds))


def _named(error: Exception) -> Exception:
    if type(error).__module__.partition(".")[0] != "botocore":
        return error
    kinds = {kind.__name__ for kind in type(error).__mro__}
    make = unreachable if kinds.intersection(_UNREACHABLE) else refused
    return make(f"no AWS credentials: {type(error).__name__}")

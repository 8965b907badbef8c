"""What the transport asks of a way to authorize requests. One module beside this one for each."""

from typing import Protocol

from gate.engine.ports import Header


class Authorizer(Protocol):
    async def headers(self, url: str, host: bytes, content_type: bytes, body: bytes, timeout_s: float) -> list[Header]:
        """What a POST of this body carries so that the host accepts it. timeout_s: for getting a credential, when none
        is held. Raises CredentialError."""
        ...

    def doubt(self) -> None:
        """The host refused what `headers` gave."""
        ...

    async def aclose(self) -> None: ...

"""From what was read of a request to what the planner sees of it."""

from gate.admission.credentials import Admitted
from gate.admission.profiles import Client
from gate.core.request import RequestFeatures
from gate.engine.ports import Inbound
from gate.engine.snapshot import Snapshot
from gate.protocols.codec import Scanned

MODEL_CHARACTERS = 256
BYTES_PER_TOKEN = 4
"""A rule of thumb, only good enough to see that a request is far beyond a context window."""


def features_of(
    inbound: Inbound, scanned: Scanned, admitted: Admitted, client: Client, body_bytes: int, snapshot: Snapshot
) -> RequestFeatures:
    """Features of one request; never its text."""
    return RequestFeatures(
        dialect=inbound.dialect,
        operation=inbound.operation,
        model=scanned.model[:MODEL_CHARACTERS],
        stream=scanned.stream,
        body_bytes=body_bytes,
        token_estimate=body_bytes // BYTES_PER_TOKEN,
        tools=scanned.tools,
        images=scanned.images,
        thinking=scanned.thinking,
        json_schema=scanned.json_schema,
        max_tokens=scanned.max_tokens,
        messages=scanned.messages,
        client=client.profile,
        client_version=client.version,
        client_key=admitted.client_key,
        own_credential=admitted.own_credential and not _has_configured_key(inbound, snapshot),
        session=client.session,
        conversation_id=client.session.id or scanned.user_id,
    )


def _has_configured_key(inbound: Inbound, snapshot: Snapshot) -> bool:
    """A configured key comes before a client's own credential wherever one could serve this dialect."""
    return any(
        provider.unusable is None and inbound.dialect in provider.dialects and not snapshot.targets[name].simulated
        for name, provider in snapshot.world.providers.items()
        if name in snapshot.targets
    )

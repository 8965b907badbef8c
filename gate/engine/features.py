"""From what was read of a request to what the planner sees of it."""

from hashlib import blake2b

from gate.admission.credentials import Admitted
from gate.admission.profiles import Client
from gate.core.loss import Use
from gate.core.request import RequestFeatures, Session
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
        own_credential=_uses_own(admitted, inbound, snapshot),
        session=client.session,
        conversation_id=client.session.id or scanned.user_id,
        uses=scanned.uses,
        web_search=Use.WEB_SEARCH in scanned.uses,
        sticky_key=sticky_key(admitted.client_key, client.session, scanned.cache_key),
    )


def sticky_key(client_key: str | None, session: Session, cache_key: str | None) -> str | None:
    """What requests of one session have in common and no others have, None where the client tells nothing: 24 hex
    digits, for what clients send may name a person. A sub-agent has a conversation of its own, and so a key of its own;
    so has every client key, whatever ids its holder sends."""
    known = session.id or cache_key
    if known is None:
        return None
    parts = "\0".join((client_key or "", "header" if session.id else "body", session.agent or "", known))
    return blake2b(parts.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def _uses_own(admitted: Admitted, inbound: Inbound, snapshot: Snapshot) -> bool:
    """Whether a client's own credential is one to be used, on its vendor's routes.

    A configured key of a provider that speaks the client's dialect comes before it. Keys of other providers do not: a
    client that signed in with its vendor is served there first, and by them only in its stead. But what does not look
    like a credential of that vendor gives way to every configured key.
    """
    if not admitted.own_credential:
        return False
    keyed = [
        provider
        for name, provider in snapshot.world.providers.items()
        if provider.unusable is None and name in snapshot.targets and not snapshot.targets[name].simulated
    ]
    if any(inbound.dialect in provider.dialects for provider in keyed):
        return False
    reachable = snapshot.world.carries.keys()
    return admitted.own_looks_real or not any(provider.dialects & reachable for provider in keyed)

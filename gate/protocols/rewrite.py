"""The one change the raw lane makes to a request: Gate's own members, in place."""

import msgspec

from gate.protocols.codec import Scanned, Span
from gate.protocols.splice import replace


def rewrite(body: bytes, scanned: Scanned, model: str) -> bytes:
    """The body with `model` replaced and, where it was asked for, usage requested; every other byte as it was. A body
    that needs no change is returned as it is."""
    edits: list[tuple[Span, bytes]] = []
    if model != scanned.model and scanned.model_at is not None:
        edits.append((scanned.model_at, msgspec.json.encode(model)))
    if scanned.usage_at is not None and scanned.usage_insert is not None:
        edits.append((scanned.usage_at, scanned.usage_insert))
    return replace(body, edits) if edits else body

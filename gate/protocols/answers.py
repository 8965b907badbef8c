"""What the error answers of all dialects have in common: the headers that tell a client whether and when to retry."""

import math
from collections.abc import Mapping

import msgspec

from gate.core.errors import GateError
from gate.protocols.codec import Header

# Sending the same request again cannot help. Never on 408, 409, 429 or 5xx: there it would stop Claude Code at once.
_PERMANENT = frozenset({400, 401, 403, 404, 413})
# Codex does not retry a 429 without Retry-After at all.
_COME_BACK = frozenset({429, 503, 529})
_DEFAULT_WAIT_S = 1


def json_answer(status: int, payload: Mapping[str, object], error: GateError) -> tuple[int, tuple[Header, ...], bytes]:
    """Status, headers and body of an error answer."""
    headers: list[Header] = [(b"content-type", b"application/json")]
    if status in _COME_BACK:
        headers.append((b"retry-after", str(wait_s(error)).encode()))
    if status in _PERMANENT:
        headers.append((b"x-should-retry", b"false"))
    return status, tuple(headers), msgspec.json.encode(payload)


def wait_s(error: GateError) -> int:
    """Whole seconds after which the client should come back."""
    asked = error.retry_after_s
    if asked is None or not math.isfinite(asked):
        return _DEFAULT_WAIT_S
    return max(_DEFAULT_WAIT_S, math.ceil(asked))

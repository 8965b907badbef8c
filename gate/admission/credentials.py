"""What the credentials of a request are: Gate's own key, the client's own, both, or nothing.

Clients send credentials in `x-api-key`, `Authorization: Bearer` or `x-goog-api-key`, some in two of them at once. Where
client keys are on, either may be the Gate key while the other is the user's own. Whatever begins with `gate-` is Gate's
or nobody's: it is never taken for a client's own credential.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gate.admission.keys import KeyRing, is_gate_key
from gate.core.dialect import Dialect
from gate.core.errors import ErrorCode, GateError

Header = tuple[bytes, bytes]

BEARER = b"bearer "
_NAMES = frozenset({b"authorization", b"x-api-key", b"x-goog-api-key"})
_OWN_OF = {
    Dialect.ANTHROPIC_MESSAGES: frozenset({b"authorization", b"x-api-key"}),
    Dialect.OPENAI_CHAT: frozenset({b"authorization"}),
    Dialect.OPENAI_RESPONSES: frozenset({b"authorization"}),
    Dialect.GEMINI: frozenset({b"authorization", b"x-goog-api-key"}),
}
# How the vendors' own keys and tokens begin. Only a preference hangs on it: see `Admitted.own_looks_real`.
_BEGIN = {
    Dialect.ANTHROPIC_MESSAGES: (b"sk-ant-",),
    Dialect.OPENAI_CHAT: (b"sk-",),
    Dialect.OPENAI_RESPONSES: (b"sk-",),
    Dialect.GEMINI: (b"AIza", b"AQ.", b"ya29."),
}
_HOW = "send it as `x-api-key` or as `Authorization: Bearer`"


@dataclass(frozen=True, slots=True)
class Admitted:
    """client_key: name of the Gate key that was sent, None without one. own_credential: the client sent a credential of
    its own; it belongs to its dialect's own vendor. own_looks_real: it begins like that vendor's credentials do;
    clients that were told to send something send words like `unused` or `fake-key`."""

    client_key: str | None = None
    own_credential: bool = False
    own_looks_real: bool = False


def admit(headers: Sequence[Header], keys: KeyRing, *, required: bool, dialect: Dialect | None = None) -> Admitted:
    """Read the credentials of a request.

    required: a client key must be there. dialect: only headers in which its vendor takes credentials count as the
    client's own; None takes all. Raises GateError missing_key, or wrong_key for a key that begins like Gate's but is in
    no ring (also where none is required: whoever sends one means to be recognised).

    A client key that does not begin with `gate-` (the operator brought it) is known by the ring alone. Nothing later on
    could tell it from a client's own credential, so such a request has none: no credential of it leaves Gate.
    """
    client_key: str | None = None
    wrong = own = real = unmarked = False
    for name, value in headers:
        if name not in _NAMES:
            continue
        credential = value.strip() if name != b"authorization" else bearer(value)
        if not credential:
            continue
        known = keys.name_of(credential) if keys else None
        marked = is_gate_key(credential)
        if known is not None:
            client_key = client_key or known
            unmarked = unmarked or not marked
        elif marked:
            wrong = wrong or bool(keys)
        else:
            own = own or dialect is None or name in _OWN_OF[dialect]
            real = real or (dialect is not None and credential.startswith(_BEGIN[dialect]))
    if client_key is None:
        if wrong:
            raise GateError(ErrorCode.WRONG_KEY, f"this key is not one of this Gate's client keys; {_HOW}")
        if required:
            raise GateError(ErrorCode.MISSING_KEY, f"this Gate asks for a client key (it begins with `gate-`); {_HOW}")
    own = own and not unmarked
    return Admitted(client_key, own, own and real)


def admin_key_name(headers: Sequence[Header], keys: KeyRing) -> str | None:
    """The name of the admin key a request carries, None without one."""
    found: str | None = None
    for name, value in headers:
        if name in _NAMES:
            credential = value.strip() if name != b"authorization" else bearer(value)
            found = found or (keys.name_of(credential) if credential else None)
    return found


def bearer(value: bytes) -> bytes:
    """The token of an `Authorization` value; empty for other schemes. The scheme's case does not matter."""
    value = value.strip()
    return value[len(BEARER) :].strip() if value[: len(BEARER)].lower() == BEARER else b""

"""Which headers cross Gate, in both directions (the table of the protocol notes, as two pure functions).

Names are compared in lower case; order, spelling and duplicates of what passes are kept.
"""

import math
from collections.abc import Iterable, Sequence

from gate.core.dialect import Dialect
from gate.core.profile import AuthStyle, Endpoint
from gate.core.secret import Secret

Header = tuple[bytes, bytes]

HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"http2-settings",
    }
)
CREDENTIALS = frozenset({b"authorization", b"x-api-key", b"x-goog-api-key", b"api-key"})
# Every header by which a trace could go on behind Gate: only Gate's own go up, by the provider's policy.
TRACE = frozenset(
    {
        b"traceparent",
        b"tracestate",
        b"traceresponse",
        b"baggage",
        b"b3",
        b"uber-trace-id",
        b"x-amzn-trace-id",
        b"x-cloud-trace-context",
        b"sentry-trace",
    }
)
_NEVER_UP_PREFIXES = (b"x-forwarded-", b"x-gate-", b"x-b3-", b"x-datadog-", b"uberctx-")
# Set by Gate itself, or meaningless on the next hop.
_OWN = frozenset(
    {b"host", b"cookie", b"content-length", b"content-encoding", b"accept-encoding", b"expect", b"forwarded"}
)
_NEVER_UP = HOP_BY_HOP | TRACE | _OWN
_NEVER_DOWN = HOP_BY_HOP | frozenset(
    {b"content-length", b"set-cookie", b"alt-svc", b"strict-transport-security", b"server", b"date"}
)
_ANY_DIALECT = frozenset({b"user-agent", b"accept", b"accept-language"})
_GATE_KEY = b"gate-"
_BEARER = frozenset({AuthStyle.BEARER, AuthStyle.AWS_SIGV4, AuthStyle.GOOGLE_OAUTH})

REQUEST_ID = {
    Dialect.ANTHROPIC_MESSAGES: b"request-id",
    Dialect.OPENAI_CHAT: b"x-request-id",
    Dialect.OPENAI_RESPONSES: b"x-request-id",
    Dialect.GEMINI: b"x-request-id",
}


def first(headers: Iterable[Header], name: bytes) -> bytes | None:
    """The first value of a header, `name` in lower case."""
    for key, value in headers:
        if key.lower() == name:
            return value
    return None


def _connection_named(headers: Sequence[Header]) -> frozenset[bytes]:
    named = [
        token.strip().lower() for key, value in headers if key.lower() == b"connection" for token in value.split(b",")
    ]
    return frozenset(named)


def _is_gate_key(value: bytes) -> bool:
    token = value.strip()
    if token[:7].lower() == b"bearer ":
        token = token[7:].lstrip()
    return token.startswith(_GATE_KEY)


def _credential(style: AuthStyle, key: Secret) -> Header | None:
    value = key.reveal().encode("latin-1")
    if style in _BEARER:
        return b"authorization", b"Bearer " + value
    if style is AuthStyle.X_API_KEY:
        return b"x-api-key", value
    if style is AuthStyle.X_GOOG_API_KEY:
        return b"x-goog-api-key", value
    if style is AuthStyle.API_KEY:
        return b"api-key", value
    return None


def to_upstream(
    client: Sequence[Header],
    *,
    endpoint: Endpoint,
    key: Secret | None,
    own_credential: bool,
    extra: Sequence[tuple[str, str]],
    via: bytes,
    body_bytes: int,
    translated: bool = False,
) -> list[Header]:
    """Headers of the upstream request.

    client: the client's, names in lower case. own_credential: its credential headers pass (a Gate key among them never
    does); otherwise none of them does and `key` is sent in the endpoint's style. extra: the provider's configured ones.
    translated: the upstream speaks another dialect, to which the client's own headers (versions, betas, SDK facts) mean
    nothing; only what `_ANY_DIALECT` names and the credential pass. The transport adds `host`.
    """
    dropped = _connection_named(client)
    out: list[Header] = []
    seen: set[bytes] = set()
    for name, value in client:
        if name in _NEVER_UP or name in dropped or name.startswith(_NEVER_UP_PREFIXES):
            continue
        if translated and name not in _ANY_DIALECT and name not in CREDENTIALS:
            continue
        if name in CREDENTIALS and (not own_credential or _is_gate_key(value)):
            continue
        seen.add(name)
        out.append((name, value))
    if key is not None and not own_credential:
        credential = _credential(endpoint.auth, key)
        if credential is not None:
            out.append(credential)
    for text_name, text_value in endpoint.headers:
        name = text_name.lower().encode("latin-1")
        if name not in seen:
            out.append((name, text_value.encode("latin-1")))
    out.extend((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in extra)
    if translated:
        out.append((b"content-type", b"application/json"))
    # The tap reads what passes: a compressed answer would silently lose its usage.
    out.append((b"accept-encoding", b"identity"))
    out.append((b"via", via))
    out.append((b"content-length", b"%d" % body_bytes))
    return out


def to_client(
    upstream: Sequence[Header], *, decoded: bool, dialect: Dialect, made_up_id: bytes, own: Sequence[Header]
) -> list[Header]:
    """Headers of the answer to the client: the upstream's that may pass, a request id in the dialect's own spelling
    (the upstream's under its other name, else `made_up_id`), then Gate's own."""
    dropped = _connection_named(upstream)
    out: list[Header] = []
    ids: dict[bytes, bytes] = {}
    for raw, value in upstream:
        name = raw.lower()
        if name in _NEVER_DOWN or name in dropped or name.startswith(b"x-gate-"):
            continue
        if decoded and name == b"content-encoding":
            continue
        if name in (b"request-id", b"x-request-id"):
            ids[name] = value
        out.append((name, value))
    wanted = REQUEST_ID[dialect]
    if wanted not in ids:
        out.append((wanted, next(iter(ids.values()), made_up_id)))
    out.extend(own)
    return out


def error_to_client(status: int, headers: list[Header], wait_s: float | None = None) -> list[Header]:
    """What clients need beside an upstream's own error: `retry-after` on every 429 (a small one where the upstream gave
    none: Codex does not retry a 429 without it), `x-should-retry: false` on the permanent ones (Claude Code would
    otherwise repeat a 401 for minutes), and on nothing else. wait_s: as read of the upstream's answer, which may say it
    in its body (Google)."""
    if status == 429 and first(headers, b"retry-after") is None:
        headers.append((b"retry-after", b"%d" % (2 if wait_s is None else math.ceil(wait_s))))
    if status in (400, 401, 403, 404, 413) and first(headers, b"x-should-retry") is None:
        headers.append((b"x-should-retry", b"false"))
    return headers

"""Which headers cross Gate."""

import pytest

from gate.core.dialect import Dialect
from gate.core.profile import AuthStyle, Endpoint
from gate.core.secret import Secret
from gate.engine.headers import Header, error_to_client, first, to_client, to_upstream

ENDPOINT = Endpoint("/v1/messages", AuthStyle.X_API_KEY, headers=(("anthropic-version", "2023-06-01"),))


def up(client: list[Header], *, own: bool = False, key: str | None = "provider-key") -> list[Header]:
    return to_upstream(
        client,
        endpoint=ENDPOINT,
        key=Secret(key) if key else None,
        own_credential=own,
        extra=(("X-Org", "one"),),
        via=b"1.1 gate-00000000",
        body_bytes=7,
    )


@pytest.mark.parametrize(
    "name",
    [
        b"host",
        b"cookie",
        b"connection",
        b"te",
        b"transfer-encoding",
        b"forwarded",
        b"x-forwarded-for",
        b"traceparent",
        b"tracestate",
        b"baggage",
        b"x-gate-anything",
        b"proxy-authorization",
        b"content-length",
        b"expect",
    ],
)
def test_these_never_go_up(name: bytes) -> None:
    assert [value for key, value in up([(name, b"secret-of-client")]) if value == b"secret-of-client"] == []


def test_what_only_the_clients_dialect_means_stays_here_when_translated() -> None:
    client = [
        (b"user-agent", b"cli/1"),
        (b"accept", b"*/*"),
        (b"content-type", b"text/plain"),
        (b"anthropic-beta", b"a,b"),
        (b"x-stainless-lang", b"js"),
        (b"x-api-key", b"own-key"),
    ]
    sent = to_upstream(
        client,
        endpoint=Endpoint("/v1/chat/completions"),
        key=Secret("provider-key"),
        own_credential=False,
        extra=(("X-Org", "one"),),
        via=b"1.1 gate-00000000",
        body_bytes=7,
        translated=True,
    )
    assert sent == [
        (b"user-agent", b"cli/1"),
        (b"accept", b"*/*"),
        (b"authorization", b"Bearer provider-key"),
        (b"x-org", b"one"),
        (b"content-type", b"application/json"),
        (b"accept-encoding", b"identity"),
        (b"via", b"1.1 gate-00000000"),
        (b"content-length", b"7"),
    ]


def test_headers_named_in_connection_stay_here() -> None:
    assert first(up([(b"connection", b"close, X-Hop"), (b"x-hop", b"1")]), b"x-hop") is None


def test_the_clients_key_is_replaced_by_the_providers() -> None:
    sent = up([(b"authorization", b"Bearer gate-abc"), (b"x-api-key", b"client")])
    assert first(sent, b"authorization") is None
    assert [value for name, value in sent if name == b"x-api-key"] == [b"provider-key"]


def test_an_own_credential_passes_but_never_a_gate_key() -> None:
    client = [(b"authorization", b"Bearer own-token"), (b"x-api-key", b"gate-secret")]
    sent = up(client, own=True)
    assert first(sent, b"authorization") == b"Bearer own-token"
    assert first(sent, b"x-api-key") is None


def test_order_and_duplicates_are_kept() -> None:
    client = [(b"anthropic-beta", b"a"), (b"x-one", b"1"), (b"anthropic-beta", b"b"), (b"x-one", b"2")]
    assert [pair for pair in up(client) if pair in client] == client


def test_a_clients_version_wins_over_the_default() -> None:
    versions = [v for n, v in up([(b"anthropic-version", b"2026-10-21")]) if n == b"anthropic-version"]
    assert versions == [b"2026-10-21"]
    assert first(up([]), b"anthropic-version") == b"2023-06-01"


def test_gates_own_headers() -> None:
    sent = up([(b"accept-encoding", b"gzip, br, zstd"), (b"via", b"1.1 proxy")])
    assert [v for n, v in sent if n == b"accept-encoding"] == [b"identity"]
    assert [v for n, v in sent if n == b"via"] == [b"1.1 proxy", b"1.1 gate-00000000"]
    assert first(sent, b"content-length") == b"7"
    assert first(sent, b"x-org") == b"one"


def down(upstream: list[Header], *, decoded: bool = False, dialect: Dialect = Dialect.OPENAI_CHAT) -> list[Header]:
    return to_client(upstream, decoded=decoded, dialect=dialect, made_up_id=b"made-up", own=[(b"x-gate-lane", b"l")])


@pytest.mark.parametrize(
    "name", [b"Set-Cookie", b"Alt-Svc", b"Strict-Transport-Security", b"Server", b"Date", b"Connection", b"X-Gate-Lane"]
)
def test_these_never_come_down(name: bytes) -> None:
    assert all(value != b"upstream" for _, value in down([(name, b"upstream")]))


def test_the_request_id_is_the_upstreams() -> None:
    assert first(down([(b"X-Request-Id", b"req_1")]), b"x-request-id") == b"req_1"
    assert first(down([]), b"x-request-id") == b"made-up"
    assert first(down([(b"x-request-id", b"r")], dialect=Dialect.ANTHROPIC_MESSAGES), b"request-id") == b"r"


def test_an_encoding_is_dropped_only_when_decoded() -> None:
    assert first(down([(b"content-encoding", b"gzip")]), b"content-encoding") == b"gzip"
    assert first(down([(b"content-encoding", b"gzip")], decoded=True), b"content-encoding") is None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413])
def test_permanent_errors_stop_retries(status: int) -> None:
    assert first(error_to_client(status, []), b"x-should-retry") == b"false"


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503, 529])
def test_others_do_not(status: int) -> None:
    assert first(error_to_client(status, []), b"x-should-retry") is None


def test_retry_after_on_429_is_the_upstreams_or_a_small_one() -> None:
    assert first(error_to_client(429, [(b"retry-after", b"300")]), b"retry-after") == b"300"
    assert first(error_to_client(429, []), b"retry-after") == b"2"
    assert first(error_to_client(429, [], 34.07), b"retry-after") == b"35"

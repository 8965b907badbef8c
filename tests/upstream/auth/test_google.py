"""Access tokens of Google, from a token endpoint of this machine's own that checks what it is sent."""

import base64
import json
import threading
import time
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from gate.core.failure import FailureKind
from gate.upstream.auth.google import SCOPE, GoogleAuthorizer
from gate.upstream.auth.lease import PAUSE_S, CredentialError
from tests.upstream.conftest import Run
from tests.upstream.rawserver import until

EMAIL = "gate@example.iam.gserviceaccount.com"
AUDIENCE = "https://oauth2.googleapis.com/token"
"""What google-auth signs for, whatever the address of the endpoint."""
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


class Endpoint:
    """An OAuth token endpoint: verifies the assertion with the service account's public key, then gives `token-N`."""

    def __init__(self) -> None:
        self.asked = 0
        self.status = 200
        self.error = "invalid_grant"
        self.lasts = 3600
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = self.rfile.read(int(self.headers["content-length"])).decode()
                outer.check(dict(urllib.parse.parse_qsl(form)))
                outer.asked += 1
                told: dict[str, Any] = {"access_token": f"token-{outer.asked}", "expires_in": outer.lasts}
                if outer.status != 200:
                    told = {"error": outer.error, "error_description": "a secret of the issuer"}
                body = json.dumps(told).encode()
                self.send_response(outer.status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/token"

    def check(self, form: dict[str, str]) -> None:
        head, claims, signature = form["assertion"].split(".")
        KEY.public_key().verify(decoded(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
        said = json.loads(decoded(claims))
        assert (said["iss"], said["scope"], said["aud"]) == (EMAIL, SCOPE, AUDIENCE)
        assert said["iat"] <= time.time() + 1 < said["exp"]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint()
    yield made
    made.close()


def account_file(token_uri: str) -> str:
    """A service account's key file."""
    pem = KEY.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    return json.dumps(
        {
            "type": "service_account",
            "project_id": "example",
            "private_key_id": "one",
            "private_key": pem,
            "client_email": EMAIL,
            "token_uri": token_uri,
        }
    )


@pytest.fixture
def account(endpoint: Endpoint, tmp_path: Path) -> str:
    path = tmp_path / "account.json"
    path.write_text(account_file(endpoint.url))
    return str(path)


async def token(authorizer: GoogleAuthorizer) -> bytes:
    ((name, value),) = await authorizer.headers("https://x.example/y", b"x.example", b"application/json", b"{}", 10)
    assert name == b"authorization"
    return value


def test_a_service_accounts_token_is_fetched_once(run: Run, endpoint: Endpoint, account: str) -> None:
    async def main() -> None:
        authorizer = GoogleAuthorizer(account)
        assert endpoint.asked == 0
        assert [await token(authorizer) for _ in range(3)] == [b"Bearer token-1"] * 3
        assert endpoint.asked == 1

    run(main())


def test_googles_default_credentials(
    run: Run, endpoint: Endpoint, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", account)

    async def main() -> None:
        assert await token(GoogleAuthorizer(None)) == b"Bearer token-1"

    run(main())


def test_a_token_about_to_end_is_renewed_beside_the_requests(run: Run, endpoint: Endpoint, account: str) -> None:
    endpoint.lasts = 300

    async def main() -> None:
        clock = [1_000.0]
        authorizer = GoogleAuthorizer(account, clock=lambda: clock[0])
        assert await token(authorizer) == b"Bearer token-1"
        clock[0] += PAUSE_S + 1
        assert await token(authorizer) == b"Bearer token-1"
        await until(lambda: endpoint.asked == 2)
        await until(lambda: authorizer._holder._task is None)  # pyright: ignore[reportPrivateUsage]
        assert await token(authorizer) == b"Bearer token-2"

    run(main())


def test_a_token_that_has_ended_is_not_used(run: Run, endpoint: Endpoint, account: str) -> None:
    endpoint.lasts = 10

    async def main() -> None:
        authorizer = GoogleAuthorizer(account)
        assert await token(authorizer) == b"Bearer token-1"
        assert await token(authorizer) == b"Bearer token-2"

    run(main())


def test_a_refused_token_is_fetched_anew(run: Run, endpoint: Endpoint, account: str) -> None:
    async def main() -> None:
        clock = [1_000.0]
        authorizer = GoogleAuthorizer(account, clock=lambda: clock[0])
        assert await token(authorizer) == b"Bearer token-1"
        clock[0] += PAUSE_S + 1
        authorizer.doubt()
        assert await token(authorizer) == b"Bearer token-2"

    run(main())


def test_nothing_of_a_token_is_logged_at_any_level(
    run: Run, endpoint: Endpoint, account: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)

    async def main() -> None:
        await token(GoogleAuthorizer(account))

    run(main())
    assert not [word for word in ("token-1", "assertion", "BEGIN", EMAIL) if word in caplog.text]


def failure(run: Run, file: str) -> tuple[FailureKind, str]:
    async def main() -> None:
        with pytest.raises(CredentialError) as raised:
            await token(GoogleAuthorizer(file))
        found.append((raised.value.failure.kind, raised.value.failure.detail))

    found: list[tuple[FailureKind, str]] = []
    run(main())
    return found[0]


def test_an_account_the_issuer_refuses(run: Run, endpoint: Endpoint, account: str) -> None:
    endpoint.status = 400
    kind, detail = failure(run, account)
    assert kind is FailureKind.INVALID_AUTH
    assert "RefreshError" in detail and "secret" not in detail


def test_an_issuer_that_is_broken(run: Run, endpoint: Endpoint, account: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)  # google-auth's own pauses between its tries
    endpoint.status, endpoint.error = 503, "internal_failure"
    assert failure(run, account)[0] is FailureKind.CONNECT_ERROR


def test_an_issuer_that_is_not_there(run: Run, endpoint: Endpoint, account: str) -> None:
    endpoint.close()
    kind, detail = failure(run, account)
    assert kind is FailureKind.CONNECT_ERROR
    assert "127.0.0.1" not in detail


@pytest.mark.parametrize("content", [None, "not JSON", "{}", '{"type":"service_account"}', '{"type":"x"}', "[]"])
def test_a_file_that_is_none(run: Run, tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "secret-name.json"
    if content is not None:
        path.write_text(content)
    kind, detail = failure(run, str(path))
    assert kind is FailureKind.INVALID_AUTH
    assert "secret-name" not in detail

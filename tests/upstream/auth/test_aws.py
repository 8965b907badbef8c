"""Requests signed for AWS, checked by computing the signature again from what the server received."""

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from gate.core.failure import FailureKind
from gate.upstream.auth.aws import AwsAuthorizer
from gate.upstream.auth.lease import CredentialError
from tests.upstream.conftest import Run

ID, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI-EXAMPLEKEY"
URL = "https://bedrock-runtime.us-east-1.amazonaws.com/model/anthropic.claude-x%3A0/invoke"
HOST = b"bedrock-runtime.us-east-1.amazonaws.com"


def verified(
    url: str, headers: dict[str, str], body: bytes, *, secret: str = SECRET, service: str = "bedrock", region: str
) -> None:
    """What a server does: sign the received request again, at the time it says, and compare. headers: lower case."""
    match = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=(\w+)/(\d{8})/([\w-]+)/([\w-]+)/aws4_request, "
        r"SignedHeaders=([\w;-]+), Signature=([0-9a-f]{64})",
        headers["authorization"],
    )
    assert match is not None, headers["authorization"]
    key_id, day, in_region, for_service, signed, signature = match.groups()
    assert (in_region, for_service) == (region, service)
    assert headers["x-amz-date"].startswith(day)
    names = signed.split(";")
    assert {"host", "content-type", "x-amz-date"} <= set(names)
    auth = SigV4Auth(Credentials(key_id, secret, headers.get("x-amz-security-token")), service, region)
    request = AWSRequest("POST", url, {name: headers[name] for name in names}, body)
    request.context["timestamp"] = headers["x-amz-date"]
    text = auth.string_to_sign(request, auth.canonical_request(request))
    assert auth.signature(text, request) == signature


@pytest.fixture(autouse=True)
def _no_machine_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """This machine's own account is nobody's business here."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ROLE_ARN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))


def signed(authorizer: AwsAuthorizer, run: Run, url: str = URL, body: bytes = b'{"a":1}') -> dict[str, str]:
    found: dict[str, str] = {"host": HOST.decode(), "content-type": "application/json"}

    async def main() -> None:
        headers = await authorizer.headers(url, HOST, b"application/json", body, 10)
        found.update({name.decode(): value.decode() for name, value in headers})

    run(main())
    return found


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    "model",
    [
        "anthropic.claude-x-v1:0",
        "us.anthropic.claude-opus-4-6-v1",
        "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/a1b2c3",
        "weird name/with spaces+and~tilde",
    ],
)
def test_a_signature_holds_for_every_spelling_of_a_model(run: Run, model: str) -> None:
    url = f"https://{HOST.decode()}/model/{quote(model, safe='')}/invoke-with-response-stream"
    headers = signed(AwsAuthorizer("bedrock", "us-east-1", None), run, url, b'{"messages":[]}')
    verified(url, headers, b'{"messages":[]}', region="us-east-1")
    assert "x-amz-security-token" not in headers


@pytest.mark.usefixtures("keys")
def test_another_body_another_path_and_another_secret_do_not_verify(run: Run) -> None:
    headers = signed(AwsAuthorizer("bedrock", "eu-central-1", None), run)
    verified(URL, headers, b'{"a":1}', region="eu-central-1")
    for url, body, secret in (
        (URL, b'{"a":2}', SECRET),
        (URL.replace("invoke", "other"), b'{"a":1}', SECRET),
        (URL, b'{"a":1}', "another"),
    ):
        with pytest.raises(AssertionError):
            verified(url, headers, body, secret=secret, region="eu-central-1")


def test_a_session_token_is_sent_and_signed(run: Run, monkeypatch: pytest.MonkeyPatch, keys: None) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "the-session")
    headers = signed(AwsAuthorizer("bedrock", "us-east-1", None), run)
    assert headers["x-amz-security-token"] == "the-session"
    assert "x-amz-security-token" in headers["authorization"]
    verified(URL, headers, b'{"a":1}', region="us-east-1")


def test_nothing_of_a_credential_is_logged_at_any_level(
    run: Run, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, keys: None
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "the-session")
    caplog.set_level(0)
    headers = signed(AwsAuthorizer("bedrock", "us-east-1", None), run)
    signature = headers["authorization"].rpartition("=")[2]
    assert not [word for word in (ID, SECRET, "the-session", signature) if word in caplog.text]


def test_a_profile_of_the_shared_files(run: Run, tmp_path: Path) -> None:
    (tmp_path / "credentials").write_text(
        f"[default]\naws_access_key_id = OTHER\naws_secret_access_key = other\n"
        f"[work]\naws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\n"
    )
    headers = signed(AwsAuthorizer("bedrock", "us-east-1", "work"), run)
    assert f"Credential={ID}/" in headers["authorization"]
    verified(URL, headers, b'{"a":1}', region="us-east-1")


def failure(authorizer: AwsAuthorizer, run: Run) -> tuple[FailureKind, str]:
    with pytest.raises(CredentialError) as raised:
        signed(authorizer, run)
    return raised.value.failure.kind, raised.value.failure.detail


def test_no_credentials_at_all(run: Run) -> None:
    kind, detail = failure(AwsAuthorizer("bedrock", "us-east-1", None), run)
    assert kind is FailureKind.INVALID_AUTH
    assert "nothing in AWS's default chain" in detail


def test_a_profile_that_is_not_there(run: Run) -> None:
    kind, detail = failure(AwsAuthorizer("bedrock", "us-east-1", "secret-name"), run)
    assert kind is FailureKind.INVALID_AUTH
    assert "ProfileNotFound" in detail and "secret-name" not in detail


class Container:
    """A container credentials endpoint: gives a new session on every request, or an error."""

    def __init__(self) -> None:
        self.asked = 0
        self.status = 200
        self.lasts = timedelta(hours=1)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked += 1
                end = datetime.now(UTC) + outer.lasts
                body = json.dumps(
                    {
                        "AccessKeyId": f"{ID}{outer.asked}",
                        "SecretAccessKey": SECRET,
                        "Token": f"session-{outer.asked}",
                        "Expiration": end.strftime("%Y-%m-%dT%H:%M:%SZ"),
                    }
                ).encode()
                self.send_response(outer.status)
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
        return f"http://127.0.0.1:{self.server.server_port}/credentials"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)


@pytest.fixture
def container(monkeypatch: pytest.MonkeyPatch) -> Iterator[Container]:
    made = Container()
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", made.url)
    yield made
    made.close()


async def token(authorizer: AwsAuthorizer) -> bytes:
    return dict(await authorizer.headers(URL, HOST, b"application/json", b"{}", 10))[b"x-amz-security-token"]


def test_a_role_is_asked_once_and_again_when_it_is_refused(run: Run, container: Container) -> None:
    async def main() -> None:
        clock = [1_000.0]
        authorizer = AwsAuthorizer("bedrock", "us-east-1", None, clock=lambda: clock[0])
        tokens = [await token(authorizer) for _ in range(3)]
        assert tokens == [b"session-1"] * 3
        clock[0] += 60
        authorizer.doubt()
        assert await token(authorizer) == b"session-2"
        assert container.asked == 2

    run(main())


def test_a_role_about_to_end_is_renewed_beside_the_requests(run: Run, container: Container) -> None:
    container.lasts = timedelta(minutes=5)

    async def main() -> None:
        clock = [1_000.0]
        authorizer = AwsAuthorizer("bedrock", "us-east-1", None, clock=lambda: clock[0])
        first = await token(authorizer)
        clock[0] += 60
        assert await token(authorizer) == first  # this one begins the renewal and does not wait for it
        async with asyncio.timeout(10):
            while await token(authorizer) == first:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    run(main())


def test_an_endpoint_that_answers_errors_is_nobodys_refusal(run: Run, container: Container) -> None:
    container.status = 500
    kind, detail = failure(AwsAuthorizer("bedrock", "us-east-1", None), run)
    assert kind is FailureKind.CONNECT_ERROR
    assert "127.0.0.1" not in detail

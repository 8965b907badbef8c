"""How commands ask over HTTP: a running Gate (`--url`, GATE_URL, GATE_ADMIN_KEY) and the stores of its telemetry.

Standard library only, and imported late: a command that asks nothing shall not pay for it.
"""

import argparse
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gate.cli.main import Failed

DEFAULT_URL = "http://127.0.0.1:4000"
TIMEOUT_S = 10.0


class Away(Failed):
    """Nobody answers at an address now; it may later."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. kind: the media type."""

    status: int
    kind: str
    body: bytes

    def json(self) -> Any:
        """Raises ValueError when the body is no JSON."""
        return json.loads(self.body)


def add_url(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--url",
        default=os.environ.get("GATE_URL", DEFAULT_URL),
        help=f"address of the running Gate (its admin listener, if it has one); GATE_URL; default {DEFAULT_URL}",
    )


def add_address(parser: argparse.ArgumentParser, name: str, what: str) -> None:
    """`--name URL` for where telemetry is; `address` reads it."""
    parser.add_argument(f"--{name}", metavar="URL", help=f"{what}; GATE_{name.upper()}_URL")


def address(options: argparse.Namespace, *names: str) -> tuple[str, str] | None:
    """The first of these that the command line names, else the first that a variable names: its name and address."""
    said = {name: getattr(options, name) for name in names}
    meant = {name: os.environ.get(f"GATE_{name.upper()}_URL") for name in names}
    return next(((name, url) for where in (said, meant) for name, url in where.items() if url), None)


def ask(options: argparse.Namespace, path: str, body: dict[str, Any] | None = None) -> Any:
    """The JSON answer of a running Gate. Raises Failed with what to do, Away when nobody answers."""
    answer = _from_gate(options, path, "application/json", None if body is None else json.dumps(body).encode())
    if answer.status != 200:
        raise Failed(_told(options, answer))
    try:
        return answer.json()
    except ValueError:
        raise Failed(f"what answers at {options.url} is no Gate; name one with --url") from None


def exposition(options: argparse.Namespace) -> str:
    """`/metrics` of a running Gate as plain text. Raises as `ask` does."""
    answer = _from_gate(options, "/metrics", "text/plain;version=0.0.4")
    if answer.status != 200:
        raise Failed(_told(options, answer))
    return answer.body.decode()


def readiness(options: argparse.Namespace) -> tuple[bool, str]:
    """Whether a running Gate takes requests, and why not. Raises Away when nobody answers."""
    answer = _from_gate(options, "/readyz", "application/json")
    try:
        document = answer.json()
        if document["status"] in ("ready", "not ready"):
            return answer.status == 200, str(document.get("reason", ""))
    except (ValueError, KeyError, TypeError):
        pass
    raise Failed(f"what answers at {options.url} is no Gate; name one with --url")


def _from_gate(options: argparse.Namespace, path: str, accept: str, data: bytes | None = None) -> Answer:
    key = os.environ.get("GATE_ADMIN_KEY")
    secret = {"authorization": f"Bearer {key}"} if key else {}
    try:
        # Straight to Gate: a proxy for the outside world has no business with an admin key.
        return fetch(options.url.rstrip("/") + path, accept=accept, secret=secret, data=data, direct=True)
    except Away as error:
        raise Away(f"no Gate answers at {options.url}: {error}; start it, or name it with --url") from None


def fetch(
    url: str,
    *,
    accept: str = "application/json",
    secret: Mapping[str, str] | None = None,
    data: bytes | None = None,
    direct: bool = False,
) -> Answer:
    """One request; a POST of JSON when there is data. Any status is an answer.

    secret: headers that are never sent on to where a redirect points. direct: past HTTP_PROXY and its like. Raises Away
    with the reason, Failed when the address is none.
    """
    import http.client
    import urllib.error
    import urllib.request

    try:
        asked = urllib.request.Request(url, data=data, headers={"accept": accept})
    except ValueError:
        raise Failed(f"{url} is no address: write http://HOST:PORT") from None
    if asked.type not in ("http", "https"):
        raise Failed(f"{url} is no address: write http://HOST:PORT")
    if data is not None:
        asked.add_header("content-type", "application/json")
    for name, value in (secret or {}).items():
        asked.add_unredirected_header(name, value)
    proxies = urllib.request.ProxyHandler({} if direct or _loopback(asked.host) else None)
    try:
        with urllib.request.build_opener(proxies).open(asked, timeout=TIMEOUT_S) as answer:
            return Answer(answer.status, answer.headers.get_content_type(), answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers.get_content_type(), error.read())
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise Away(str(getattr(error, "reason", error))) from None


def extra_headers(name: str) -> dict[str, str]:
    """GATE_NAME_HEADERS: what a store wants to be sent (a tenant, a credential), written as OTLP headers are:
    `key=value,key=value`. Raises Failed."""
    variable = f"GATE_{name.upper()}_HEADERS"
    headers: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in os.environ.get(variable, "").split(","))):
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise Failed(f"{variable} is not written as key=value,key=value")
        headers[key.strip()] = value.strip()
    return headers


def _loopback(host: str) -> bool:
    name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    return name in ("localhost", "[::1]") or name.startswith("127.")


def _told(options: argparse.Namespace, answer: Answer) -> str:
    try:
        error = answer.json()["error"]
        text, kind = str(error["message"]), error.get("code")
    except (ValueError, KeyError, TypeError):
        return f"{options.url} answered {answer.status}; is it a Gate? name one with --url"
    if answer.status in (401, 403):
        return f"{text}; GATE_ADMIN_KEY is what this command sends"
    if answer.status == 404 and kind == "not found":
        return f"{text}. Operators are served at the admin listener (gate serve --admin): name that with --url"
    return text

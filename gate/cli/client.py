"""How commands ask a running Gate: `--url` (GATE_URL) and GATE_ADMIN_KEY."""

import argparse
import json
import os
import urllib.error
import urllib.request
from typing import Any

from gate.cli.main import Failed

DEFAULT_URL = "http://127.0.0.1:4000"


def add_url(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--url",
        default=os.environ.get("GATE_URL", DEFAULT_URL),
        help=f"address of the running Gate (its admin listener, if it has one); GATE_URL; default {DEFAULT_URL}",
    )


def ask(options: argparse.Namespace, path: str, body: dict[str, Any] | None = None) -> Any:
    """The JSON answer of a running Gate. Raises Failed with what to do."""
    url = options.url.rstrip("/") + path
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(url, data=data, headers={"accept": "application/json"})
    key = os.environ.get("GATE_ADMIN_KEY")
    if key:
        asked.add_header("authorization", f"Bearer {key}")
    # Straight to Gate: a proxy for the outside world has no business with an admin key.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(asked, timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise Failed(_told(error)) from None
    except (urllib.error.URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise Failed(f"no Gate answers at {options.url}: {reason}; start it, or name it with --url") from None


def _told(error: urllib.error.HTTPError) -> str:
    try:
        return json.load(error)["error"]["message"]
    except (ValueError, KeyError, TypeError):
        return f"Gate answered {error.code}"

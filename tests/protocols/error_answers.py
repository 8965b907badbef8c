"""What the error answers of all dialects must keep to."""

from __future__ import annotations

import json
from typing import Any

from gate.core.dialect import Dialect
from gate.core.errors import ErrorCode, GateError
from gate.protocols.registry import codec

PERMANENT = {400, 401, 403, 404, 413}
COME_BACK = {429, 503, 529}


def answer(
    dialect: Dialect, code: ErrorCode, wait: float | None = None, message: str = "words"
) -> tuple[int, dict[str, str], Any]:
    """Status, headers and body, after checking what holds for every one of them."""
    error = GateError(code, message, retry_after_s=wait)
    status, headers, body = codec(dialect).error_response(error, "req_1")
    found = {name.decode(): value.decode() for name, value in headers}
    assert 400 <= status < 600
    assert len(found) == len(headers)
    assert found["content-type"] == "application/json"
    assert ("x-should-retry" in found) == (status in PERMANENT)
    assert found.get("x-should-retry", "false") == "false"
    assert ("retry-after" in found) == (status in COME_BACK)
    assert found.get("retry-after", "1").isdecimal()
    return status, found, json.loads(body)

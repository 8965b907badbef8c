"""gate.protocols.answers: the headers that tell a client whether and when to retry."""

from __future__ import annotations

import pytest

from gate.core.errors import ErrorCode, GateError
from gate.protocols.answers import json_answer, wait_s


@pytest.mark.parametrize(
    ("status", "retry_after", "should_retry"),
    [
        (400, False, True),
        (401, False, True),
        (404, False, True),
        (413, False, True),
        (405, False, False),
        (408, False, False),
        (409, False, False),
        (429, True, False),
        (503, True, False),
        (529, True, False),
        (500, False, False),
        (502, False, False),
        (504, False, False),
        (508, False, False),
    ],
)
def test_headers_by_status(status: int, retry_after: bool, should_retry: bool) -> None:
    found, headers, body = json_answer(status, {"a": "é"}, GateError(ErrorCode.INTERNAL, "x", retry_after_s=2))
    assert (found, body) == (status, '{"a":"é"}'.encode())
    names = [name for name, _ in headers]
    assert names[0] == b"content-type"
    assert ((b"retry-after", b"2") in headers) is retry_after
    assert ((b"x-should-retry", b"false") in headers) is should_retry


@pytest.mark.parametrize(
    ("asked", "shown"), [(None, 1), (0.1, 1), (1.01, 2), (300.0, 300), (float("nan"), 1), (-5.0, 1)]
)
def test_wait(asked: float | None, shown: int) -> None:
    assert wait_s(GateError(ErrorCode.OVERLOADED, "x", retry_after_s=asked)) == shown

"""What the upstream saw: one record per request, in memory and as JSON lines."""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, urlsplit

from tests.harness.http1 import Headers, Incoming

_MODEL_IN_PATH = re.compile(r"/models/([^/:]+):\w+$")


@dataclass(slots=True)
class Recorded:
    """One request and what became of it. `headers` and `body` are exactly what came over the wire.

    at, ended_at: seconds since the upstream started; ended_at and outcome are None while the answer runs.
    step: `tool`, `final`, `side`, or None for what is not a model call. fault: the kind of fault that was played.
    outcome: `answered`, `faulted` (answered, but with a fault), `client_gone` or `upstream_stopped`.
    refusal: why a strict upstream refused it, None when it did not.
    sent: bytes of the answer that were handed to the kernel, head included.
    """

    seq: int
    at: float
    client: str
    method: str
    target: str
    version: str
    headers: Headers
    body: bytes
    operation: str | None = None
    step: str | None = None
    fault: str | None = None
    unknown_tool_ids: tuple[str, ...] = ()
    request_id: str = ""
    refusal: str | None = None
    outcome: str | None = None
    ended_at: float | None = None
    sent: int = 0
    _json: Any = field(default=None, repr=False)

    @property
    def path(self) -> str:
        """The path without the query."""
        return urlsplit(self.target).path

    @property
    def json(self) -> Any:
        """The body as JSON. Raises ValueError when it is not."""
        if self._json is None:
            self._json = json.loads(self.body)
        return self._json

    @property
    def model(self) -> Any:
        """The body's `model`, or the one in the path as Gemini has it; None when there is no such thing."""
        in_path = _MODEL_IN_PATH.search(self.path)
        if in_path:
            return unquote(in_path[1])
        try:
            return self.json["model"]
        except (ValueError, TypeError, KeyError, RecursionError):
            return None

    @property
    def key(self) -> str | None:
        """The credential: of `Authorization: Bearer`, else of a key header."""
        bearer = self.header("authorization")
        if bearer is not None and bearer.lower().startswith("bearer "):
            return bearer[7:].strip()
        return self.header("x-api-key") or self.header("api-key") or self.header("x-goog-api-key")

    def values(self, name: str) -> list[str]:
        """All values of a header, in their order; its name in any case."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name: str) -> str | None:
        """The first value of a header, None when absent."""
        return next(iter(self.values(name)), None)

    def as_json(self) -> dict[str, Any]:
        """The record for the log: the body as `body` text, or as `body_base64` when it is not UTF-8."""
        try:
            body = {"body": self.body.decode()}
        except UnicodeDecodeError:
            body = {"body_base64": base64.b64encode(self.body).decode()}
        plain = ("seq", "at", "client", "method", "target", "version", "headers", "operation", "step", "fault")
        more = ("unknown_tool_ids", "request_id", "refusal", "outcome", "ended_at", "sent")
        return {name: getattr(self, name) for name in (*plain, *more)} | body


class Recorder:
    """All records of one upstream. Safe to read from any thread."""

    def __init__(self, log: Path | None) -> None:
        self._changed = threading.Condition()
        self._records: list[Recorded] = []
        self._started = time.monotonic()
        self._seq = 0
        self._log: IO[str] | None = log.open("a", buffering=1) if log else None

    def begin(self, request: Incoming) -> Recorded:
        """Records a request that has just come in."""
        with self._changed:
            self._seq += 1
            record = Recorded(
                seq=self._seq,
                at=self._now(),
                client=request.client,
                method=request.method,
                target=request.target,
                version=request.version,
                headers=request.headers,
                body=request.body,
                request_id=f"req_upstream_{self._seq:06d}",
            )
            self._records.append(record)
            self._changed.notify_all()
        return record

    def answering(self, record: Recorded) -> None:
        """Writes the request to the log, now that it is known what will be done with it."""
        self._write({"event": "request", **record.as_json()})

    def end(self, record: Recorded, outcome: str) -> None:
        """Says what became of a request."""
        with self._changed:
            record.outcome, record.ended_at = outcome, self._now()
            self._changed.notify_all()
        summary = {"seq": record.seq, "outcome": outcome, "ended_at": record.ended_at, "sent": record.sent}
        self._write({"event": "end", **summary})

    def all(self) -> list[Recorded]:
        """The records so far, in the order in which the requests came."""
        with self._changed:
            return list(self._records)

    def clear(self) -> None:
        """Forgets all records; numbering goes on."""
        with self._changed:
            self._records.clear()

    def wait(self, count: int, ended: bool, timeout: float) -> list[Recorded]:
        """Waits for `count` requests that came in (or ended). Raises AssertionError after `timeout` seconds."""

        def enough() -> bool:
            return sum(not ended or record.outcome is not None for record in self._records) >= count

        with self._changed:
            if not self._changed.wait_for(enough, timeout):
                seen = [(record.method, record.target, record.outcome) for record in self._records]
                raise AssertionError(f"{count} requests were expected within {timeout} s, there are {seen}")
            return list(self._records)

    def close(self) -> None:
        """Closes the log."""
        if self._log:
            self._log.close()
            self._log = None

    def _now(self) -> float:
        return round(time.monotonic() - self._started, 4)

    def _write(self, line: dict[str, Any]) -> None:
        if self._log:
            self._log.write(json.dumps(line) + "\n")

"""The log: one JSON object per line, with trace ids, without secrets, and never in the way.

Promises: formatting never raises; an exception is its type and its frames (file, line, function), never its text,
arguments or locals, because those can hold a body; what still looks like a credential is replaced; writing happens
on a thread of its own behind a bounded queue, and what does not fit is counted, not waited for.
"""

import logging
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import PurePath
from typing import IO, Any, cast

import msgspec
from opentelemetry import trace

from gate.telemetry.metrics.record import HttpFacts
from gate.telemetry.redact import redact_text, suspect
from gate.telemetry.view import DecisionView, as_dict

FIELDS = "gate_fields"
"""Attribute of a log record with further members of its line: `log.info("x", extra={FIELDS: {...}})`. A `DecisionView`
stands for its `decision_line`; read it with `fields_of`."""
REQUEST_LOGGER = "gate.request"
_FRAMES = 40


def _shown(value: Any) -> str:
    """A value JSON has no form for: its type. What it would say of itself may be anything."""
    return str(value) if isinstance(value, PurePath) else f"<{type(value).__qualname__}>"


_encode = msgspec.json.Encoder(enc_hook=_shown).encode


def decision_line(view: DecisionView) -> dict[str, Any]:
    """The members of the one line per request: every field of the view that has a value."""
    return {name: value for name, value in as_dict(view).items() if value is not None and value != ()}


def log_request(view: DecisionView, trace_id: str | None, span_id: str | None) -> None:
    """Write the one line of a request with a decision."""
    logger = logging.getLogger(REQUEST_LOGGER)
    if logger.isEnabledFor(logging.INFO):
        logger.info("request", extra={FIELDS: view, "trace_id": trace_id, "span_id": span_id})


def log_rejected(
    http: HttpFacts,
    code: str | None,
    outcome: str,
    status: int | None,
    duration_s: float,
    trace_id: str | None,
    span_id: str | None,
) -> None:
    """Write the one line of a request that got no decision."""
    logger = logging.getLogger(REQUEST_LOGGER)
    if logger.isEnabledFor(logging.INFO):
        line = {
            "outcome": outcome,
            "status": status,
            "error_code": code,
            "method": http.method,
            "route": http.route,
            "duration_s": duration_s,
        }
        given = {name: value for name, value in line.items() if value is not None}
        logger.info("request", extra={FIELDS: given, "trace_id": trace_id, "span_id": span_id})


def fields_of(record: logging.LogRecord) -> Mapping[Any, Any]:
    """The further members of a record's line; empty when it has none."""
    given = getattr(record, FIELDS, None)
    if isinstance(given, DecisionView):
        return decision_line(given)
    return cast("Mapping[Any, Any]", given) if isinstance(given, Mapping) else {}


class JsonFormatter(logging.Formatter):
    """ts (RFC 3339, UTC), level, logger, message, trace_id and span_id if there is a trace, the fields, exception."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "ts": timestamp(record.created),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
        }
        trace_id, span_id = _trace_of(record)
        if trace_id:
            line["trace_id"], line["span_id"] = trace_id, span_id
        given = getattr(record, FIELDS, None)
        if type(given) is DecisionView and not record.exc_info:
            text = _with_view(line, given)
            if text is not None:
                return text
        for name, value in fields_of(record).items():
            line.setdefault(str(name), value)
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = describe(record.exc_info[1])
        text = _dump(line)
        # One look at the whole line; only a suspect one is cleaned value by value.
        return _dump(_clean(line)) if suspect(text) else text

    def formatException(self, ei: Any) -> str:
        """Never the text of an exception, whoever asks."""
        return _dump(describe(ei[1])) if ei and ei[1] is not None else ""


def describe(error: BaseException) -> dict[str, Any]:
    """Type and frames of an exception and of what caused it. Nothing it says."""
    described: dict[str, Any] = {"type": _type_name(error), "frames": _frames(error)}
    causes: list[dict[str, Any]] = []
    seen = {id(error)}
    cause = error.__cause__ or error.__context__
    while cause is not None and id(cause) not in seen and len(causes) < 5:
        seen.add(id(cause))
        causes.append({"type": _type_name(cause), "frames": _frames(cause)})
        cause = cause.__cause__ or cause.__context__
    if causes:
        described["causes"] = causes
    return described


def timestamp(seconds: float) -> str:
    """Seconds since 1970 as `2026-11-21T05:30:00.123456Z`."""
    whole, micros = divmod(round(seconds * 1e6), 1_000_000)
    return f"{_second(whole)}.{micros:06d}Z"


@lru_cache(maxsize=4)
def _second(whole: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole))


class Redaction(logging.Filter):
    """Replaces what looks like a credential in a record's message and fields, for handlers without `JsonFormatter`."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = _message(record)
        record.msg, record.args = redact_text(message), None
        given = fields_of(record)
        if given:
            setattr(record, FIELDS, {str(name): _clean(value) for name, value in given.items()})
        return True


class QueuedLines(logging.Handler):
    """Formats where the trace is current and leaves the line to a thread that writes what has come together every
    `every_s`: waking it for each line would cost more than the line. A full queue drops the line and tells `dropped`
    how many; a stream that is closed or broken is no reason to fail or to print."""

    def __init__(
        self, stream: IO[str], capacity: int, dropped: Callable[[int], None] | None, every_s: float = 0.05
    ) -> None:
        super().__init__()
        self._stream = stream
        self._lines: deque[str] = deque()
        self._capacity = capacity
        self._dropped = dropped
        self._every_s = every_s
        self._come = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._write, name="gate-log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            if len(self._lines) >= self._capacity:
                self._give_up(1)
                return
            self._lines.append(self.format(record) + "\n")
            if not self._come.is_set():
                self._come.set()
        except Exception:  # logging would print the record's arguments to stderr; Gate never does
            self._give_up(1)

    def stop(self, timeout_s: float) -> None:
        """Write what is queued, for so long at the most."""
        self._ending.set()
        self._come.set()
        self._thread.join(timeout_s)

    def _give_up(self, count: int) -> None:
        if self._dropped is not None:
            self._dropped(count)

    def _write(self) -> None:
        while True:
            self._come.wait()
            self._ending.wait(self._every_s)
            self._come.clear()
            lines = self._lines
            taken = [lines.popleft() for _ in range(len(lines))]
            try:
                self._stream.write("".join(taken))
                self._stream.flush()
            except (OSError, ValueError):
                self._give_up(len(taken))
            if self._ending.is_set() and not lines:
                return


def set_up(
    level: str = "INFO",
    stream: IO[str] | None = None,
    *,
    capacity: int = 2_000,
    dropped: Callable[[int], None] | None = None,
) -> Callable[[], None]:
    """Make the root logger write JSON lines to `stream` (stderr by default) from a thread of its own.

    dropped: told how many lines were given up, in any thread. Returns a function that writes what is queued (for two
    seconds at the most) and takes the handler away.
    """
    # Who called and on which thread: no line says so, and finding out costs as much as the line
    # (https://docs.python.org/3/howto/logging.html#optimization).
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = QueuedLines(sys.stderr if stream is None else stream, capacity, dropped)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    logging.captureWarnings(True)

    def stop() -> None:
        if handler in root.handlers:
            root.removeHandler(handler)
            handler.stop(_STOP_S)

    return stop


_STOP_S = 2.0


def _with_view(line: dict[str, Any], view: DecisionView) -> str | None:
    """The line of a request, the shortest way; None when it has to go the long one. No member of `line` is a field of a
    view."""
    try:
        text = (_encode(line)[:-1] + b"," + _encode(view)[1:]).decode()
    except Exception:
        return None
    return None if suspect(text) else text


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # wrong arguments to a log call are no reason to lose the line
        return f"{record.msg} (arguments do not fit)"


def _trace_of(record: logging.LogRecord) -> tuple[str | None, str | None]:
    trace_id = getattr(record, "trace_id", None)
    if trace_id:
        return str(trace_id), str(getattr(record, "span_id", "") or "")
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None, None
    return trace.format_trace_id(context.trace_id), trace.format_span_id(context.span_id)


def _dump(line: dict[str, Any]) -> str:
    try:
        return _encode(line).decode("utf-8")
    except Exception:  # lone surrogates, values that cannot be shown: the line is kept, in plain words
        return _encode({_plain(name): _plain(value) for name, value in line.items()}).decode("utf-8")


def _plain(value: Any) -> str:
    text = value if isinstance(value, str) else _shown(value)
    return text.encode("utf-8", "replace").decode("utf-8")


def _type_name(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _frames(error: BaseException) -> list[str]:
    """`file:line function`, innermost last. Files by their last three parts: no machine's paths."""
    walked = traceback.walk_tb(error.__traceback__)
    places = [(frame.f_code.co_filename, line, frame.f_code.co_name) for frame, line in walked][-_FRAMES:]
    return [f"{'/'.join(PurePath(name).parts[-3:])}:{line} {function}" for name, line, function in places]


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, list | tuple):
        return [_clean(item) for item in cast("list[Any]", value)]
    if isinstance(value, Mapping):
        return {str(name): _clean(item) for name, item in cast("Mapping[Any, Any]", value).items()}
    return value

"""Log records over OTLP: a handler that encodes and queues, beside the one that writes lines.

Promises: emitting never raises and never waits; an exception is its type and its frames, as in the log line, never its
text; records of the exporter itself are not exported. Give the handler the same redaction filter as any other.
The fields are those of `LogRecord` in logs.proto; severities: https://opentelemetry.io/docs/specs/otel/logs/data-model/
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from struct import Struct
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from gate.telemetry.logs import describe, fields_of
from gate.telemetry.otlp.stats import Drop
from gate.telemetry.otlp.wire import (
    AttributeEncoder,
    Origin,
    Record,
    any_value,
    envelope,
    message_field,
    text_field,
    varint,
)
from gate.telemetry.otlp.worker import BatchWorker

_TIMES = Struct("<BQBQ").pack
_FLAGS = Struct("<BI").pack
_SCOPES = 256
_NAMES = {"WARNING": "WARN", "CRITICAL": "FATAL"}


@dataclass(frozen=True, slots=True)
class LogItem:
    """One log record. time_ns: since 1970. severity: 1 to 24. trace_id, span_id: 0 without a trace."""

    time_ns: int
    logger: str
    severity: int
    severity_text: str
    body: str
    attributes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    trace_id: int = 0
    span_id: int = 0
    flags: int = 0


class LogEncoder:
    """Of one resource; each logger is an instrumentation scope."""

    def __init__(self, resource: Resource) -> None:
        self._resource = resource
        self._attributes = AttributeEncoder(6)
        self._origins: dict[str, Origin] = {}

    def encode(self, item: LogItem) -> Record:
        fields = [_TIMES(0x09, item.time_ns, 0x59, item.time_ns), b"\x10" + varint(item.severity)]
        fields.append(text_field(b"\x1a", item.severity_text))
        fields.append(message_field(b"\x2a", any_value(item.body)))
        self._attributes.append_to(fields, item.attributes)
        if item.trace_id:
            fields.append(b"\x4a\x10" + item.trace_id.to_bytes(16, "big"))
            if item.span_id:
                fields.append(b"\x52\x08" + item.span_id.to_bytes(8, "big"))
            fields.append(_FLAGS(0x45, item.flags & 0xFF))
        return self._origin(item.logger), message_field(b"\x12", b"".join(fields))

    def _origin(self, logger: str) -> Origin:
        known = self._origins.get(logger)
        if known is None:
            if len(self._origins) >= _SCOPES:
                self._origins.clear()
            known = self._origins[logger] = Origin(self._resource, InstrumentationScope(logger))
        return known


def encode_logs(items: Iterable[LogItem], resource: Resource) -> bytes:
    """A whole `ExportLogsServiceRequest`."""
    encoder = LogEncoder(resource)
    return envelope([encoder.encode(item) for item in items])


class OtlpLogHandler(logging.Handler):
    """Queues every record it is given. rename: a field's name in the log line to the attribute's key."""

    def __init__(
        self, worker: BatchWorker, resource: Resource, rename: Callable[[str], str] | None = None, level: int = 0
    ) -> None:
        super().__init__(level)
        self.worker = worker
        self._encoder = LogEncoder(resource)
        self._rename = rename

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith("gate.telemetry.otlp"):
            return
        if not self.worker.has_room():
            self.worker.refuse()
            return
        try:
            encoded = self._encoder.encode(log_item(record, self._rename))
        except Exception:  # arguments of a log call are nobody's reason to fail
            self.worker.refuse(Drop.EXPORT_FAILED)
            return
        self.worker.put(encoded)

    def handleError(self, record: logging.LogRecord) -> None:
        """logging would print the record's arguments to stderr; Gate never does."""


def log_item(record: logging.LogRecord, rename: Callable[[str], str] | None = None) -> LogItem:
    """What a record says. Its trace is the one it names (`trace_id`, `span_id` in hex), else the current one."""
    attributes: dict[str, Any] = {}
    for name, value in fields_of(record).items():
        if value is not None:
            attributes[str(name) if rename is None else rename(str(name))] = value
    if record.exc_info and record.exc_info[1] is not None:
        described = describe(record.exc_info[1])
        attributes["exception.type"] = described["type"]
        attributes["exception.stacktrace"] = "\n".join(described["frames"])
    trace_id, span_id, flags = _trace_of(record)
    return LogItem(
        time_ns=int(record.created * 1e9),
        logger=record.name,
        severity=_severity(record.levelno),
        severity_text=_NAMES.get(record.levelname, record.levelname),
        body=record.getMessage(),
        attributes=attributes,
        trace_id=trace_id,
        span_id=span_id,
        flags=flags,
    )


def _severity(level: int) -> int:
    """logging's DEBUG 10, INFO 20, WARNING 30, ERROR 40, CRITICAL 50 are 5, 9, 13, 17, 21; the numbers between them lie
    between; below DEBUG it is TRACE, 1 to 4."""
    if level < 10:
        return max(1, min(4, 1 + level * 4 // 10))
    return min(24, 5 + (level - 10) * 4 // 10)


def _trace_of(record: logging.LogRecord) -> tuple[int, int, int]:
    named = getattr(record, "trace_id", None)
    if named:
        # Whether that trace is sampled is not known here: no flags.
        return _id(named, 32), _id(getattr(record, "span_id", None), 16), 0
    context = trace.get_current_span().get_span_context()
    return (context.trace_id, context.span_id, context.trace_flags) if context.is_valid else (0, 0, 0)


def _id(text: object, digits: int) -> int:
    """A hexadecimal id; 0, which stands for none, when it is not one."""
    if not isinstance(text, str) or len(text) != digits:
        return 0
    try:
        return int(text, 16)
    except ValueError:
        return 0

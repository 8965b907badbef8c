"""What of a worker's telemetry leaves it, and where to: traces, metrics and logs over OTLP, as the `OTEL_*` variables say.

Nothing here slows or fails a request: queues are bounded, drops are counted, and the end is bounded in time.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping

from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    ALWAYS_ON,
    DEFAULT_ON,
    ParentBased,
    ParentBasedTraceIdRatio,
    Sampler,
    TraceIdRatioBased,
)
from prometheus_client import Metric

from gate.telemetry.metrics.record import Recorder
from gate.telemetry.otlp.grpc_sender import GrpcSender
from gate.telemetry.otlp.http_sender import HttpSender
from gate.telemetry.otlp.logs import OtlpLogHandler
from gate.telemetry.otlp.metrics import MetricsEncoder
from gate.telemetry.otlp.processor import ExportSpanProcessor
from gate.telemetry.otlp.pusher import MetricPusher
from gate.telemetry.otlp.sending import Sender
from gate.telemetry.otlp.settings import OtlpSettings, Protocol, Target, otlp_settings
from gate.telemetry.otlp.shutdown import shutdown_all
from gate.telemetry.otlp.stats import ExportStats
from gate.telemetry.otlp.thread import ExportThread
from gate.telemetry.otlp.worker import BatchWorker
from gate.telemetry.resource import build_resource

Collect = Callable[[], Iterable[Metric]]

"""What of a worker's telemetry leaves it, and where to: traces, metrics and logs over OTLP, as the `OTEL_*` variables
say.

Nothing here slows or fails a request: queues are bounded, drops are counted, and the end is bounded in time.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Literal

from opentelemetry.propagate import set_global_textmap
from opentelemetry.sdk.trace import SynchronousMultiSpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased, Sampler, TraceIdRatioBased
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from prometheus_client import Metric

from gate import __version__
from gate.telemetry.metrics.record import Recorder
from gate.telemetry.names import HTTP_ROUTE
from gate.telemetry.otlp.http_sender import HttpSender
from gate.telemetry.otlp.logs import OtlpLogHandler
from gate.telemetry.otlp.metrics import MetricEncoder, pieces
from gate.telemetry.otlp.processor import ExportSpanProcessor
from gate.telemetry.otlp.pusher import MetricPusher
from gate.telemetry.otlp.sending import Sender
from gate.telemetry.otlp.settings import OtlpSettings, Protocol, Target, otlp_settings
from gate.telemetry.otlp.shutdown import shutdown_all
from gate.telemetry.otlp.stats import ExportStats
from gate.telemetry.otlp.thread import ExportThread
from gate.telemetry.otlp.worker import BatchWorker
from gate.telemetry.propagation import PolicyPropagator
from gate.telemetry.registry import chosen_profile, load, otlp_label, otlp_name, otlp_unit, otlp_value
from gate.telemetry.resource import gate_resource

Signal = Literal["traces", "metrics", "logs"]
Collect = Callable[[], Iterable[Metric]]


def check(env: Mapping[str, str]) -> None:
    """Raises SettingsError for a variable that cannot be honoured, before anything is started."""
    settings = otlp_settings(env)
    for target in (settings.traces, settings.metrics, settings.logs):
        if target is not None:
            sender(target)
    gate_resource(env, version=__version__, instance_id="check")


def sender(target: Target) -> Sender:
    """Raises SettingsError, also when gRPC is asked for and its library is not installed."""
    if target.protocol is Protocol.GRPC:
        # Imported only when chosen: the library costs a quarter of a second of the start.
        from gate.telemetry.otlp.grpc_sender import GrpcSender

        return GrpcSender(target)
    return HttpSender(target)


def sampler(settings: OtlpSettings) -> Sampler:
    """By `OTEL_TRACES_SAMPLER`. When nothing takes the spans, only a caller's sampled traces are still recorded, so
    that the flag that goes upstream stays the caller's."""
    if settings.traces is None and not settings.traces_console:
        return ParentBased(ALWAYS_OFF)
    ratio = TraceIdRatioBased(settings.sampler_ratio)
    return {
        "always_on": ALWAYS_ON,
        "always_off": ALWAYS_OFF,
        "traceidratio": ratio,
        "parentbased_always_on": ParentBased(ALWAYS_ON),
        "parentbased_always_off": ParentBased(ALWAYS_OFF),
        "parentbased_traceidratio": ParentBased(ratio),
    }[settings.sampler]


def attribute_of_field(field: str, profile: str) -> str:
    """A field of the log line under the name it has on spans; the first of two in a profile that has both."""
    known = load()
    if field == "route":  # of a request that got no decision: the path's, not the model's
        return HTTP_ROUTE
    row = known.view.get(field)
    return f"gate.{field}" if row is None or row.attribute is None else known.names_in(profile, row.attribute)[0]


class Exporters:
    """All that leaves one worker. Made in the worker; threads start with `start`.

    provider: for the httpx instrumentation. ended: takes every span that ended, the provider's and Gate's own.
    """

    def __init__(
        self,
        env: Mapping[str, str],
        recorder: Recorder,
        scope: InstrumentationScope,
        *,
        instance_id: str,
        collect: Collect,
    ) -> None:
        """scope: of the metrics, as Gate's own spans have it."""
        settings = otlp_settings(env)
        self._recorder = recorder
        self._workers: dict[Signal, ExportThread] = {}
        self._told: dict[Signal, ExportStats] = {}
        self.provider = TracerProvider(
            sampler=sampler(settings),
            resource=gate_resource(env, version=__version__, instance_id=instance_id),
            shutdown_on_exit=False,
        )
        self.disabled = settings.disabled
        self.ended = SynchronousMultiSpanProcessor()
        self.provider.add_span_processor(self.ended)
        if settings.traces is not None:
            target = settings.traces
            spans = BatchWorker("traces", sender(target), settings.spans, timeout_s=target.timeout_s)
            self._workers["traces"] = spans
            self.ended.add_span_processor(ExportSpanProcessor(spans))
        if settings.traces_console:
            self.ended.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter()))
        if settings.metrics is not None:
            target = settings.metrics
            encoder = MetricEncoder(
                self.provider.resource,
                scope,
                start_ns=time.time_ns(),
                name=otlp_name,
                label=otlp_label,
                value=otlp_value,
                unit=lambda family: otlp_unit(family.name),
            )
            self._workers["metrics"] = MetricPusher(
                sender(target),
                collect,
                lambda families: encoder.encode(families, time.time_ns()),
                pieces=pieces,
                interval_s=settings.metric_interval_s,
                budget_s=settings.metric_budget_s,
                timeout_s=target.timeout_s,
            )
        self._log_handler: OtlpLogHandler | None = None
        if settings.logs is not None:
            target = settings.logs
            lines = BatchWorker("logs", sender(target), settings.records, timeout_s=target.timeout_s)
            self._workers["logs"] = lines
            self._log_handler = OtlpLogHandler(
                lines, self.provider.resource, partial(attribute_of_field, profile=chosen_profile(env))
            )
        set_global_textmap(PolicyPropagator())

    def start(self) -> None:
        for worker in self._workers.values():
            worker.start()
        if self._log_handler is not None:
            logging.getLogger().addHandler(self._log_handler)

    def refresh(self) -> None:
        """Bring the counters of `/metrics` up to what the workers have counted. Any thread."""
        for signal, worker in self._workers.items():
            now, before = worker.stats, self._told.get(signal, ExportStats())
            self._told[signal] = now
            self._recorder.exported(signal, now.sent - before.sent)
            for reason, count in now.dropped.items():
                if count > before.dropped[reason]:
                    self._recorder.dropped(signal, reason.value, count - before.dropped[reason])
            self._recorder.queued(signal, now.queued)

    def shutdown(self, timeout_s: float) -> None:
        """Blocks, at most so long."""
        if self._log_handler is not None:
            logging.getLogger().removeHandler(self._log_handler)
        shutdown_all(self._workers.values(), timeout_s)
        self.refresh()

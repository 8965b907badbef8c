"""From settings to parts: the sender of a target, the sampler."""

from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    ALWAYS_ON,
    ParentBased,
    Sampler,
    TraceIdRatioBased,
)

from gate.telemetry.otlp.grpc_sender import GrpcSender
from gate.telemetry.otlp.http_sender import HttpSender
from gate.telemetry.otlp.sending import Sender
from gate.telemetry.otlp.settings import OtlpSettings, Protocol, Target


def make_sender(target: Target) -> Sender:
    """Opens nothing yet. Raises SettingsError: grpcio is missing, a TLS file cannot be used."""
    return GrpcSender(target) if target.protocol is Protocol.GRPC else HttpSender(target)


def make_sampler(settings: OtlpSettings) -> Sampler:
    """What `OTEL_TRACES_SAMPLER` asks for."""
    name = settings.sampler.removeprefix("parentbased_")
    root = {"always_on": ALWAYS_ON, "always_off": ALWAYS_OFF}.get(name)
    if root is None:
        root = TraceIdRatioBased(settings.sampler_ratio)
    return ParentBased(root) if name != settings.sampler else root

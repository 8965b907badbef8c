"""Who Gate is, as an OpenTelemetry resource; nothing that takes time to find out.

`OTEL_RESOURCE_ATTRIBUTES` may say anything about the deployment and wins over Gate's defaults, but for what only the
process knows. `OTEL_SERVICE_NAME` wins over a `service.name` in it.
Source: https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable
"""

import os
import socket
from collections.abc import Mapping
from urllib.parse import unquote

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.version import __version__ as sdk_version

from gate.telemetry.otlp.reading import SettingsError, text

_VARIABLE = "OTEL_RESOURCE_ATTRIBUTES"


def gate_resource(env: Mapping[str, str], *, version: str, instance_id: str) -> Resource:
    """version: Gate's. instance_id: unique for this worker in this life of it; metrics of two workers must not mix.

    Call it in the worker: the process id is taken here. Raises SettingsError for attributes that cannot be read.
    """
    attributes: dict[str, str | int] = {"service.name": "gate", "service.version": version, "host.name": _host()}
    attributes.update(resource_attributes(env))
    name = text(env, "OTEL_SERVICE_NAME")
    if name:
        attributes["service.name"] = name
    attributes.update(
        {
            "service.instance.id": instance_id,
            "process.pid": os.getpid(),
            "telemetry.sdk.language": "python",
            "telemetry.sdk.name": "opentelemetry",
            "telemetry.sdk.version": sdk_version,
        }
    )
    return Resource(attributes)


def resource_attributes(env: Mapping[str, str]) -> dict[str, str]:
    """`key=value,key2=value2`, both percent-decoded. Raises SettingsError for a member without a key."""
    found: dict[str, str] = {}
    for number, member in enumerate(env.get(_VARIABLE, "").split(","), 1):
        if not member.strip():
            continue
        key, equals, value = member.partition("=")
        key = unquote(key.strip())
        if not equals or not key:
            raise SettingsError(_VARIABLE, f"takes key=value pairs between commas; pair {number} is none")
        found[key] = unquote(value.strip())
    return found


def _host() -> str:
    """The machine's own name for itself; no resolver is asked."""
    return socket.gethostname()

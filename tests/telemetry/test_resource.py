"""Who Gate says it is."""

import os
import time

import pytest
from opentelemetry.sdk.version import __version__ as sdk_version

from gate.telemetry.otlp.reading import SettingsError
from gate.telemetry.resource import gate_resource, resource_attributes


def attributes(env: dict[str, str]) -> dict[str, object]:
    return dict(gate_resource(env, version="1.2.3", instance_id="w-1").attributes)


def test_what_is_there_without_settings() -> None:
    found = attributes({})
    assert found.pop("host.name")
    assert found == {
        "service.name": "gate",
        "service.version": "1.2.3",
        "service.instance.id": "w-1",
        "process.pid": os.getpid(),
        "telemetry.sdk.language": "python",
        "telemetry.sdk.name": "opentelemetry",
        "telemetry.sdk.version": sdk_version,
    }


def test_the_environment_wins_but_for_what_the_process_knows() -> None:
    given = "service.name=a,deployment.environment.name=prod%20eu, host.name = h1 ,service.instance.id=x,process.pid=1,"
    found = attributes({"OTEL_RESOURCE_ATTRIBUTES": given})
    assert found["service.name"] == "a" and found["deployment.environment.name"] == "prod eu"
    assert (found["host.name"], found["service.instance.id"], found["process.pid"]) == ("h1", "w-1", os.getpid())
    assert attributes({"OTEL_RESOURCE_ATTRIBUTES": given, "OTEL_SERVICE_NAME": "b"})["service.name"] == "b"


@pytest.mark.parametrize("value", ["nothing", "a=1,b", "=1"])
def test_what_cannot_be_read_names_the_variable(value: str) -> None:
    with pytest.raises(SettingsError, match="OTEL_RESOURCE_ATTRIBUTES: takes key=value"):
        resource_attributes({"OTEL_RESOURCE_ATTRIBUTES": value})


def test_it_takes_no_time() -> None:
    begun = time.perf_counter()
    for _ in range(20):
        gate_resource({}, version="1", instance_id="1")
    assert time.perf_counter() - begun < 1

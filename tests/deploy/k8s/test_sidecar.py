"""Gate and the collector in its pod fit together: address, variables, order of starting and stopping."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import yaml

from tests.deploy.k8s.programs import BASE, Object, composed, named, templated
from tests.harness.gate import GateProcess
from tests.harness.ports import free_ports
from tests.harness.upstream import Upstream
from tests.stack.backends import IMAGES
from tests.stack.stack import Stack

ENDPOINT = "http://otel-collector.observability.svc:4318"


def pods() -> list[tuple[Object, str]]:
    """The pod and the collector's configuration, from the kustomization and from the chart."""
    chart = templated({"collector": {"mode": "sidecar", "endpoint": ENDPOINT}})
    found: list[tuple[Object, str]] = []
    for made in (composed(BASE, ["sidecar-collector"]), chart):
        (text,) = named(made, "ConfigMap", "gate-collector")["data"].values()
        found.append((named(made, "Deployment")["spec"]["template"]["spec"], text))
    return found


def collector_of(pod: Object) -> Object:
    (collector,) = pod["initContainers"]
    return collector


def test_the_collector_starts_before_gate_and_stops_after_it() -> None:
    for pod, _ in pods():
        assert collector_of(pod)["restartPolicy"] == "Always"
        assert collector_of(pod)["image"] == IMAGES["otelcol"]
        assert collector_of(pod)["startupProbe"]["httpGet"]["port"] == "health"


def test_gate_sends_to_where_the_collector_listens() -> None:
    for pod, text in pods():
        gate = {one["name"]: one.get("value", "") for one in pod["containers"][0]["env"]}
        address = urlsplit(gate["OTEL_EXPORTER_OTLP_ENDPOINT"])
        listens = _resolved(text, collector_of(pod))["receivers"]["otlp"]["protocols"]["http"]["endpoint"]
        assert (address.hostname, str(address.port)) == ("127.0.0.1", listens.rpartition(":")[2])


def test_every_variable_of_the_configuration_is_set_and_every_variable_set_is_used() -> None:
    for pod, text in pods():
        wanted = dict(re.findall(r"\$\{env:(\w+)(:-[^}]*)?\}", text))
        given = {one["name"]: one.get("value") for one in collector_of(pod).get("env", [])}
        assert {name for name, default in wanted.items() if not default} <= set(given) <= set(wanted)
        assert ENDPOINT in given.values()


def test_the_configuration_is_mounted_where_it_is_looked_for() -> None:
    for pod, text in pods():
        collector = collector_of(pod)
        (argument,) = [one for one in collector["args"] if one.startswith("--config=")]
        directory, _, name = argument.removeprefix("--config=").rpartition("/")
        (mount,) = collector["volumeMounts"]
        assert (mount["mountPath"], mount["readOnly"]) == (directory, True)
        assert name.endswith(".yaml")
        assert yaml.safe_load(text)["service"]["pipelines"]


def test_a_request_through_gate_and_the_collector_is_a_trace_behind_them(
    stack: Stack, upstream: Upstream, start_gate: Callable[..., GateProcess], tmp_path: Path
) -> None:
    """The configuration as it is but for its ports; `stack` stands for the backend."""
    (_, text), _ = pods()
    grpc, http, health = free_ports(3)
    for was, now in {"4317": str(grpc), "4318": str(http), "13133": str(health)}.items():
        text = text.replace(was, now)
    text = text.replace("${env:OTLP_BACKEND}", stack.otlp_http).replace("${env:POD_IP}", "127.0.0.1")
    file = tmp_path / "sidecar.yaml"
    file.write_text(text)
    collector = stack.backend.start("otelcol", ["--config", str(file)], tmp_path)
    try:
        _wait(f"http://127.0.0.1:{health}/")
        environment = {"ANTHROPIC_API_KEY": "sk-none", "GATE_ANTHROPIC_BASE_URL": upstream.url}
        gate = start_gate(env=environment | {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{http}"})
        body = {"model": "auto", "max_tokens": 8, "messages": [{"role": "user", "content": "hello"}]}
        answer = httpx.post(f"{gate.url}/v1/messages", json=body, trust_env=False)
        trace = stack.jaeger.trace(answer.headers["traceresponse"].split("-")[1], min_spans=4)
        assert "route auto" in [span.name for span in trace.spans]
    finally:
        collector.stop()


def _wait(address: str) -> None:
    """Until it answers 200. Raises AssertionError after 20 seconds."""
    for _ in range(200):
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(address, trust_env=False).status_code == HTTPStatus.OK:
                return
        time.sleep(0.1)
    raise AssertionError(f"{address} does not answer")


def _resolved(text: str, collector: Object) -> Object:
    given = {one["name"]: str(one.get("value")) for one in collector.get("env", [])}
    return yaml.safe_load(
        re.sub(r"\$\{env:(\w+)(?::-([^}]*))?\}", lambda match: given.get(match[1], match[2] or ""), text)
    )

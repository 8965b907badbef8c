"""What the manifests say of Gate is what Gate does: arguments, configuration, probes, stopping, scaling."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from gate.cli import command_serve
from gate.config.load import load_text
from gate.server import supervisor, worker
from gate.server.application import Listener, ServerSettings
from gate.telemetry.registry import load as registry
from tests.deploy.k8s.programs import BASE, KUSTOMIZE, Object, composed, kustomized, named
from tests.harness.gate import GateNotReady, GateProcess

QUANTITIES = {"Mi": 1 << 20, "Gi": 1 << 30}


def pod() -> Object:
    return named(kustomized(BASE), "Deployment")["spec"]["template"]["spec"]


def container() -> Object:
    return pod()["containers"][0]


def shipped() -> str:
    return named(kustomized(BASE), "ConfigMap", "gate-config")["data"]["gate.yaml"]


def test_the_configuration_is_valid_and_lets_nobody_in() -> None:
    config = load_text(shipped(), "gate.yaml", {})
    (key,) = config.keys.clients
    assert key.hash == "sha256:" + "0" * 64  # nobody can have the key of this hash


def test_a_pod_stops_within_its_grace_period() -> None:
    config = load_text(shipped(), "gate.yaml", {})
    settings = ServerSettings((Listener("0.0.0.0", 4000, "public"),), drain_timeout_s=config.listen.drain_timeout_s)
    longest = worker.longest_stop_s(settings) + supervisor.PATIENCE_S
    before = container()["lifecycle"]["preStop"]["sleep"]["seconds"]
    grace = pod()["terminationGracePeriodSeconds"]
    assert grace == before + config.listen.drain_timeout_s + 20
    assert grace >= before + longest + 5
    assert config.listen.drain_timeout_s >= config.timeouts.whole_s  # an answer that may take so long may also end


def test_proxies_hear_of_a_leaving_pod_before_gate_does() -> None:
    probe = container()["readinessProbe"]
    assert container()["lifecycle"]["preStop"]["sleep"]["seconds"] >= 10
    assert probe["httpGet"]["path"] == "/readyz"
    assert (
        container()["startupProbe"]["httpGet"]["path"] == container()["livenessProbe"]["httpGet"]["path"] == "/healthz"
    )


def test_gate_takes_the_arguments_of_the_container(tmp_path: Any) -> None:
    """The very arguments, on loopback and on other ports."""
    given = container()["args"]
    assert given[0] == command_serve.NAME
    said = dict(zip(given[1::2], given[2::2], strict=True))
    assert (said["--host"], said["--port"], said["--admin"]) == ("0.0.0.0", "4000", "0.0.0.0:4001")
    ports = {port["name"]: port["containerPort"] for port in container()["ports"]}
    assert ports == {"http": 4000, "admin": 4001}
    with GateProcess(config=yaml.safe_load(shipped()), env={"ANTHROPIC_API_KEY": "sk-none"}, admin=True) as gate:
        for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
            assert httpx.get(gate.url + container()[kind]["httpGet"]["path"], trust_env=False).status_code == 200
        (endpoint,) = named(composed(BASE, ["pod-monitor"]), "PodMonitor")["spec"]["podMetricsEndpoints"]
        answer = httpx.get(gate.admin_url + endpoint["path"], trust_env=False)
        assert "gate_in_flight_requests" in answer.text


def test_service_links_would_stop_gate_and_are_off() -> None:
    """A Service called gate gives GATE_PORT=tcp://... to every pod of its namespace that does not say no."""
    with pytest.raises(GateNotReady, match="GATE_PORT"):
        GateProcess(env={"GATE_PORT": "tcp://10.96.0.7:4000"})
    assert pod()["enableServiceLinks"] is False


def test_the_variables_are_read_by_gate_or_by_opentelemetry() -> None:
    ours = {"POD_NAME", "POD_UID", "POD_NAMESPACE", "NODE_NAME"}  # only to build the resource attributes with
    known = ours | {"OTEL_RESOURCE_ATTRIBUTES", "OTEL_EXPORTER_OTLP_ENDPOINT", "GATE_ADMIN_KEY"}
    found = composed(BASE, ["existing-collector", "admin-key"])
    variables = named(found, "Deployment")["spec"]["template"]["spec"]["containers"][0]["env"]
    assert {one["name"] for one in variables} <= known
    attributes = next(one["value"] for one in variables if one["name"] == "OTEL_RESOURCE_ATTRIBUTES")
    keys = {pair.partition("=")[0] for pair in attributes.split(",")}
    assert keys == {"k8s.namespace.name", "k8s.pod.name", "k8s.pod.uid", "k8s.node.name"}


def test_what_gate_writes_fits_into_its_volume() -> None:
    from gate.telemetry.metrics.store import MAX_BYTES

    (volume,) = [one for one in pod()["volumes"] if one["name"] == "runtime"]
    size = volume["emptyDir"]["sizeLimit"]
    assert int(size[:-2]) * QUANTITIES[size[-2:]] >= MAX_BYTES
    limit = container()["resources"]["limits"]["memory"]  # a volume in memory counts as the container's
    assert int(limit[:-2]) * QUANTITIES[limit[-2:]] >= 4 * int(size[:-2]) * QUANTITIES[size[-2:]]


def test_decisions_are_kept_where_the_image_says_and_fit() -> None:
    from gate.config.store import StoreSection, default_path

    (mount,) = [one for one in container()["volumeMounts"] if one["name"] == "state"]
    assert default_path({"XDG_STATE_HOME": "/var/lib"}) == Path(mount["mountPath"]) / "decisions.sqlite"
    assert "XDG_STATE_HOME=/var/lib" in (Path(__file__).parents[3] / "Dockerfile").read_text()
    (volume,) = [one for one in pod()["volumes"] if one["name"] == "state"]
    size = volume["emptyDir"]["sizeLimit"]
    assert int(size[:-2]) * QUANTITIES[size[-2:]] >= 2 * StoreSection().max_bytes
    assert "medium" not in volume["emptyDir"], "on disk: memory would count as the container's"


def test_it_scales_on_a_metric_that_gate_has() -> None:
    found = composed(BASE, ["autoscaling"])
    assert "replicas" not in named(found, "Deployment")["spec"]
    (metric,) = named(found, "HorizontalPodAutoscaler")["spec"]["metrics"]
    name = metric["pods"]["metric"]["name"]
    assert name in {one.prometheus for one in registry().metrics.values()}
    assert int(metric["pods"]["target"]["averageValue"]) <= load_text("", "", {}).limits.in_flight / 2
    adapter = yaml.safe_load((KUSTOMIZE / "prometheus-adapter" / "values.yaml").read_text())
    (rule,) = adapter["rules"]["custom"]
    assert rule["name"]["as"] == name
    assert rule["seriesQuery"].partition("{")[0] == name
    assert set(rule["resources"]["overrides"]) == {"namespace", "pod"}


def test_the_network_policy_opens_what_is_used() -> None:
    spec = named(kustomized(BASE), "NetworkPolicy")["spec"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    ports = {port["name"] for port in container()["ports"]}
    assert {port["port"] for rule in spec["ingress"] for port in rule["ports"]} == ports
    assert "169.254.0.0/16" in json.dumps(spec["egress"])  # the cloud's metadata address stays out of reach

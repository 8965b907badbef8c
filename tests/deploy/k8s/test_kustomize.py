"""Every overlay and every component: built as a user builds them, taken by the schemas of three Kubernetes releases,
and allowed in a namespace of the restricted kind."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from tests.deploy.k8s import pod_security
from tests.deploy.k8s.programs import BASE, COMPONENTS, KUSTOMIZE, OVERLAYS, Object, composed, kustomized, named
from tests.deploy.k8s.schemas import VERSIONS, findings

CLIENT_SIDE_LIMIT = 262_144
"""Bytes of annotations that an object may have; client-side `kubectl apply` keeps the whole object in one."""


EVERYTHING = [
    "base",
    *(f"components/{one.name}" for one in COMPONENTS if one.name != "admin-key"),  # which needs a monitor beside it
    *(f"overlays/{one.name}" for one in OVERLAYS),
]


def built(name: str) -> list[Object]:
    """The base, a component over it, or an overlay."""
    kind, _, component = name.partition("/")
    return composed(BASE, [component]) if kind == "components" else kustomized(KUSTOMIZE / name)


def test_there_is_what_was_promised() -> None:
    assert {overlay.name for overlay in OVERLAYS} == {"sidecar-collector", "existing-collector", "redis-postgresql"}
    kinds = {one["kind"] for one in built("overlays/redis-postgresql")}
    assert kinds >= {
        *("Namespace", "Deployment", "StatefulSet", "Service", "ServiceAccount", "ConfigMap", "NetworkPolicy"),
        *("PodDisruptionBudget", "HorizontalPodAutoscaler", "PodMonitor", "PrometheusRule"),
    }


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", EVERYTHING)
def test_kubernetes_takes_every_object(name: str, version: str) -> None:
    assert [line for one in built(name) for line in findings(one, version)] == []


@pytest.mark.parametrize("name", EVERYTHING)
def test_every_object_can_be_applied_by_a_client(name: str) -> None:
    assert [one["metadata"]["name"] for one in built(name) if len(json.dumps(one)) > CLIENT_SIDE_LIMIT] == []


@pytest.mark.parametrize("name", EVERYTHING)
def test_every_pod_is_restricted_and_hardened(name: str) -> None:
    pods = [pod for one in built(name) if (pod := pod_security.pod_of(one))]
    assert pods
    assert [line for pod in pods for line in (*pod_security.restricted(pod), *pod_security.hardened(pod))] == []


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
def test_an_overlay_is_all_in_its_namespace(overlay: Path) -> None:
    found = kustomized(overlay)
    assert named(found, "Namespace")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert {one["metadata"].get("namespace") for one in found if one["kind"] != "Namespace"} == {"gate"}


def test_an_unknown_member_is_found() -> None:
    deployment = copy.deepcopy(named(built("base"), "Deployment"))
    deployment["spec"]["template"]["spec"]["containers"][0]["readynessProbe"] = {}
    assert "readynessProbe" in " ".join(findings(deployment))
    monitor = copy.deepcopy(named(built("components/pod-monitor"), "PodMonitor"))
    monitor["spec"]["podMetricsEndpoints"][0]["intervall"] = "15s"
    assert "intervall" in " ".join(findings(monitor))
    monitor["spec"]["podMetricsEndpoints"][0] = {"port": "admin", "interval": "often"}
    assert "often" in " ".join(findings(monitor))


def test_the_admin_key_reaches_gate_and_the_monitor() -> None:
    found = composed(BASE, ["pod-monitor", "admin-key"])
    assert [line for one in found for line in findings(one)] == []
    (container,) = named(found, "Deployment")["spec"]["template"]["spec"]["containers"]
    (variable,) = [one for one in container["env"] if one["name"] == "GATE_ADMIN_KEY"]
    wanted = {"name": "gate-admin", "key": "key"}
    assert variable["valueFrom"]["secretKeyRef"] == wanted
    (endpoint,) = named(found, "PodMonitor")["spec"]["podMetricsEndpoints"]
    assert endpoint["authorization"] == {"type": "Bearer", "credentials": wanted}


def test_no_secret_stands_in_a_file() -> None:
    for name in EVERYTHING:
        assert [one for one in built(name) if one["kind"] == "Secret"] == []


def test_the_redis_is_told_to_gate_with_its_password() -> None:
    found = composed(BASE, ["redis"])
    (container,) = named(found, "Deployment")["spec"]["template"]["spec"]["containers"]
    variables = {one["name"]: one for one in container["env"]}
    service = named(found, "Service", "gate-redis")
    (port,) = service["spec"]["ports"]
    assert variables["GATE_STATE_URL"]["value"] == f"redis://{service['metadata']['name']}:{port['port']}/0"
    assert variables["GATE_STATE_KEY"]["valueFrom"]["secretKeyRef"] == {"name": "gate-redis", "key": "password"}
    assert "POD_NAME" in variables, "beside the others"

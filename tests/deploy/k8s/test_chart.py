"""The chart: taken by the schemas in every setting, and the same as the kustomization, object by object."""

from __future__ import annotations

from typing import Any

import pytest

from tests.deploy.k8s import pod_security
from tests.deploy.k8s.defaults import normal_form
from tests.deploy.k8s.programs import BASE, Object, composed, kustomized, linted, named, templated
from tests.deploy.k8s.schemas import VERSIONS, findings

EXISTING = {"mode": "existing", "endpoint": "http://otel-collector.observability.svc:4318"}
SIDECAR = {"mode": "sidecar", "endpoint": "http://otel-collector.observability.svc:4318"}
SAME: dict[str, tuple[dict[str, Any], list[str]]] = {
    "plain": ({}, []),
    "existing collector": ({"collector": EXISTING}, ["existing-collector"]),
    "sidecar collector": ({"collector": SIDECAR}, ["sidecar-collector"]),
    "service monitor": ({"monitoring": {"serviceMonitor": True}}, ["service-monitor"]),
    "everything": (
        {
            "collector": EXISTING,
            "adminSecret": "gate-admin",
            "monitoring": {"podMonitor": True, "prometheusRule": True},
            "dashboards": {"enabled": True},
            "autoscaling": {"enabled": True},
        },
        ["pod-monitor", "admin-key", "existing-collector", "rules", "dashboards", "autoscaling"],
    ),
}


@pytest.mark.parametrize("case", SAME)
def test_it_is_the_kustomization_object_by_object(case: str) -> None:
    values, components = SAME[case]
    chart = normal_form(templated(values))
    kustomization = normal_form(composed(BASE, components) if components else kustomized(BASE))
    assert chart.keys() == kustomization.keys()
    for name, wanted in kustomization.items():
        assert chart[name] == wanted, name


def test_the_comparison_sees_a_difference_but_not_a_default() -> None:
    (other,) = normal_form([_service(3, port=4001)]).values()
    (one,) = normal_form([_service(3, port=4000)]).values()
    assert one != other
    spoken = _service(3, port=4000)
    spoken["spec"] |= {"type": "ClusterIP", "sessionAffinity": "None"}
    spoken["metadata"]["labels"]["helm.sh/chart"] = "gate-0.1.0"
    assert list(normal_form([spoken]).values()) == [one]


def _service(weight: int, port: int) -> Object:
    labels = {"weight": str(weight)}
    return {"kind": "Service", "metadata": {"name": "x", "labels": labels}, "spec": {"ports": [{"port": port}]}}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("case", SAME)
def test_kubernetes_takes_every_object(case: str, version: str) -> None:
    found = templated(SAME[case][0])
    assert [line for one in found for line in findings(one, version)] == []
    pods = [pod for one in found if (pod := pod_security.pod_of(one))]
    assert [line for pod in pods for line in (*pod_security.restricted(pod), *pod_security.hardened(pod))] == []


def test_helm_finds_nothing_to_complain_of() -> None:
    assert "0 chart(s) failed" in linted()


def test_two_releases_share_a_namespace() -> None:
    one, other = templated({"dashboards": {"enabled": True}}, "gate"), templated({}, "team")
    assert set(normal_form(one)).isdisjoint(normal_form(other))
    selector = named(other, "Deployment", "team-gate")["spec"]["selector"]["matchLabels"]
    assert selector["app.kubernetes.io/instance"] == "team"


def test_the_grace_period_follows_the_configuration() -> None:
    found = templated({"config": {"listen": {"drain_timeout_s": 1200.5}}, "preStopSeconds": 5})
    assert named(found, "Deployment")["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == 5 + 1201 + 20


def test_a_changed_configuration_is_a_new_pod_template() -> None:
    def annotations(values: dict[str, Any]) -> dict[str, str]:
        return named(templated(values), "Deployment")["spec"]["template"]["metadata"]["annotations"]

    assert (
        annotations({})["checksum/config"] != annotations({"config": {"limits": {"in_flight": 7}}})["checksum/config"]
    )


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"replicaCount": 3}, "replicaCount"),
        ({"collector": {"mode": "existing"}}, "collector.endpoint is needed"),
        ({"collector": {"mode": "sidecar"}}, "collector.endpoint is needed"),
        ({"monitoring": {"podMonitor": True, "serviceMonitor": True}}, "monitoring"),
        ({"config": {"keys": {"clients": [{"name": "a", "hash": "secret"}]}}}, "hash"),
        ({"config": {"keys": {"clients": [{"name": "a", "key": "in-the-clear"}]}}}, "key"),
        ({"config": {"listen": {"host": "127.0.0.1"}}}, "listen"),
        ({"dashboards": {"profile": "9"}}, "profile"),
    ],
)
def test_a_wrong_value_is_refused_by_name(values: dict[str, Any], complaint: str) -> None:
    with pytest.raises(AssertionError) as refused:
        templated(values)
    assert complaint in str(refused.value)


def test_a_redis_is_told_with_its_password_and_can_be_reached() -> None:
    state = {"url": "rediss://redis.cache:6380/0", "secret": "gate-redis", "port": 6380}
    found = templated({"state": state | {"namespaces": [{"kubernetes.io/metadata.name": "cache"}]}})
    assert [line for one in found for line in findings(one)] == []
    (container,) = named(found, "Deployment")["spec"]["template"]["spec"]["containers"]
    variables = {one["name"]: one for one in container["env"]}
    assert variables["GATE_STATE_URL"]["value"] == state["url"]
    assert variables["GATE_STATE_KEY"]["valueFrom"]["secretKeyRef"] == {"name": "gate-redis", "key": "password"}
    (rule,) = named(found, "NetworkPolicy", "gate-state")["spec"]["egress"]
    assert rule["to"][0]["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "cache"}
    assert rule["ports"] == [{"port": 6380, "protocol": "TCP"}]
    with pytest.raises(AssertionError, match="url"):
        templated({"state": {"url": "redis://:secret@redis:6379/0"}})

"""The policy check finds what it is for: each rule broken once."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.deploy.k8s.pod_security import hardened, pod_of, restricted

GOOD: dict[str, Any] = {
    "automountServiceAccountToken": False,
    "securityContext": {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
    "initContainers": [],
    "containers": [
        {
            "name": "one",
            "image": "gate:0.1.0",
            "ports": [{"containerPort": 4000}],
            "livenessProbe": {"httpGet": {"path": "/", "port": 1}},
            "resources": {"requests": {"cpu": "1", "memory": "1Mi"}, "limits": {"memory": "1Mi"}},
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            },
        }
    ],
    "volumes": [{"name": "tmp", "emptyDir": {}}],
}
Pod = dict[str, Any]
MISTAKES: dict[str, Callable[[Pod, Pod, Pod], object]] = {
    "Host Namespaces": lambda pod, one, own: pod.update(hostNetwork=True),
    "Volume Types": lambda pod, one, own: pod["volumes"].append({"name": "host", "hostPath": {"path": "/"}}),
    "Sysctls": lambda pod, one, own: pod["securityContext"].update(sysctls=[{"name": "kernel.msgmax"}]),
    "the pod's runAsUser": lambda pod, one, own: pod["securityContext"].update(runAsUser=0),
    "HostProcess": lambda pod, one, own: pod["securityContext"].update(windowsOptions={"hostProcess": True}),
    "Privileged Containers": lambda pod, one, own: own.update(privileged=True),
    "Host Ports": lambda pod, one, own: one["ports"].append({"containerPort": 1, "hostPort": 1}),
    "Host Probes": lambda pod, one, own: one["livenessProbe"]["httpGet"].update(host="10.0.0.1"),
    "/proc Mount Type": lambda pod, one, own: own.update(procMount="Unmasked"),
    "Privilege Escalation": lambda pod, one, own: own.pop("allowPrivilegeEscalation"),
    "does not demand it": lambda pod, one, own: pod["securityContext"].pop("runAsNonRoot"),
    "one's runAsUser": lambda pod, one, own: own.update(runAsUser=0),
    "Seccomp": lambda pod, one, own: pod["securityContext"].pop("seccompProfile"),
    "does not drop ALL": lambda pod, one, own: own.update(capabilities={"drop": ["NET_RAW"]}),
    "adds SYS_ADMIN": lambda pod, one, own: own["capabilities"].update(add=["SYS_ADMIN"]),
    "service account token": lambda pod, one, own: pod.pop("automountServiceAccountToken"),
    "can be written": lambda pod, one, own: own.pop("readOnlyRootFilesystem"),
    "no numeric user": lambda pod, one, own: pod["securityContext"].pop("runAsUser"),
    "no request": lambda pod, one, own: one["resources"].pop("limits"),
    "is not pinned": lambda pod, one, own: one.update(image="registry:5000/gate"),
}


def test_a_good_pod_is_let_through() -> None:
    assert restricted(GOOD) == hardened(GOOD) == []
    assert pod_of({"kind": "Pod", "spec": GOOD}) is GOOD
    assert pod_of({"kind": "Service", "spec": {}}) is None


@pytest.mark.parametrize("place", ["containers", "initContainers"])
@pytest.mark.parametrize("rule", MISTAKES)
def test_each_mistake_is_found_once(rule: str, place: str) -> None:
    pod = copy.deepcopy(GOOD)
    pod[place] = copy.deepcopy(GOOD["containers"])
    one = pod[place][0]
    if place == "initContainers":
        pod["containers"] = []
    MISTAKES[rule](pod, one, one["securityContext"])
    (line,) = [*restricted(pod), *hardened(pod)]
    assert rule in line

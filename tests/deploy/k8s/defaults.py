"""Brings two ways of writing the same object to one form, so that only what differs in a cluster differs here.

Defaults are those the API server fills in (https://kubernetes.io/docs/reference/kubernetes-api/). What Helm and
kustomize each add about themselves is taken away: Helm's labels and checksums, kustomize's hashes at the end of names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import yaml

Object = dict[str, Any]
HELMS = frozenset(
    {"helm.sh/chart", "app.kubernetes.io/managed-by", "app.kubernetes.io/version", "app.kubernetes.io/instance"}
)
HASHED = re.compile(r"-[0-9a-z]{10}$")


def normal_form(found: Sequence[Object]) -> dict[str, Object]:
    """The objects by kind and name, without namespaces, each in its normal form."""
    maps = [one["metadata"]["name"] for one in found if one["kind"] == "ConfigMap"]
    hashed = {name: HASHED.sub("", name) for name in maps if HASHED.search(name) and not _is_dashboard(name)}
    normal: dict[str, Object] = {}
    for thing in found:
        one = _plain(thing, hashed)
        one["metadata"].pop("namespace", None)
        FILLERS.get(one["kind"], lambda _: None)(one)
        normal[f"{one['kind']}/{one['metadata']['name']}"] = one
    return normal


def _is_dashboard(name: str) -> bool:
    return "-dashboard-" in name


def _plain(value: Any, names: dict[str, str]) -> Any:
    """A copy without Helm's labels, empty maps and comments in embedded YAML, with names as they were written."""
    if isinstance(value, list):
        return [_plain(item, names) for item in value]
    if isinstance(value, str):
        return names.get(value, value)
    if not isinstance(value, dict):
        return value
    plain: Object = {}
    for key, item in value.items():
        if key in HELMS or key.startswith("checksum/"):
            continue
        if isinstance(item, str) and key.endswith((".yaml", ".json")):
            plain[key] = yaml.safe_load(item)
        elif item not in ({}, None):
            plain[key] = _plain(item, names)
    return plain


def _pods(pod: Object) -> None:
    pod.setdefault("restartPolicy", "Always")
    pod.setdefault("dnsPolicy", "ClusterFirst")
    pod.setdefault("schedulerName", "default-scheduler")
    pod.setdefault("terminationGracePeriodSeconds", 30)
    pod.setdefault("enableServiceLinks", True)
    pod.get("volumes", []).sort(key=lambda volume: volume["name"])  # in any order
    for volume in pod.get("volumes", []):
        for source in ("configMap", "secret"):
            if source in volume:
                volume[source].setdefault("defaultMode", 0o644)
    for one in (*pod.get("initContainers", []), *pod["containers"]):
        one.setdefault("imagePullPolicy", "Always" if one["image"].endswith(":latest") else "IfNotPresent")
        one.setdefault("terminationMessagePath", "/dev/termination-log")
        one.setdefault("terminationMessagePolicy", "File")
        for port in one.get("ports", []):
            port.setdefault("protocol", "TCP")
        # In any order, but what uses $(NAME) comes after NAME.
        one.get("env", []).sort(key=lambda variable: ("$(" in str(variable.get("value")), variable["name"]))
        for name in ("startupProbe", "readinessProbe", "livenessProbe"):
            if name in one:
                _probe(one[name])


def _probe(probe: Object) -> None:
    for key, default in {
        "periodSeconds": 10,
        "timeoutSeconds": 1,
        "failureThreshold": 3,
        "successThreshold": 1,
    }.items():
        probe.setdefault(key, default)
    if "httpGet" in probe:
        probe["httpGet"].setdefault("scheme", "HTTP")


def _deployment(thing: Object) -> None:
    spec = thing["spec"]
    spec.setdefault("progressDeadlineSeconds", 600)
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("strategy", {}).setdefault("type", "RollingUpdate")
    _pods(spec["template"]["spec"])


def _service(thing: Object) -> None:
    thing["spec"].setdefault("type", "ClusterIP")
    thing["spec"].setdefault("sessionAffinity", "None")
    for port in thing["spec"]["ports"]:
        port.setdefault("protocol", "TCP")
        port.setdefault("targetPort", port["port"])


def _network_policy(thing: Object) -> None:
    for direction in ("ingress", "egress"):
        for rule in thing["spec"].get(direction, []):
            for port in rule.get("ports", []):
                port.setdefault("protocol", "TCP")


FILLERS: dict[str, Callable[[Object], None]] = {
    "Deployment": _deployment,
    "Service": _service,
    "NetworkPolicy": _network_policy,
}

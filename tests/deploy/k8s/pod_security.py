"""The restricted Pod Security Standard, as far as a manifest can break it.

The rules, under the names of https://kubernetes.io/docs/concepts/security/pod-security-standards/ (restricted includes
baseline). A cluster checks the same when the namespace has the label `pod-security.kubernetes.io/enforce: restricted`.
Beyond it, `hardened` asks for what Gate promises itself: a read-only root file system, a numeric user, no service
account token, requests for CPU and memory, a memory limit and images pinned by a tag.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Object = dict[str, Any]
VOLUMES = frozenset(
    {
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "persistentVolumeClaim",
        "projected",
        "secret",
        "image",
    }
)
TEMPLATED = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"})


def pod_of(thing: Object) -> Object | None:
    """The pod spec in an object, None when it makes no pods."""
    if thing["kind"] in TEMPLATED:
        return thing["spec"]["template"]["spec"]
    if thing["kind"] == "CronJob":
        return thing["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return thing["spec"] if thing["kind"] == "Pod" else None


def containers(pod: Object) -> list[Object]:
    return [one for key in ("initContainers", "containers", "ephemeralContainers") for one in pod.get(key, [])]


def restricted(pod: Object) -> list[str]:
    """What the restricted standard forbids in a pod; empty when it may run."""
    return [*_pod(pod), *(line for one in containers(pod) for line in _container(one, pod.get("securityContext", {})))]


def _pod(pod: Object) -> Iterator[str]:
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(field):
            yield f"Host Namespaces: {field} is true"
    for volume in pod.get("volumes", []):
        kinds = set(volume) - {"name"}
        if not kinds <= VOLUMES:
            yield f"Volume Types: {volume['name']} is {', '.join(sorted(kinds))}"
    context = pod.get("securityContext", {})
    if context.get("sysctls"):
        yield "Sysctls: none is needed"
    if context.get("runAsUser") == 0:
        yield "Running as Non-root user: the pod's runAsUser is 0"
    if context.get("windowsOptions", {}).get("hostProcess"):
        yield "HostProcess: is true"


def _container(container: Object, pod: Object) -> Iterator[str]:
    name, own = container["name"], container.get("securityContext", {})
    if own.get("privileged"):
        yield f"Privileged Containers: {name}"
    if any(port.get("hostPort") for port in container.get("ports", [])):
        yield f"Host Ports: {name}"
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        for action in ("httpGet", "tcpSocket"):
            if container.get(probe, {}).get(action, {}).get("host"):
                yield f"Host Probes / Lifecycle Hooks: {name}'s {probe}"
    if own.get("procMount", "Default") != "Default":
        yield f"/proc Mount Type: {name}"
    if own.get("allowPrivilegeEscalation") is not False:
        yield f"Privilege Escalation: {name} does not forbid it"
    if own.get("runAsNonRoot", pod.get("runAsNonRoot")) is not True:
        yield f"Running as Non-root: {name} does not demand it"
    if own.get("runAsUser") == 0:
        yield f"Running as Non-root user: {name}'s runAsUser is 0"
    seccomp = (own.get("seccompProfile") or pod.get("seccompProfile") or {}).get("type")
    if seccomp not in ("RuntimeDefault", "Localhost"):
        yield f"Seccomp: {name} has {seccomp or 'none'}"
    capabilities = own.get("capabilities", {})
    if "ALL" not in capabilities.get("drop", []):
        yield f"Capabilities: {name} does not drop ALL"
    if set(capabilities.get("add", [])) - {"NET_BIND_SERVICE"}:
        yield f"Capabilities: {name} adds {', '.join(capabilities['add'])}"


def hardened(pod: Object) -> list[str]:
    """What Gate's own promise forbids beyond the standard."""
    lines: list[str] = []
    context = pod.get("securityContext", {})
    if pod.get("automountServiceAccountToken") is not False:
        lines.append("a service account token is mounted")
    for one in containers(pod):
        own, resources = one.get("securityContext", {}), one.get("resources", {})
        if own.get("readOnlyRootFilesystem") is not True:
            lines.append(f"{one['name']}: the root file system can be written")
        if not isinstance(own.get("runAsUser", context.get("runAsUser")), int):
            lines.append(f"{one['name']}: no numeric user")
        if not {"cpu", "memory"} <= set(resources.get("requests", {})) or "memory" not in resources.get("limits", {}):
            lines.append(f"{one['name']}: no request for cpu and memory, or no memory limit")
        if one["image"].endswith(":latest") or ":" not in one["image"].rpartition("/")[2]:
            lines.append(f"{one['name']}: the image {one['image']} is not pinned")
    return lines

"""The programs that read Kubernetes' files, and what they make of ours. A missing one skips, and fails in CI."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.harness.missing import in_ci, missing_part
from tests.stack.backends import stack_home

ROOT = Path(__file__).resolve().parents[3]
KUSTOMIZE = ROOT / "deploy" / "k8s"
BASE = KUSTOMIZE / "base"
OVERLAYS = sorted(path.parent for path in (KUSTOMIZE / "overlays").glob("*/kustomization.yaml"))
COMPONENTS = sorted(path.parent for path in (KUSTOMIZE / "components").glob("*/kustomization.yaml"))
CHART = ROOT / "deploy" / "helm" / "gate"
BUILD = ROOT / "tests" / "stack" / "build_kubernetes.sh"

Object = dict[str, Any]


def _build(part: str, path: Path) -> Path:
    """`path`, which `build_kubernetes.sh PART` makes; made here where building is allowed."""
    allowed = in_ci() or os.environ.get("GATE_STACK_BUILD") == "1"
    if not allowed and not path.exists():
        missing_part(f"{path} is not there (tests/stack/build_kubernetes.sh {part})")
    if allowed:
        done = subprocess.run([BUILD, part], capture_output=True, text=True, check=False)
        if done.returncode:
            missing_part(f"tests/stack/build_kubernetes.sh {part} failed: {done.stderr[-2000:]}")
    return path


@cache
def helm() -> Path:
    return _build("helm", stack_home() / "bin" / "helm")


@cache
def schemas() -> Path:
    """The directory with the Prometheus Operator's definitions and the schema of Compose files."""
    return _build("schemas", stack_home() / "schemas" / "complete").parent


def _output(command: Sequence[str | Path]) -> str:
    """What a command prints. Raises AssertionError with its complaint."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(map(str, command))}: {done.stderr[-3000:]}"
    return done.stdout


def objects(text: str) -> list[Object]:
    return [document for document in yaml.load_all(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)) if document]


def _kustomize() -> list[str]:
    if shutil.which("kubectl"):
        return ["kubectl", "kustomize"]
    if not shutil.which("kustomize"):
        missing_part("neither kubectl nor kustomize is installed")
    return ["kustomize", "build"]


@cache
def _kustomized(directory: Path) -> str:
    return _output([*_kustomize(), directory])


def kustomized(directory: Path) -> list[Object]:
    """The objects of a kustomization, as everybody gets them: without lifting the load restrictor."""
    return objects(_kustomized(directory))


@cache
def _composed(base: Path, components: tuple[str, ...]) -> str:
    with tempfile.TemporaryDirectory(prefix="gate-kustomize-") as directory:
        place = Path(directory).resolve()
        kustomization = {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": [os.path.relpath(base, place)],
            "components": [os.path.relpath(KUSTOMIZE / "components" / name, place) for name in components],
        }
        (place / "kustomization.yaml").write_text(json.dumps(kustomization))
        return _output([*_kustomize(), place])


def composed(base: Path, components: Sequence[str]) -> list[Object]:
    """The objects of a kustomization with components of ours over it."""
    return objects(_composed(base, tuple(components)))


def templated(values: Mapping[str, Any] | None = None, name: str = "gate") -> list[Object]:
    """The objects of the chart. Raises AssertionError with Helm's complaint."""
    return objects(_templated(json.dumps(values or {}), name))


@cache
def _templated(values: str, name: str) -> str:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(values)
        file.flush()
        return _output(
            [helm(), "template", name, CHART, "--namespace", "gate", "--kube-version", "1.34.0", "-f", file.name]
        )


def linted() -> str:
    return _output([helm(), "lint", "--strict", CHART])


def named(found: Sequence[Object], kind: str, name: str = "gate") -> Object:
    """The one object of a kind and name, which may have kustomize's hash at its end."""
    wanted = re.compile(re.escape(name) + "(-[0-9a-z]{10})?")
    (one,) = [item for item in found if item["kind"] == kind and wanted.fullmatch(item["metadata"]["name"])]
    return one

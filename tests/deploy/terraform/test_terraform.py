"""The Terraform module: in its canonical form, and made of values that the chart has and files that are there.

Its providers come from a registry that tests must not need, so `terraform validate` is no part of them.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
HERE = ROOT / "deploy" / "terraform"


def source() -> str:
    return "".join(path.read_text() for path in sorted(HERE.glob("*.tf")))


def test_it_is_formatted() -> None:
    program = shutil.which("terraform") or shutil.which("tofu")
    if program is None:
        pytest.skip("neither terraform nor tofu is installed, and neither can be had from a package registry")
    done = subprocess.run([program, "fmt", "-check", "-diff", HERE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_variable_is_used_and_explained() -> None:
    text = source()
    blocks = re.findall(r'^variable "(\w+)" \{\n(.*?)^\}', text, re.MULTILINE | re.DOTALL)
    assert {name for name, _ in blocks} == set(re.findall(r"\bvar\.(\w+)", text))
    assert all("description" in body for _, body in blocks)


def test_it_sets_values_that_the_chart_has() -> None:
    chart = yaml.safe_load((ROOT / "deploy" / "helm" / "gate" / "values.yaml").read_text())
    (block,) = re.findall(r"^    yamlencode\(\{\n(.*?)^    \}\)", source(), re.MULTILINE | re.DOTALL)
    section = None
    for indent, name in re.findall(r"^( +)(\w+) *=", block, re.MULTILINE):
        if len(indent) == 6:
            section = chart[name]
        elif len(indent) == 8 and section:  # an empty map takes any key
            assert name in section


def test_it_refers_to_files_that_are_there() -> None:
    paths = re.findall(r'"\$\{path\.module\}/([^"$]+)', source())
    assert paths
    assert [path for path in paths if not (HERE / path).exists()] == []


def test_no_key_goes_into_the_state() -> None:
    assert not re.search(r"kubernetes_secret|API_KEY *=", source())

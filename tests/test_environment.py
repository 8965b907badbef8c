"""In CI nothing is skipped for want of a package: everything the project names for its tests is installed.

Tests ask for SDKs and optional parts with `pytest.importorskip`, because the other Pythons run them without; this test
is what makes a missing one a failure where it must be.
"""

import re
import tomllib
from importlib import metadata

import pytest

from tests.harness.gate import ROOT
from tests.harness.missing import missing_part

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
NEEDED = sorted({*PROJECT["dependency-groups"]["test"], *PROJECT["project"]["optional-dependencies"]["grpc"]})


@pytest.mark.parametrize("requirement", NEEDED)
def test_what_the_tests_need_is_installed(requirement: str) -> None:
    name = re.split(r"[<>=!~;\[ ]", requirement, maxsplit=1)[0]
    try:
        assert metadata.version(name)
    except metadata.PackageNotFoundError:
        missing_part(f"{name} is not installed: run `make test`")

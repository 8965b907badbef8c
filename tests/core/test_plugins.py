"""What installed packages add, found by their entry points."""

import sys
from importlib.metadata import EntryPoint, distributions
from pathlib import Path

import pytest

from gate.core.plugins import PROVIDERS, TRANSFORMERS, PluginError, load, plugins

GROUP = "gate.test"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path with one distribution and its module, as an installer leaves them."""
    info = tmp_path / "gate_acme-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.4\nName: gate-acme\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\nbeta = gate_acme_test:BETA\nalpha = gate_acme_test:ALPHA\n")
    (tmp_path / "gate_acme_test.py").write_text("ALPHA, BETA = 'a', 'b'\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.delitem(sys.modules, "gate_acme_test", raising=False)
    return tmp_path


def points(folder: Path) -> list[EntryPoint]:
    return [point for found in distributions(path=[str(folder)]) for point in found.entry_points]


def test_they_come_in_the_order_of_names_with_their_origin(installed: Path) -> None:
    assert [(one.name, one.origin, one.found) for one in load(points(installed))] == [
        ("alpha", "gate-acme 1.2 (entry point alpha)", "a"),
        ("beta", "gate-acme 1.2 (entry point beta)", "b"),
    ]


def test_they_are_found_on_the_path(installed: Path) -> None:
    assert [one.found for one in plugins(GROUP)] == ["a", "b"]


def test_a_distribution_that_is_there_twice_counts_once(installed: Path) -> None:
    assert len(load(points(installed) * 2)) == 2


def test_a_broken_module_is_told_with_its_package(installed: Path) -> None:
    (installed / "gate_acme_test.py").write_text("raise RuntimeError('no licence')\n")
    said = r"gate-acme 1\.2 \(entry point alpha\): cannot load gate_acme_test:ALPHA: RuntimeError: no licence"
    with pytest.raises(PluginError, match=said):
        load(points(installed))


def test_a_name_that_is_not_there_is_told(installed: Path) -> None:
    (installed / "gate_acme_test.py").write_text("")
    with pytest.raises(PluginError, match="AttributeError"):
        load(points(installed))


def test_without_metadata_it_still_says_something() -> None:
    with pytest.raises(PluginError, match=r"^a package without metadata \(entry point x\): "):
        load([EntryPoint("x", "no_such_module_here:X", GROUP)])


def test_the_groups_have_the_documented_names() -> None:
    assert (PROVIDERS, TRANSFORMERS) == ("gate.providers", "gate.transformers")

"""`gate explain ID` when no Gate is there any more: this machine's store has it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gate.cli.main import run
from gate.store.sqlite_file import STEPS, writable
from tests.cli.stored import compiled, configuration, recorded, store, written
from tests.harness.ports import refusing_port

ONE = recorded(1, compiled(configuration()))
ID = ONE.decision.id


def explain(*arguments: str) -> int:
    with refusing_port() as port:
        return run(["explain", *arguments, "--url", f"http://127.0.0.1:{port}"], serve=lambda options: 0)


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("GATE_STORE_PATH", raising=False)
    monkeypatch.delenv("GATE_CONFIG", raising=False)
    return tmp_path / "gate" / "decisions.sqlite"


@pytest.mark.parametrize("arguments", [(ID,), ("--decision", ID)])
def test_it_is_told_from_the_store(place: Path, arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    store(place, [ONE])
    assert explain(*arguments) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"decision   {ID} ")
    assert "route      first/one: primary" in said
    assert explain(*arguments, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["decision"]["id"] == ID
    assert told["execution"]["outcome"] == "served"


def test_where_the_configuration_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store(tmp_path / "elsewhere.sqlite", [ONE])
    config = written(tmp_path / "gate.yaml", {"store": {"path": str(tmp_path / "elsewhere.sqlite")}})
    monkeypatch.setenv("GATE_CONFIG", str(config))
    assert explain(ID) == 0


def test_what_is_not_there_is_gates_matter(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(ID) == 1
    store(place, [])
    assert explain(ID) == 1
    writable(place, (*STEPS, "CREATE TABLE later (x)")).close()
    assert explain(ID) == 1
    monkeypatch.setenv("GATE_CONFIG", str(tmp_path / "none.yaml"))
    assert explain(ID) == 1
    assert capsys.readouterr().err.count("no Gate answers at") == 4

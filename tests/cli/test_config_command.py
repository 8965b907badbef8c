"""`gate config`: a look, a question, a swap that a running Gate notices, and the way back."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from gate.cli.main import run
from gate.config.apply import KEPT
from tests.cli.stored import KEYS, compiled, configuration, recorded, store, written
from tests.e2e.sink import eventually
from tests.e2e.telemetry.world import Start


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {**KEYS, "COLUMNS": "250", "HOME": str(tmp_path), "XDG_STATE_HOME": ""}.items():
        monkeypatch.setenv(name, value)
    for name in ("GATE_STORE_PATH", "GATE_CONFIG", "ANTHROPIC_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO())


@pytest.fixture
def current(tmp_path: Path) -> Path:
    return written(tmp_path / "gate.yaml", configuration(store={"path": str(tmp_path / "decisions.sqlite")}))


def cheaper(tmp_path: Path, **more: Any) -> Path:
    made = configuration(store={"path": str(tmp_path / "decisions.sqlite")}, **more)
    made["routes"][1]["price"] = {"input": 1, "output": 5}
    return written(tmp_path / "new.yaml", made)


def gate(*arguments: str | Path) -> int:
    return run(["config", *(str(one) for one in arguments)], serve=lambda options: 0)


def test_apply_shows_what_changes_and_swaps(tmp_path: Path, current: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store(tmp_path / "decisions.sqlite", [recorded(0, compiled(configuration()))])
    new, before = cheaper(tmp_path), current.read_text()
    assert gate("apply", new, "--config", current, "--yes") == 0
    said = capsys.readouterr().out
    assert f"{new}: valid, version " in said
    assert "changed     1 (100 %): 1 another route" in said
    assert "cost        $0.018 -> $0.006 (-$0.012, 67 %) for 1 decision" in said
    assert f"{current} is now version " in said
    assert current.read_text() == new.read_text()

    assert gate("backups", "--config", current) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(" 1  20")
    assert Path(line.split()[-1]).read_text() == before


def test_the_way_back(tmp_path: Path, current: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, new = current.read_text(), cheaper(tmp_path)
    assert gate("apply", new, "--config", current, "--yes") == 0
    assert gate("rollback", "--config", current, "--yes") == 0
    assert current.read_text() == before
    # And there again: a rollback keeps what it replaces.
    assert gate("rollback", "1", "--config", current, "--yes") == 0
    assert current.read_text() == new.read_text()
    capsys.readouterr()
    assert gate("rollback", "9", "--config", current, "--yes") == 1
    assert f"no backup 9 of {current}: there are 3" in capsys.readouterr().err
    assert KEPT == 10


def test_nothing_to_compare_by_is_said_and_no_obstacle(
    tmp_path: Path, current: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATE_CONFIG", str(current))
    assert gate("apply", cheaper(tmp_path), "--yes") == 0
    assert "nothing to compare by: there is no store at " in capsys.readouterr().out


def test_a_current_one_that_is_not_valid_can_be_replaced(
    tmp_path: Path, current: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store(tmp_path / "decisions.sqlite", [recorded(0, compiled(configuration()))])
    current.write_text("limts: {}\n")
    assert gate("apply", cheaper(tmp_path), "--config", current, "--yes") == 0
    said = capsys.readouterr().out
    assert "is not valid as it is; compared with what was decided" in said
    assert "changed     1 (100 %): 1 another route" in said


def test_the_first_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    current = tmp_path / "gate.yaml"
    assert gate("apply", cheaper(tmp_path), "--config", current, "--yes") == 0
    assert "is kept as" not in capsys.readouterr().out
    assert gate("backups", "--config", current) == 0
    assert capsys.readouterr().out == f"no backup of {current}: `gate config apply` makes one each time\n"
    assert gate("rollback", "--config", current) == 1
    assert "there is none" in capsys.readouterr().err


def test_the_same_one_is_not_applied(current: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gate("apply", current, "--config", current) == 0
    assert "already that configuration: nothing to do" in capsys.readouterr().out


def test_an_invalid_one_is_refused_with_its_line(
    tmp_path: Path, current: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = current.read_text()
    new = tmp_path / "new.yaml"
    new.write_text("limts: {}\n")
    assert gate("apply", new, "--config", current, "--yes") == 1
    assert f"{new}:1: unknown key limts; did you mean limits?" in capsys.readouterr().err
    new.write_bytes(b"\xff\xfe")
    assert gate("apply", new, "--config", current, "--yes") == 1
    assert "not UTF-8" in capsys.readouterr().err
    assert gate("apply", tmp_path / "none.yaml", "--config", current, "--yes") == 1
    assert "there is no file" in capsys.readouterr().err
    assert current.read_text() == before


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("said", "status"), [("y\n", 0), ("yes\n", 0), ("n\n", 1), ("\n", 1)])
def test_it_asks(
    tmp_path: Path,
    current: Path,
    said: str,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    new, before = cheaper(tmp_path), current.read_text()
    monkeypatch.setattr("sys.stdin", Terminal(said))
    assert gate("apply", new, "--config", current) == status
    assert current.read_text() == (new.read_text() if status == 0 else before)
    assert f"put it in the place of {current}? [y/N]" in capsys.readouterr().out


def test_nobody_to_ask(tmp_path: Path, current: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gate("apply", cheaper(tmp_path), "--config", current) == 1
    assert "nobody can be asked here: say --yes to apply it" in capsys.readouterr().err
    assert gate("apply", cheaper(tmp_path), "--yes") == 1
    assert "name the file that Gate is started with: --config CURRENT (GATE_CONFIG)" in capsys.readouterr().err


def test_a_mounted_config_map_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "..1").mkdir()
    written(tmp_path / "..1" / "gate.yaml", configuration())
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "gate.yaml").symlink_to("..data/gate.yaml")
    assert gate("apply", cheaper(tmp_path), "--config", tmp_path / "gate.yaml", "--yes") == 1
    assert "mounted from a ConfigMap and would be set back: change the ConfigMap" in capsys.readouterr().err


def test_a_running_gate_takes_it_and_takes_it_back(start_gate: Start, tmp_path: Path) -> None:
    running = start_gate(configuration(), KEYS)
    path, before = running.config_file, running.config_file.read_text()
    assert gate("apply", cheaper(tmp_path), "--config", path, "--yes") == 0
    assert eventually(lambda: running.metric("gate_config_reloads_total", result="applied") == 1)
    assert gate("rollback", "--config", path, "--yes") == 0
    assert eventually(lambda: running.metric("gate_config_reloads_total", result="applied") == 2)
    assert path.read_text() == before
    assert running.metric("gate_config_reloads_total", result="refused") == 0

"""`gate diff`: what it says of a changed configuration, of an unchanged one, and of what it cannot know."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gate.cli.main import run
from gate.health.snapshot import BreakerState, RouteHealth
from gate.store.sqlite_file import writable
from tests.cli.stored import KEYS, compiled, configuration, recorded, store, written

OPEN = RouteHealth(state=BreakerState.OPEN, open_until=80.0, openings=1, consecutive=5)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {**KEYS, "COLUMNS": "250", "HOME": str(tmp_path), "XDG_STATE_HOME": ""}.items():
        monkeypatch.setenv(name, value)
    for name in ("GATE_STORE_PATH", "GATE_CONFIG", "ANTHROPIC_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def current(tmp_path: Path) -> Path:
    return written(tmp_path / "gate.yaml", configuration(store={"path": str(tmp_path / "decisions.sqlite")}))


@pytest.fixture
def decided(tmp_path: Path) -> Path:
    """Two requests served by the first route, one by the second while the first was open, one that names a model."""
    snapshot = compiled(configuration())
    made = [
        recorded(0, snapshot, seconds=2.0),
        recorded(1, snapshot, {"first/one": OPEN}, seconds=5.0),
        recorded(2, snapshot, seconds=2.0),
        recorded(3, snapshot, model="second/small", seconds=1.0),
    ]
    return store(tmp_path / "decisions.sqlite", made)


def cheaper(**more: Any) -> dict[str, Any]:
    """The second route of the lane costs less than the first."""
    made = configuration(**more)
    made["routes"][1]["price"] = {"input": 1, "output": 5}
    return made


def gate(*arguments: str | Path) -> int:
    return run([str(one) for one in arguments], serve=lambda options: 0)


def printed(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> list[str]:
    assert gate("diff", *arguments) == 0
    return capsys.readouterr().out.splitlines()


def test_the_same_configuration_changes_nothing(
    current: Path, decided: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for more in ((), ("--base", current)):
        lines = printed(capsys, "--config", current, *more)
        assert lines == [
            f"decisions   4 from {decided}, 2026-11-21 08:00 to 2026-11-21 08:00 UTC",
            "changed     none",
            # Three thousandths of a dollar to read and fifteen to write, twice; 4 and 20; 1 and 2.
            "cost        $0.063 -> $0.063 (no change) for 4 decisions",
            "latency     2.5 s -> 2.5 s expected, mean of 4",
            "premium     0 -> 0 escalations",
        ]


def test_a_changed_one(tmp_path: Path, decided: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = written(tmp_path / "new.yaml", cheaper())
    lines = printed(capsys, "--config", new, "--from", "store", decided)
    assert lines == [
        f"decisions   4 from {decided}, 2026-11-21 08:00 to 2026-11-21 08:00 UTC",
        "changed     3 (75 %): 2 another route, 1 another relation",
        # 18, 24, 18 and 3 thousandths; then 6 for each but the last.
        "cost        $0.063 -> $0.021 (-$0.042, 67 %) for 4 decisions",
        "latency     2.5 s -> 4 s expected, mean of 4",
        "premium     0 -> 0 escalations",
        "",
        "first routes that move",
        "  2  first/one -> second/two",
        "",
        "examples (3 of 3); `gate explain --decision ID` says why it was as it was",
        f"  {'decision':>25}  model    before      after{' ' * 42}cost  latency",
        f"  gd-0-{1:020x}  working  second/two  second/two (same_lane_fallback -> primary)  -$0.018        -",
        f"  gd-0-{2:020x}  working  first/one   second/two                                  -$0.012     +3 s",
        f"  gd-0-{0:020x}  working  first/one   second/two                                  -$0.012     +3 s",
    ]


def test_as_json(tmp_path: Path, decided: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = written(tmp_path / "new.yaml", cheaper())
    told = json.loads("\n".join(printed(capsys, "--config", new, "--from", "store", decided, "--json")))
    assert (told["decisions"], told["changed"], told["undecided"], told["approximate"]) == (4, 3, 0, False)
    assert told["kinds"] == {"route": 2, "relation": 1}
    assert told["routes"] == [{"from": "first/one", "to": "second/two", "decisions": 2}]
    assert told["cost_usd"] == {
        "before": pytest.approx(0.063),
        "after": pytest.approx(0.021),
        "known": 4,
        "unknown": 0,
        "unmeasured": 0,
    }
    assert [one["id"][-1] for one in told["changes"]] == ["1", "2", "0"]
    assert told["changes"][1]["after"] == {
        "route": "second/two",
        "lane": "home/mid",
        "relation": "primary",
        "premium": False,
        "rule": None,
        "serves": "second/two",
        "seconds": 5.0,
        "usd": pytest.approx(0.006),
    }


def test_the_store_is_that_of_the_configuration_in_force(
    tmp_path: Path, current: Path, decided: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    new = written(tmp_path / "new.yaml", cheaper(store={"path": str(tmp_path / "another.sqlite")}))
    assert gate("diff", "--config", new) == 1
    assert f"there is no store at {tmp_path / 'another.sqlite'}" in capsys.readouterr().err
    for arguments, variable in ((("--base", current), ""), ((), str(current))):
        monkeypatch.setenv("GATE_CONFIG", variable)
        assert printed(capsys, "--config", new, *arguments)[0].startswith(f"decisions   4 from {decided}")


def test_the_newest_only(current: Path, decided: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "--config", current, "--last", "2")[0].startswith("decisions   2 from ")


def test_keys_that_are_not_here_are_taken_from_the_decisions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Gate had Anthropic's key in its environment; whoever previews does not."""
    shipped = written(tmp_path / "gate.yaml", {})
    path = store(tmp_path / "s.sqlite", [recorded(0, compiled({}, {"ANTHROPIC_API_KEY": "sk-real"}), model="auto")])
    lines = printed(capsys, "--config", shipped, "--from", "store", path)
    assert lines[1] == "changed     none"
    assert "note        keys that are not in this environment were taken to be there: anthropic" in lines
    # One that is new here counts.
    monkeypatch.setenv("DEEPSEEK_API_KEY", "sk-new")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-real")
    lines = printed(capsys, "--config", shipped, "--from", "store", path)
    assert not any("not in this environment" in line for line in lines)


def test_a_text_condition_nobody_looked_at_is_unknown(
    tmp_path: Path, decided: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rule = {"name": "small-talk", "when": {"keywords": {"any": ["hello"]}}, "to": "lane:cheap/fast"}
    new = written(tmp_path / "new.yaml", configuration(routing={"rules": [rule]}))
    lines = printed(capsys, "--config", new, "--from", "store", decided)
    assert lines[1] == "changed     none"
    assert lines[2].startswith("unknown     3 hang on conditions that nobody looked at then: small-talk")
    told = json.loads("\n".join(printed(capsys, "--config", new, "--from", "store", decided, "--json")))
    assert [one["id"][-1] for one in told["unknown"]] == ["2", "1", "0"]


@pytest.mark.parametrize(
    ("then", "now", "known"),
    [
        ({"regex": "^hello"}, {"regex": "^hello"}, True),
        ({"regex": "^hello"}, {"regex": "^hello$"}, False),
        ({"keywords": {"any": ["hello"]}}, {"keywords": {"any": ["hello"]}}, True),
        ({"keywords": {"any": ["hello"]}}, {"keywords": {"all": ["hello"]}}, False),
        ({"headers": {"x-a": "b*"}}, {"headers": {"x-a": "b*"}}, True),
        ({"headers": {"x-a": "b*"}}, {"headers": {"x-a": "c*"}}, False),
    ],
)
def test_a_condition_is_known_by_what_it_asks_for(
    tmp_path: Path, then: dict[str, Any], now: dict[str, Any], known: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    def ruled(when: dict[str, Any]) -> dict[str, Any]:
        return configuration(routing={"rules": [{"name": "small-talk", "when": when, "to": "lane:cheap/fast"}]})

    path = store(tmp_path / "s.sqlite", [recorded(0, compiled(ruled(then)))])
    new = written(tmp_path / "new.yaml", ruled(now))
    told = json.loads("\n".join(printed(capsys, "--config", new, "--from", "store", path, "--json")))
    assert (told["undecided"] == 0) is known
    assert told["changed"] == 0


def test_what_cannot_be_read_is_left_out_and_counted(
    current: Path, decided: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(writable(decided)) as file:
        file.execute("UPDATE decisions SET body = x'00' WHERE id LIKE '%1'")
    assert "note        1 decision could not be read and were left out" in printed(capsys, "--config", current)


def test_an_empty_store(tmp_path: Path, current: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = store(tmp_path / "empty.sqlite", [])
    assert printed(capsys, "--config", current, "--from", "store", path) == [f"no decisions in {path}"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "store", "/nowhere/at-all"), "there is no store at /nowhere/at-all"),
        (("--from", "nothing", "x"), "--from is `store PATH`, `jaeger URL` or `tempo URL`, not 'nothing'"),
        (("--last", "0"), "--last is a number of decisions"),
    ],
)
def test_refusals(
    current: Path, decided: Path, arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gate("diff", "--config", current, *arguments) == 1
    assert said in capsys.readouterr().err


def test_a_store_that_is_none(tmp_path: Path, current: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text").write_text("no database at all, but long enough to look like one" * 30)
    assert gate("diff", "--config", current, "--from", "store", tmp_path / "text") == 1
    assert "cannot be read: file is not a database" in capsys.readouterr().err
    memory = written(tmp_path / "memory.yaml", configuration(store={"kind": "memory"}))
    assert gate("diff", "--config", memory) == 1
    assert "kept in memory only" in capsys.readouterr().err


def test_a_wrong_configuration_names_its_line(
    tmp_path: Path, decided: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = tmp_path / "new.yaml"
    new.write_text("intents:\n  working:\n    start: [nowhere]\n")
    assert gate("diff", "--config", new, "--from", "store", decided) == 1
    assert "intents.working: there is no lane or cluster nowhere" in capsys.readouterr().err

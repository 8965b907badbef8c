"""`gate slo`: objectives as a list, and as the rules of several windows and burn rates."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from gate.cli.burn_rates import BURNS, factor, threshold
from gate.cli.main import run
from gate.config.objectives import Measure, Objective

EXAMPLE = Path(__file__).resolve().parents[2] / "dashboards" / "prometheus" / "objectives.example.yaml"


def gate(*arguments: str | Path) -> int:
    return run([str(one) for one in arguments], serve=lambda options: 0)


def config(tmp_path: Path, **objective: Any) -> Path:
    path = tmp_path / "gate.yaml"
    path.write_text(yaml.safe_dump({"objectives": [{"name": "one", "target": 99.5, **objective}]}))
    return path


def rules(tmp_path: Path, **objective: Any) -> list[dict[str, Any]]:
    out = tmp_path / "rules.yaml"
    assert gate("slo", "rules", "--config", config(tmp_path, **objective), "--out", out) == 0
    return [rule for group in yaml.safe_load(out.read_text())["groups"] for rule in group["rules"]]


def expression(made: list[dict[str, Any]], name: str) -> str:
    (found,) = [rule["expr"] for rule in made if rule.get("record") == name]
    return " ".join(found.split())


def test_the_list_says_when_each_objective_alerts(capsys: pytest.CaptureFixture[str]) -> None:
    assert gate("slo", "list", "--config", EXAMPLE) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:5] == [
        "requests-served: 99.5% served over 30d",
        "   1h and  5m  critical  above 7.2% bad",
        "   6h and 30m  critical  above 3% bad",
        "   1d and  2h  warning   above 1.5% bad",
        "   3d and  6h  warning   above 0.5% bad",
    ]


def test_without_objectives_it_says_where_to_read_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "gate.yaml"
    empty.write_text("")
    assert gate("slo", "rules", "--config", empty) == 1
    assert "declares no objectives; see docs/how-to/alerts.md" in capsys.readouterr().err


def test_a_wrong_objective_names_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gate("slo", "list", "--config", config(tmp_path, measure="latency", within_s=7)) == 1
    assert "within_s: give one of the histogram's bucket boundaries" in capsys.readouterr().err


def test_a_place_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gate("slo", "rules", "--config", EXAMPLE, "--out", tmp_path / "none" / "rules.yaml") == 1
    assert "cannot be written" in capsys.readouterr().err


def test_printed_and_written_are_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gate("slo", "rules", "--config", EXAMPLE) == 0
    printed = capsys.readouterr().out
    assert gate("slo", "rules", "--config", EXAMPLE, "--out", tmp_path / "rules.yaml") == 0
    assert (tmp_path / "rules.yaml").read_text() == printed


def objective(**fields: Any) -> Objective:
    return Objective(name="one", measure=Measure.AVAILABILITY, **{"target": 99.5, **fields})


@pytest.mark.parametrize(
    ("window", "factors"),
    [("30d", [14.4, 6, 3, 1]), ("90d", [43.2, 18, 9, 3]), ("28d", [13.44, 5.6, 2.8, 1]), ("7d", [3.36, 1.4, 1, 1])],
)
def test_the_pace_belongs_to_the_window_and_is_never_slower_than_even(window: str, factors: list[float]) -> None:
    assert [factor(burn, objective(window=window)) for burn in BURNS] == factors


def test_the_thresholds_of_the_workbook() -> None:
    assert [threshold(burn, objective(target=99.9)) for burn in BURNS] == [0.0144, 0.006, 0.003, 0.001]


def test_a_share_that_cannot_be_reached_has_no_alert(tmp_path: Path) -> None:
    assert [threshold(burn, objective(target=90)) for burn in BURNS] == [None, 0.6, 0.3, 0.1]
    made = rules(tmp_path, measure="availability", target=90)
    assert [rule["labels"]["window"] for rule in made if "alert" in rule] == ["6h", "1d", "3d"]


def test_each_alert_asks_both_windows_for_traffic_and_for_more_than_a_few_bad_events(tmp_path: Path) -> None:
    made = [rule for rule in rules(tmp_path, measure="availability", min_events=250) if "alert" in rule]
    assert [(rule["alert"], rule["labels"]["severity"]) for rule in made] == [
        ("GateObjectiveBurnsFast", "critical"),
        ("GateObjectiveBurnsFast", "critical"),
        ("GateObjectiveBurnsSlowly", "warning"),
        ("GateObjectiveBurnsSlowly", "warning"),
    ]
    assert made[0]["expr"].splitlines() == [
        'gate:objective_errors:ratio1h{objective="one"} > 0.072',
        'and gate:objective_errors:ratio5m{objective="one"} > 0.072',
        'and gate:objective_events:count1h{objective="one"} >= 250',
        'and gate:objective_bad:count1h{objective="one"} >= 5',
    ]


@pytest.mark.parametrize(
    ("wanted", "events"),
    [
        (
            {"measure": "availability", "intents": ["auto"]},
            'sum by (job) (rate(gate_request_duration_seconds_count{intent="auto",outcome=~"served|upstream_error|'
            'no_route|interrupted|drained|internal_error"}[5m]))',
        ),
        (
            {"measure": "latency", "within_s": 60, "clients": ["claude", "codex"]},
            "sum by (job) (rate(gate_client_request_duration_seconds_count"
            '{client_profile=~"claude|codex",outcome="served"}[5m]))',
        ),
        (
            {"measure": "latency", "within_s": 60, "providers": ["anthropic"]},
            'sum by (job) (rate(gate_attempt_duration_seconds_count{provider="anthropic"}[5m]))',
        ),
        (
            {"measure": "first_chunk", "within_s": 5, "lanes": ["anthropic/sonnet-5.5"]},
            'sum by (job) (rate(gate_time_to_first_chunk_seconds_count{lane="anthropic/sonnet-5.5"}[5m]))',
        ),
        (
            {"measure": "first_chunk", "within_s": 5, "providers": ["anthropic"]},
            'sum by (job) (rate(gate_attempt_first_chunk_seconds_count{provider="anthropic"}[5m]))',
        ),
    ],
    ids=["intent", "clients", "provider", "lane", "streams of a provider"],
)
def test_what_is_counted(tmp_path: Path, wanted: dict[str, Any], events: str) -> None:
    made = rules(tmp_path, **wanted)
    assert expression(made, "gate:objective_events:rate5m") == events
    bad = expression(made, "gate:objective_bad:rate5m")
    within = wanted.get("within_s")
    assert bad.startswith("clamp_min(" + events if within else "(sum by (job)")
    assert f'le=~"{within}|{within}\\\\.0"' in bad if within else "served" not in bad.split(" or ")[0]


def test_a_provider_is_judged_by_its_own_faults(tmp_path: Path) -> None:
    made = rules(tmp_path, measure="availability", providers=["anthropic"])
    bad = expression(made, "gate:objective_bad:rate5m")
    assert 'gate_attempts_total{provider="anthropic",error_type=~"dns_error|' in bad
    assert "client_gone" not in bad
    assert "invalid_request" not in bad


def test_only_an_objective_of_all_requests_counts_those_that_found_gate_full(tmp_path: Path) -> None:
    everything = expression(rules(tmp_path, measure="availability"), "gate:objective_bad:rate5m")
    some = expression(rules(tmp_path, measure="availability", intents=["auto"]), "gate:objective_bad:rate5m")
    assert "gate_overload_rejections_total" in everything
    assert "gate_overload_rejections_total" not in some


def test_other_labels_and_another_home_of_the_runbooks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--by", "job, namespace", "--runbooks", "https://wiki.example.org/gate/")
    assert gate("slo", "rules", "--config", config(tmp_path, measure="availability"), *options) == 0
    text = capsys.readouterr().out
    assert "by (job, namespace)" in text
    assert "by (job)" not in text
    assert "runbook_url: https://wiki.example.org/gate/gate-objective-burns-fast.md" in text

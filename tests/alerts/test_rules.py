"""The shipped rule files: written by the program beside them, valid, complete, and of one make."""

import json
import re
from pathlib import Path

import pytest

from dashboards.prometheus.builder.__main__ import files
from gate.cli.rule_file import RUNBOOKS, Rules, le, pick
from gate.core.failure import RULES
from tests.alerts.rulebook import PROMETHEUS, ROOT, RULE_FILES, alerts, page_name, rules, run_promtool

SEVERITIES = {"critical", "warning", "info"}


def test_the_committed_files_are_up_to_date() -> None:
    made = files(Rules())
    assert set(made) == set(RULE_FILES)
    for path, text in made.items():
        assert path.read_text() == text, f"{path.name}: run python -m dashboards.prometheus.builder"


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.name)
def test_promtool_takes_them(path: Path) -> None:
    done = run_promtool("check", "rules", "--lint=all", "--lint-fatal", path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", sorted(alerts()))
def test_an_alert_says_how_grave_what_and_where_to_go_on(name: str) -> None:
    titles = {json.loads(path.read_text())["title"] for path in (ROOT / "dashboards/grafana/1.41").glob("*.json")}
    for rule in alerts()[name]:
        assert rule["labels"]["severity"] in SEVERITIES
        assert rule["labels"]["component"] == "gate"
        told = rule["annotations"]
        assert told["summary"]
        assert told["runbook_url"] == f"{RUNBOOKS}/{page_name(name)}.md"
        assert told["dashboard"] in titles


# What an alert of a state has instead of a figure: the state itself, or that there is nothing to count.
WITHOUT_FIGURE = {"GateNotScraped", "GateNoReadyRoute", "GateLaneNotReady", "GateConfigReloadRefused"}


@pytest.mark.parametrize("name", sorted(set(alerts()) - WITHOUT_FIGURE))
def test_an_alert_tells_its_figure(name: str) -> None:
    assert all("{{ $value" in rule["annotations"]["description"] for rule in alerts()[name])


def test_every_share_has_a_floor_of_traffic() -> None:
    """An alert on a share (a recorded `ratio`) also asks for a number of events, and so for traffic."""
    for name, several in alerts().items():
        for rule in several:
            if re.search(r":ratio\w* *(?:\{[^}]*\})? *>", rule["expr"]):
                assert re.search(r":(?:increase|count)\w* *(?:\{[^}]*\})? *>= *\d+", rule["expr"]), name


def test_instances_are_added_up_unless_the_question_is_about_one() -> None:
    about_one = {"GateNoReadyRoute", "GateConfigReloadRefused"}
    for rule in rules():
        name = rule.get("alert") or rule["record"]
        assert ("instance" in rule["expr"]) == (name in about_one), name


def test_another_grouping_is_kept_everywhere() -> None:
    text = files(Rules(keep=("job", "namespace")))[PROMETHEUS / "gate.rules.yaml"]
    clauses = re.findall(r"\b(?:by|on) \(([^)]*)\)", text)
    assert clauses
    assert all(clause.startswith("job, namespace") for clause in clauses)


def test_another_home_of_the_runbooks() -> None:
    text = files(Rules(runbooks="https://wiki.example.org/gate/"))[PROMETHEUS / "gate.rules.yaml"]
    assert RUNBOOKS not in text
    assert "runbook_url: https://wiki.example.org/gate/gate-cost-spike.md" in text


def test_a_providers_faults_are_those_that_the_vocabulary_blames_on_the_route() -> None:
    (rule,) = [rule for rule in rules() if rule.get("record") == "gate:provider_faults:ratio5m"]
    (listed,) = re.findall(r'error_type=~"([^"]*)"', rule["expr"])
    assert set(listed.split("|")) == {kind.value for kind, of in RULES.items() if of.blame == "route"}


def test_names_are_matched_as_they_are() -> None:
    assert pick("m", a='x"y') == 'm{a="x\\"y"}'
    assert pick("m", a=("openai/gpt-5.5", "b")) == 'm{a=~"openai/gpt-5\\\\.5|b"}'
    assert pick("m") == "m"
    assert le(5) == ("5", "5.0")
    assert le(0.25) == ("0.25",)

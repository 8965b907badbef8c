"""The checks themselves, on small samples with known mistakes: against a real Prometheus, and without one."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml

from tests.scenario import grafana
from tests.scenario.asking import Asker, Window
from tests.scenario.check import Checker, Finding, traceql_problems
from tests.scenario.known import KnownMetrics, of_registry
from tests.scenario.report import Report, rightly_empty
from tests.scenario.rules import quick, rule_files, rules
from tests.stack.stack import Stack

SAMPLES = Path(__file__).with_name("samples")
PROFILE = "1.41"


@pytest.fixture(scope="module")
def findings(stack: Stack) -> dict[str, Finding]:
    """What is found of the samples, by where."""
    start = time.time()
    stack.prometheus.load_rules("scenario-sample", quick(SAMPLES / "rules.yaml"))
    stack.prometheus.wait("sample:up_again")
    time.sleep(2)  # so that a step of a graph lies after the first recorded value
    with Asker(stack.prometheus.url, Window(start - 5, time.time())) as asker:
        checker = Checker(asker, PROFILE)
        found = checker.rule_files([SAMPLES / "rules.yaml"])
        found += checker.dashboard(grafana.read(SAMPLES / "dashboard.json"))
    stack.prometheus.load_rules("scenario-sample", "groups: []")
    return {one.where: one for one in found}


def test_what_is_right_has_data(findings: dict[str, Finding]) -> None:
    right = [where for where, one in findings.items() if not one.empty and not one.problems]
    assert right == [
        "rules.yaml › sample:up",
        "rules.yaml › sample:up_again",
        "rules.yaml › SampleDown",
        "dashboard.json › $job",
        "dashboard.json › $instance",
        "dashboard.json › Targets › A",
        "dashboard.json › annotation restarts",
    ]


@pytest.mark.parametrize(
    "where, problems",
    [
        ("rules.yaml › SampleMistaken", ("sum: there is no label lane to group by",)),
        (
            "dashboard.json › Careless",
            ("no description", "no unit", "no legend", "dashboard.json › Careless › A: no legend of its series"),
        ),
        ("dashboard.json › Careless › A", ("no variable 'nobody'",)),
        ("dashboard.json › Careless › B", ("sum: there is no label lane to group by",)),
        ("dashboard.json › Traces › A", ("the registry has no attribute gate.no.such",)),
    ],
)
def test_mistakes_are_found(findings: dict[str, Finding], where: str, problems: tuple[str, ...]) -> None:
    assert findings[where].problems == problems


def test_a_query_that_is_refused_says_why(findings: dict[str, Finding]) -> None:
    (problem,) = findings["dashboard.json › Careless › C"].problems
    assert "unclosed left parenthesis" in problem


def test_what_finds_nothing_is_empty(findings: dict[str, Finding]) -> None:
    empty = [where for where, one in findings.items() if one.empty and not one.problems]
    assert empty == ["rules.yaml › SampleMissing", "dashboard.json › Nothing › A"]
    assert 'nothing for up{job="not-there"}' in findings["rules.yaml › SampleMissing"].answer


# The report.


def test_only_what_is_listed_and_seen_elsewhere_may_be_empty() -> None:
    gone, full = Finding("gone", "panel query", empty=True), Finding("gone", "panel query", answer="3 series")
    data = Finding("data", "panel query", answer="1 series")
    assert Report((gone, data), (full,), {"gone": "rare"}).problems() == []
    assert Report((gone,), (), {}).problems() == ["gone: no data: "]
    assert Report((gone,), (gone,), {"gone": "rare"}).problems() == ["gone: empty in the second scenario too"]
    assert Report((data,), (data,), {"data": "rare"}).problems() == [
        "data: listed as empty, but it has data or is gone"
    ]
    six = {str(number): "rare" for number in range(6)}
    first = tuple(Finding(where, "alert", empty=True) for where in six)
    second = tuple(Finding(where, "alert") for where in six)
    assert Report(first, second, six).problems() == ["6 queries are listed as empty; at most 5 may be"]


def test_the_report_shows_every_query() -> None:
    found = Finding("a › b", "panel query", 'sum(x{a="1|2"})', "2 series", ("wrong",))
    text = Report((found, Finding("c", "alert", "up", empty=True)), (), {}).markdown("Title", ["About."])
    assert '| a › b | `sum(x{a="1\\|2"})` | 2 series; wrong |' in text
    assert "| c | `up` | -; EMPTY |" in text
    assert "- a › b: wrong" in text


def test_the_committed_list_is_short() -> None:
    assert len(rightly_empty()) <= 5


# Reading.


def test_variables_are_filled_in() -> None:
    text = "x{a=~\"$one\",b='${two:regex}'}[$__rate_interval] [[three]]"
    values = {"one": "1", "two": "2", "three": "3", **grafana.built_in(60, 10, 1)}
    assert grafana.fill(text, values) == "x{a=~\"1\",b='2'}[10s] 3"
    with pytest.raises(KeyError, match="one"):
        grafana.fill(text, {})


def test_everything_chosen_is_all_values() -> None:
    lane = grafana.Variable("w", "lane", "query", "", several=True, has_all=True)
    assert grafana.chosen(lane, ["a/b.c", "d"]) == r"(a/b\\.c|d)"
    one = grafana.Variable("w", "lane", "query", "", value="gone")
    assert grafana.chosen(one, ["a", "b"]) == "a"


def test_the_forms_of_a_variables_query() -> None:
    assert grafana.lookup('label_values(up{a="b, c"}, job)') == grafana.Lookup("job", 'up{a="b, c"}')
    assert grafana.lookup("label_values(job)") == grafana.Lookup("job")
    assert grafana.lookup("query_result(sum(up) > 0)") == grafana.Lookup(expression="sum(up) > 0")
    with pytest.raises(ValueError, match="unknown form"):
        grafana.lookup("metrics(.*)")


@pytest.mark.parametrize(
    "text, problems",
    [
        ('{ span.gate.outcome = "served" } | select(span.gate.cost.usd)', []),
        ('{ name =~ "route .*" && duration > 1s } >> { span.error.type != nil }', []),
        ('{ span.gate.outcome = "served"', ["something is not closed"]),
        ("{ ) }", [") closes nothing"]),
        ("{ span.gate.nothing = 1 }", ["the registry has no attribute gate.nothing"]),
        (" ", ["empty"]),
    ],
)
def test_what_is_seen_of_traceql(text: str, problems: list[str]) -> None:
    assert traceql_problems(text) == problems


def test_rules_are_copied_with_short_times_and_the_same_expressions() -> None:
    path = SAMPLES / "rules.yaml"
    assert rule_files(SAMPLES) == [path]
    (group,) = yaml.safe_load(quick(path))["groups"]
    assert (group["interval"], [rule.get("for") for rule in group["rules"]]) == ("1s", [None, None, "2s", None, None])
    assert [rule["expr"] for rule in group["rules"]] == [rule.text for rule in rules(path)]


def test_the_registry_says_which_labels_a_series_has() -> None:
    known = KnownMetrics(PROFILE, {"recorded:x": frozenset({"lane"})}, frozenset({"severity"}))
    assert known("gate_requests_total") == {"intent", "lane", "route", "relation", "outcome", "job", "instance"}
    assert known("gate_overhead_seconds_bucket") == {"le", "job", "instance"}
    assert known("gate_overhead_seconds") is None
    assert "worker" in (known("gate_worker_started_seconds") or ())
    assert known("recorded:x") == {"lane"}
    assert "severity" in (known("ALERTS") or ())
    assert "gen_ai_client_token_usage_sum" in of_registry("1.41")

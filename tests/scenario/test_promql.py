"""Expressions read by the real parser: labels that cannot be there are found, texts come back as they were."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.scenario import promql
from tests.scenario.asking import Asker, Refused, Window
from tests.stack.stack import Stack

METRICS = {
    "a_total": frozenset({"job", "instance", "route", "provider"}),
    "b_bucket": frozenset({"job", "le", "lane"}),
    "info": frozenset({"job", "route", "family"}),
}


@pytest.fixture(scope="module")
def ask(stack: Stack) -> Iterator[Asker]:
    with Asker(stack.prometheus.url, Window(time.time() - 60, time.time())) as asker:
        yield asker


def problems(ask: Asker, expression: str) -> list[str]:
    return promql.label_problems(ask.parse(expression), METRICS.get)


GOOD = [
    'sum by (route) (rate(a_total{job=~"x|y",route!=""}[5m] offset 1h)) > 0.1',
    "histogram_quantile(0.9, sum by (le, lane) (rate(b_bucket[1m])))",
    "a_total * on (route) group_left (family) info",
    "sum without (instance) (a_total) / ignoring (provider) group_left () sum by (job, route) (a_total)",
    'label_replace(a_total, "shown", "$1", "route", "(.*)")',
    'sum by (shown) (label_replace(a_total, "shown", "$1", "route", "(.*)"))',
    "topk(3, sum by (provider) (a_total)) or vector(0)",
    "max_over_time(sum(a_total)[5m:10s]) - -1",
    'count_values by (route) ("version", a_total) unless on (route) info',
    'a_total{provider="a\\"b"} @ end() == bool 1',
    "absent(a_total) and on () vector(1)",
    "2 ^ (a_total % 3)",
]


@pytest.mark.parametrize("expression", GOOD)
def test_nothing_is_wrong_and_the_text_means_the_same(ask: Asker, expression: str) -> None:
    tree = ask.parse(expression)
    assert promql.label_problems(tree, METRICS.get) == []
    assert without_parentheses(ask.parse(promql.text(tree))) == without_parentheses(tree)


@pytest.mark.parametrize(
    "expression, problem",
    [
        ("unknown_total", "no metric unknown_total"),
        ('{job="x"}', "no metric (without a name)"),
        ('a_total{lane="x"}', "a_total has no label lane"),
        ("sum by (lane) (a_total)", "sum: there is no label lane to group by"),
        ("sum by (route) (sum by (provider) (a_total))", "sum: there is no label route to group by"),
        ("sum by (le) (histogram_quantile(0.9, b_bucket))", "sum: there is no label le to group by"),
        ("a_total * on (lane) b_bucket", "*: there is no label lane on both sides"),
        ("a_total * on (route) group_left (shade) info", "*: group_ takes shade, which is not there"),
        ('label_replace(a_total, "shown", "$1", "lane", "(.*)")', "label_replace: there is no label lane"),
        ("sum by (family) (a_total and on (route) info)", "sum: there is no label family to group by"),
    ],
)
def test_what_cannot_be_there_is_found(ask: Asker, expression: str, problem: str) -> None:
    assert problems(ask, expression) == [problem]


def test_a_mistake_is_refused_with_the_parsers_words(ask: Asker) -> None:
    with pytest.raises(Refused, match="unclosed left"):
        ask.parse("sum(a_total")


@pytest.mark.parametrize(
    "expression, measures",
    [
        ("a_total > 5", ["a_total"]),
        ("(a_total > 5) and b_bucket < 3", ["a_total", "b_bucket"]),
        ("a_total > on (job) group_left () info", ["a_total", "info"]),
        ("(sum(a_total) > 0) / 2 > 1", ["sum (a_total) / 2"]),
        ("a_total unless on (job) (info == 1)", ["a_total", "info"]),
        ("sum(a_total > bool 1)", ["sum (a_total > bool 1)"]),
        ("absent(a_total) == 1", ["a_total"]),
        ("vector(1) > 0 and a_total", ["vector(1)", "a_total"]),
    ],
)
def test_what_an_alert_measures(ask: Asker, expression: str, measures: list[str]) -> None:
    assert [promql.text(one) for one in promql.measured(ask.parse(expression))] == measures


def test_offsets_are_taken_off_for_a_young_prometheus(ask: Asker) -> None:
    tree = promql.now(ask.parse("rate(a_total[5m] offset 1d) / avg_over_time(a_total[1h:1m] offset 7d)"))
    assert promql.text(tree) == "rate(a_total[300000ms]) / avg_over_time(a_total[3600000ms:60000ms])"
    assert [one.text for one in promql.selectors(tree)] == ["a_total"]


def without_parentheses(node: object) -> object:
    if isinstance(node, dict):
        if node.get("type") == "parenExpr":
            return without_parentheses(node["expr"])
        return {key: without_parentheses(value) for key, value in node.items()}
    return [without_parentheses(one) for one in node] if isinstance(node, list) else node

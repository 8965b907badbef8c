"""Every alert has its page, every page its alert; what a page asks can be asked."""

import re
from pathlib import Path

import pytest
import yaml

from gate.telemetry.registry import load
from tests.alerts.rulebook import ROOT, RULE_FILES, RUNBOOKS, alerts, page_name, run_promtool
from tests.scenario.asking import Asker, Window
from tests.scenario.known import KnownMetrics
from tests.scenario.promql import label_problems, labels
from tests.scenario.rules import rules as rules_of
from tests.stack.stack import Stack

PAGES = sorted(RUNBOOKS.glob("*.md"))
HEADINGS = ["What it means", "Confirm", "What to do", "When it is a false alarm"]
RESOURCE = {"service.name"}


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)


def queries(page: Path) -> list[str]:
    """PromQL of a page: its blocks, and what stands in the text and aggregates or compares."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    inline = [one for one in re.findall(r"`([^`]+)`", text) if re.match(r"(sum|max|topk|count|gate_\w+|gate:)\b", one)]
    return [query.strip() for query in (*blocks(page, "promql"), *inline)]


def test_every_alert_has_its_page_and_every_page_its_alert() -> None:
    assert [page.stem for page in PAGES] == sorted(page_name(alert) for alert in alerts())


@pytest.mark.parametrize("alert", sorted(alerts()))
def test_a_page_has_everything_in_its_place(alert: str) -> None:
    page = RUNBOOKS / f"{page_name(alert)}.md"
    text = page.read_text()
    assert text.startswith(f"# {alert}\n")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == HEADINGS
    for rule in alerts()[alert]:
        assert f"Severity **{rule['labels']['severity']}**. Dashboard: {rule['annotations']['dashboard']}." in text
    assert blocks(page, "promql")
    assert blocks(page, "traceql")
    (lookup,) = blocks(page, "sh")
    assert re.match(r"gate (explain|routes|check-config|probe|diff)|curl -s http://127\.0\.0\.1:4001/", lookup)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_other_alerts_named_on_a_page_are_there(page: Path) -> None:
    named = set(re.findall(r"\bGate[A-Z]\w+", page.read_text()))
    assert named <= set(alerts())


def test_promtool_takes_every_query(tmp_path: Path) -> None:
    asked = [query for page in PAGES for query in queries(page)]
    asked_rules = [{"record": f"asked:{index}", "expr": query} for index, query in enumerate(asked)]
    file = tmp_path / "asked.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "asked", "rules": asked_rules}]}))
    done = run_promtool("check", "rules", "--lint=none", file)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_query_names_what_there_is(stack: Stack) -> None:
    with Asker(stack.prometheus.url, Window(0, 1)) as asker:
        recording = [rule for file in RULE_FILES for rule in rules_of(file) if rule.kind == "record"]
        known = KnownMetrics(load().default_profile)
        for _ in range(3):  # recorded series are built on each other
            for rule in recording:
                known.recorded[rule.name] = labels(asker.parse(rule.text), known) | rule.labels
        problems = [
            f"{page.name}: {query}: {problem}"
            for page in PAGES
            for query in queries(page)
            for problem in label_problems(asker.parse(query), known)
        ]
        problems += [
            f"{rule.where}: {problem}"
            for file in RULE_FILES
            for rule in rules_of(file)
            for problem in label_problems(asker.parse(rule.text), known)
        ]
    assert problems == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_attribute_asked_for_is_in_the_registry(page: Path) -> None:
    attributes = load().attributes
    for query in blocks(page, "traceql"):
        asked = re.findall(r"\b(span|resource)\.([\w.]+)", query)
        assert asked or re.match(r'\{ name =~ "route \.\*" \}', query)
        for scope, name in asked:
            if scope == "resource":
                assert name in RESOURCE
                continue
            assert attributes[name].spans, name
            values = attributes[name].values
            for value in re.findall(rf'span\.{re.escape(name)} =~? "([^"]*)"', query):
                assert values is None or set(value.split("|")) <= set(values)


def test_every_key_of_the_configuration_that_a_page_names_is_there() -> None:
    reference = (ROOT / "docs" / "reference" / "configuration.md").read_text()
    sections = set(re.findall(r"^## (\w+)$", reference, re.MULTILINE))
    for page in PAGES:
        for section, key in re.findall(r"`(\w+)\.(?:NAME\.)?(\w+)(?:: \w+)?`", page.read_text()):
            if section in sections:
                own = reference[reference.index(f"\n## {section}\n") :].split("\n## ")[1]
                assert f"`{key}`" in own, f"{page.name}: {section}.{key}"

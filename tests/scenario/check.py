"""Runs every query against a Prometheus and says of each what came back and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from gate.telemetry.registry import load
from tests.scenario import grafana, promql
from tests.scenario.asking import Asker, Refused
from tests.scenario.grafana import PROMQL, TRACEQL, Dashboard, Query, Variable
from tests.scenario.known import KnownMetrics
from tests.scenario.rules import Rule, rules

RATE_INTERVAL_S = 10  # as Grafana has it, four scrapes and a bit
EVERY_PROFILE = "dup"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one query, or of a panel itself. asked: with variables filled in. answer: what came, in words.

    empty: Prometheus gave nothing for it, which is a problem unless it is listed as right.
    """

    where: str
    kind: str
    asked: str = ""
    answer: str = ""
    problems: tuple[str, ...] = ()
    empty: bool = False


class Checker:
    """Checks dashboards and rules against what `asker` has. profile: of the registry."""

    def __init__(self, asker: Asker, profile: str) -> None:
        self._ask = asker
        self._known = KnownMetrics(profile)
        self._profile = profile

    # Rules. They come first: dashboards show what they record.

    def rule_files(self, files: list[Path]) -> list[Finding]:
        """Every rule of these files."""
        every = [rule for path in files for rule in rules(path)]
        alert_labels = frozenset[str]().union(*(rule.labels for rule in every))
        self._known = KnownMetrics(EVERY_PROFILE, alert_labels=alert_labels)  # one file serves all profiles
        self._learn([rule for rule in every if rule.kind == "record"])
        found = [self._record(rule) if rule.kind == "record" else self._alert(rule) for rule in every]
        self._known = KnownMetrics(self._profile, self._known.recorded, alert_labels)
        return found

    def _learn(self, recording: list[Rule]) -> None:
        """What recorded series have for labels; they may be built on each other in any order."""
        for _ in range(len(recording)):
            before = dict(self._known.recorded)
            for rule in recording:
                made = promql.labels(self._ask.parse(rule.text), self._known) | rule.labels
                self._known.recorded[rule.name] = self._known.recorded.get(rule.name, frozenset()) | made
            if self._known.recorded == before:
                return

    def _record(self, rule: Rule) -> Finding:
        finding = self._found(rule.where, "recording rule", rule.text, self._ask.now)
        if finding.problems or finding.empty:
            return finding
        recorded = self._ask.over_time(rule.name)
        return replace(finding, answer=f"{finding.answer}; {recorded} recorded", empty=not recorded)

    def _alert(self, rule: Rule) -> Finding:
        """An alert is rightly silent: it must evaluate, each of its selectors must find series, and what it measures
        must have a value when nothing is compared. Offsets that reach back before the scenario are taken off for it."""
        try:
            tree = self._ask.parse(rule.text)
            firing = self._ask.now(rule.text)
            problems = promql.label_problems(tree, self._known)
            young = promql.now(tree)
            lacking = [one.text for one in promql.selectors(young) if not self._ask.over_time(one.text)]
            measured = [promql.text(one) for one in promql.measured(young)]
            silent = [text for text in measured if not self._ask.over_time(text)]
        except Refused as error:
            return Finding(rule.where, "alert", rule.text, "refused", (str(error),))
        found = len(promql.selectors(young)) - len(lacking)
        answer = f"{firing} firing; {found} of {found + len(lacking)} selectors and "
        answer += f"{len(measured) - len(silent)} of {len(measured)} measures have data"
        nothing = [f"nothing for {text}" for text in dict.fromkeys([*lacking, *silent])]
        return Finding(rule.where, "alert", rule.text, "; ".join([answer, *nothing]), tuple(problems), bool(nothing))

    # Dashboards.

    def dashboard(self, dashboard: Dashboard) -> Iterator[Finding]:
        """Its variables, its panels and their queries, its annotations."""
        seconds = self._ask.window.seconds
        values = grafana.built_in(seconds, RATE_INTERVAL_S, max(1, round(self._ask.window.step)))
        for variable in dashboard.variables:
            finding, value = self._variable(variable, values)
            values[variable.name] = value
            if finding is not None:
                yield finding
        for panel in dashboard.panels:
            if problems := panel.problems():
                yield Finding(panel.where, "panel", problems=tuple(problems))
            for query in panel.queries:
                yield self._query(query, values)
        for query in dashboard.annotations:
            yield self._query(query, values, "annotation")

    def _variable(self, variable: Variable, values: dict[str, str]) -> tuple[Finding | None, str]:
        if variable.kind != "query":
            value = variable.value or variable.query.partition(",")[0]
            return None, variable.all_value or value if variable.has_all else value
        try:
            asked = grafana.fill(variable.query, values)
            wanted = grafana.lookup(asked)
            problems: list[str] = []
            if wanted.expression:
                problems += promql.label_problems(self._ask.parse(wanted.expression), self._known)
                found = ["some"] * self._ask.now(wanted.expression)
            else:
                if wanted.selector:
                    tree = self._ask.parse(wanted.selector)
                    problems += promql.label_problems(tree, self._known)
                    if wanted.label not in promql.labels(tree, self._known):
                        problems.append(f"{wanted.selector} has no label {wanted.label}")
                found = self._ask.label_values(wanted.label, wanted.selector)
        except (Refused, KeyError, ValueError) as error:
            return Finding(variable.where, "variable", variable.query, "refused", (str(error),)), ""
        finding = Finding(variable.where, "variable", asked, f"{len(found)} values", tuple(problems), not found)
        return finding, grafana.chosen(variable, found)

    def _query(self, query: Query, values: dict[str, str], kind: str = "panel query") -> Finding:
        if query.language != PROMQL:
            return self._traceql(query)
        try:
            asked = grafana.fill(query.text, values)
        except KeyError as error:
            return Finding(query.where, kind, query.text, "", (f"no variable {error}",))
        finding = self._found(query.where, kind, asked, self._ask.now if query.instant else self._ask.over_time)
        if query.exemplar and not finding.problems:
            count = self._ask.exemplars(asked)
            empty = finding.empty or not count
            finding = replace(finding, answer=f"{finding.answer}, {count} exemplars", empty=empty)
        return finding

    def _traceql(self, query: Query) -> Finding:
        """Not asked here: only its brackets and the attributes it names are looked at."""
        if query.language != TRACEQL:
            return Finding(query.where, "query", query.text, "not asked", ("neither PromQL nor TraceQL",))
        return Finding(query.where, "TraceQL", query.text, "listed", tuple(traceql_problems(query.text)))

    def _found(self, where: str, kind: str, asked: str, ask: Callable[[str], int]) -> Finding:
        try:
            problems = promql.label_problems(self._ask.parse(asked), self._known)
            series = ask(asked)
        except Refused as error:
            return Finding(where, kind, asked, "refused", (str(error),))
        return Finding(where, kind, asked, f"{series} series", tuple(problems), not series)


_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`')
_ATTRIBUTE = re.compile(r"(?<![\w.])(?:span|event|link)\.([A-Za-z_][\w.\-]*)")
_PAIRS = {")": "(", "}": "{", "]": "["}


def traceql_problems(text: str) -> list[str]:
    """What can be seen of a TraceQL query without a Tempo: brackets that do not close, span attributes that the
    registry does not have."""
    if not text.strip():
        return ["empty"]
    bare = _QUOTED.sub('""', text)
    open_: list[str] = []
    for character in bare:
        if character in "({[":
            open_.append(character)
        elif character in _PAIRS and (not open_ or open_.pop() != _PAIRS[character]):
            return [f"{character} closes nothing"]
    if open_ or bare.replace('""', "").count('"'):
        return ["something is not closed"]
    known = load().attributes
    return [f"the registry has no attribute {name}" for name in _ATTRIBUTE.findall(bare) if name not in known]

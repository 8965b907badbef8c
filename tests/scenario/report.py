"""The report: what every query found in the standard scenario, what is rightly empty there, and what is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.scenario.check import Finding

RIGHTLY_EMPTY = Path(__file__).with_name("rightly_empty.yaml")
AT_MOST = 5
KINDS = ("recording rule", "alert", "variable", "panel query", "annotation", "TraceQL", "panel")


def rightly_empty(path: Path = RIGHTLY_EMPTY) -> dict[str, str]:
    """Queries that find nothing in the standard scenario, by where they are, and why that is right."""
    return dict(yaml.safe_load(path.read_text()) or {})


@dataclass(frozen=True, slots=True)
class Report:
    """first: the standard scenario's findings. second: those of the second scenario. listed: see `rightly_empty`.

    A place in `listed` may leave the profile's folder out, so that it is said once for all profiles.
    """

    first: tuple[Finding, ...]
    second: tuple[Finding, ...]
    listed: Mapping[str, str]

    def problems(self) -> list[str]:
        """Everything that is wrong, in words; nothing when all is well."""
        found = [f"{one.where}: {problem}" for one in self.first for problem in one.problems]
        found += [f"{one.where}: no data: {one.asked}" for one in self._empty() if one.where not in self.listed]
        empty = {one.where for one in self._empty()}
        later = {one.where for one in self.second if not one.empty and not one.problems}
        for where in self.listed:
            if where not in empty:
                found.append(f"{where}: listed as empty, but it has data or is gone")
            elif where not in later:
                found.append(f"{where}: empty in the second scenario too")
        if len(self.listed) > AT_MOST:
            found.append(f"{len(self.listed)} queries are listed as empty; at most {AT_MOST} may be")
        return found

    def markdown(self, title: str, about: Iterable[str] = ()) -> str:
        """The whole report."""
        problems = self.problems()
        lines = [f"# {title}", "", *about, "", *self._summary(), ""]
        lines += ["## What is wrong", "", *([f"- {_cell(one)}" for one in problems] or ["Nothing."]), ""]
        lines += ["## Rightly empty", "", *self._listed(), ""]
        for kind in KINDS:
            found = [one for one in self.first if one.kind == kind]
            if found:
                lines += [
                    f"## {kind[0].upper()}{kind[1:]}: {len(found)}",
                    "",
                    "| where | asked | answer |",
                    "|---|---|---|",
                ]
                lines += [f"| {_cell(one.where)} | `{_cell(one.asked)}` | {_cell(self._said(one))} |" for one in found]
                lines.append("")
        return "\n".join(lines)

    def _empty(self) -> list[Finding]:
        return [one for one in self.first if one.empty]

    def _summary(self) -> list[str]:
        asked = Counter(one.kind for one in self.first)
        empty = Counter(one.kind for one in self._empty())
        wrong = Counter(one.kind for one in self.first if one.problems)
        rows = [f"| {kind} | {asked[kind]} | {empty[kind]} | {wrong[kind]} |" for kind in KINDS if asked[kind]]
        return ["| kind | seen | empty | wrong |", "|---|---|---|---|", *rows]

    def _listed(self) -> list[str]:
        later = {one.where: one.answer for one in self.second}
        rows = [
            f"- {where}: {why} In the second scenario: {later.get(where, '?')}." for where, why in self.listed.items()
        ]
        return rows or ["Nothing is."]

    def _said(self, finding: Finding) -> str:
        words = [finding.answer or "-", *finding.problems]
        if finding.empty:
            words.append("rightly empty" if finding.where in self.listed else "EMPTY")
        return "; ".join(words)


def _cell(text: str) -> str:
    """Text for a table's cell or a list's line."""
    return " ".join(text.split()).replace("|", "\\|").replace("`", "'")

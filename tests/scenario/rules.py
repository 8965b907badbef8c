"""Prometheus rule files: the rules in them, and a copy that a Prometheus evaluates within a scenario's minute."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

EVERY = "1s"
"""How often the copy is evaluated."""
FOR = "2s"
"""How long an alert of the copy must hold, where the rule says that it must."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. alert or record is its name; labels: what it sets."""

    where: str
    kind: str
    name: str
    text: str
    labels: frozenset[str]


def rule_files(folder: Path) -> list[Path]:
    """The files under a folder that have rule groups (tests and other YAML files have none)."""
    found = sorted(path for path in folder.rglob("*") if path.suffix in (".yaml", ".yml"))
    return [path for path in found if _groups(path)]


def rules(path: Path, name: str | None = None) -> list[Rule]:
    """The rules of one file, in order."""
    return [
        Rule(
            where=f"{name or path.name} › {rule.get('alert') or rule['record']}",
            kind="alert" if "alert" in rule else "record",
            name=rule.get("alert") or rule["record"],
            text=str(rule["expr"]).strip(),
            labels=frozenset(rule.get("labels") or ()),
        )
        for group in _groups(path)
        for rule in group["rules"]
    ]


def quick(path: Path) -> str:
    """The file's text with short times: groups are evaluated every second, `for` is two. The expressions are kept."""
    groups = _groups(path)
    for group in groups:
        group["interval"] = EVERY
        group.pop("query_offset", None)
        for rule in group["rules"]:
            if "for" in rule:
                rule["for"] = FOR
    return yaml.safe_dump({"groups": groups}, sort_keys=False)


def _groups(path: Path) -> list[Any]:
    try:
        document: Any = yaml.safe_load(path.read_text())
    except yaml.YAMLError:
        return []
    if not isinstance(document, dict):
        return []
    groups = document.get("groups") or document.get("spec", {}).get("groups") or []
    return [group for group in groups if isinstance(group, dict) and "rules" in group]

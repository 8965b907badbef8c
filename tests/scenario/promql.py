"""PromQL as a tree, by Prometheus' own parser: what a query selects, which labels it names, and its text again.

The tree is the JSON of `/api/v1/parse_query` (the program's own parser; there is no well-kept one in Python), so that
nothing is guessed from the text. Shapes of the nodes: web/api/v1/translate_ast.go of Prometheus.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Node = Mapping[str, Any]
ABSENT = ("absent", "absent_over_time")
COMPARISONS = ("==", "!=", ">", "<", ">=", "<=")
SELECTORS = ("vectorSelector", "matrixSelector")
# Functions that make labels, with the place of the new label's name among their arguments.
MAKES_LABEL = {"label_replace": 1, "label_join": 1}
# What their remaining arguments name as labels that must be there.
READS_LABELS = {"label_replace": slice(3, 4), "label_join": slice(3, None), "sort_by_label": slice(1, None)}


@dataclass(frozen=True, slots=True)
class Selector:
    """One vector selector. name: the metric; matchers: label, operator, value, without the name's own."""

    name: str
    matchers: tuple[tuple[str, str, str], ...]

    @property
    def text(self) -> str:
        """As PromQL, without range, offset and @."""
        inside = ",".join(f"{label}{operator}{json.dumps(value)}" for label, operator, value in self.matchers)
        return f"{self.name}{{{inside}}}" if inside or not self.name else self.name


def selector(node: Node) -> Selector:
    """The selector of a vector or matrix selector's node."""
    found = [(one["name"], one["type"], one["value"]) for one in node["matchers"]]
    exact = next((value for label, operator, value in found if (label, operator) == ("__name__", "=")), "")
    matchers = tuple(one for one in found if one != ("__name__", "=", exact))
    return Selector(node["name"] or exact, matchers)


def children(node: Node) -> Iterator[Node]:
    """The nodes right under one."""
    for key in ("expr", "param", "lhs", "rhs"):
        if isinstance(node.get(key), dict):
            yield node[key]
    yield from node.get("args") or ()


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it."""
    yield node
    for child in children(node):
        yield from walk(child)


def selectors(node: Node) -> list[Selector]:
    """Every selector of an expression, each once, in order."""
    return list(dict.fromkeys(selector(one) for one in walk(node) if one["type"] in SELECTORS))


# Labels.

Known = Callable[[str], frozenset[str] | None]
"""The labels a metric may have; None for a metric that is not known."""


def label_problems(node: Node, known: Known) -> list[str]:
    """What an expression names that cannot be there: unknown metrics, labels that a metric does not have, labels that
    an aggregation took away before."""
    problems: list[str] = []
    _labels(node, known, problems)
    return problems


def labels(node: Node, known: Known) -> frozenset[str]:
    """The labels that the result of an expression may have."""
    return _labels(node, known, [])


def _labels(node: Node, known: Known, problems: list[str]) -> frozenset[str]:
    kind = node["type"]
    if kind in SELECTORS:
        return _of_selector(selector(node), known, problems)
    under = [_labels(child, known, problems) for child in children(node)]
    together = frozenset[str]().union(*under)
    if kind == "aggregation":
        return _of_aggregation(node, together, problems)
    if kind == "binaryExpr":
        return _of_binary(node, under[0], under[1], problems)
    if kind == "call":
        return _of_call(node, together, problems)
    return together


def _of_selector(found: Selector, known: Known, problems: list[str]) -> frozenset[str]:
    allowed = known(found.name)
    if allowed is None:
        problems.append(f"no metric {found.name or '(without a name)'}")
        return frozenset()
    problems += [f"{found.name} has no label {label}" for label, _, _ in found.matchers if label not in allowed]
    return allowed


def _of_aggregation(node: Node, under: frozenset[str], problems: list[str]) -> frozenset[str]:
    named = frozenset(node["grouping"])
    problems += [f"{node['op']}: there is no label {label} to group by" for label in sorted(named - under)]
    made = frozenset({str(node["param"]["val"])}) if node["op"] == "count_values" else frozenset[str]()
    if node["op"] in ("topk", "bottomk", "limitk", "limit_ratio"):
        return under
    return (under - named if node["without"] else named) | made


def _of_binary(node: Node, left: frozenset[str], right: frozenset[str], problems: list[str]) -> frozenset[str]:
    matching = node["matching"]
    if matching is None:
        return left | right
    for label in matching["labels"]:
        if label not in left | right or (matching["on"] and label not in left & right):
            problems.append(f"{node['op']}: there is no label {label} on both sides")
    if node["op"] in ("and", "unless"):
        return left
    one, many = (left, right) if matching["card"] == "one-to-many" else (right, left)
    problems += [
        f"{node['op']}: group_ takes {label}, which is not there" for label in matching["include"] if label not in one
    ]
    if matching["card"] == "one-to-one" and matching["on"] and node["op"] != "or":
        return frozenset(matching["labels"])
    return left | right if node["op"] == "or" else many | frozenset(matching["include"])


def _of_call(node: Node, under: frozenset[str], problems: list[str]) -> frozenset[str]:
    name = node["func"]["name"]
    texts = [one["val"] if one["type"] == "stringLiteral" else None for one in node["args"]]
    if name in READS_LABELS:
        read = [text for text in texts[READS_LABELS[name]] if text]
        problems += [f"{name}: there is no label {label}" for label in read if label not in under]
    if name in MAKES_LABEL:
        return under | {str(texts[MAKES_LABEL[name]])}
    if name in ("histogram_quantile", "histogram_fraction"):
        return under - {"le"}
    return under


# Text.


def text(node: Node) -> str:
    """The expression as PromQL."""
    kind = node["type"]
    match kind:
        case "vectorSelector" | "matrixSelector":
            window = f"[{node['range']}ms]" if kind == "matrixSelector" else ""
            return selector(node).text + window + _moment(node)
        case "subquery":
            step = f"{node['step']}ms" if node["step"] else ""
            return f"{_inside(node['expr'])}[{node['range']}ms:{step}]{_moment(node)}"
        case "numberLiteral":
            return str(node["val"])
        case "stringLiteral":
            return json.dumps(node["val"])
        case "parenExpr":
            return f"({text(node['expr'])})"
        case "unaryExpr":
            return f"{node['op']}{_inside(node['expr'])}"
        case "call":
            return f"{node['func']['name']}({', '.join(text(one) for one in node['args'])})"
        case "aggregation":
            grouping = "without" if node["without"] else "by"
            names = f" {grouping} ({', '.join(node['grouping'])})" if node["grouping"] or node["without"] else ""
            param = f"{text(node['param'])}, " if node["param"] else ""
            return f"{node['op']}{names} ({param}{text(node['expr'])})"
        case "binaryExpr":
            return f"{_inside(node['lhs'])} {node['op']}{_matching(node)} {_inside(node['rhs'])}"
        case _:
            raise ValueError(f"a node of type {kind}")


def _inside(node: Node) -> str:
    """Text that binds more tightly than any operator."""
    return f"({text(node)})" if node["type"] in ("binaryExpr", "unaryExpr") else text(node)


def _moment(node: Node) -> str:
    offset = f" offset {node['offset']}ms" if node["offset"] > 0 else ""
    offset = f" offset -{-node['offset']}ms" if node["offset"] < 0 else offset
    at = f" @ {node['timestamp'] / 1000}" if node["timestamp"] is not None else ""
    return at + (f" @ {node['startOrEnd']}()" if node["startOrEnd"] else "") + offset


def _matching(node: Node) -> str:
    words = " bool" if node["bool"] else ""
    matching = node["matching"]
    if matching is None:
        return words
    if matching["on"] or matching["labels"]:
        words += f" {'on' if matching['on'] else 'ignoring'} ({', '.join(matching['labels'])})"
    if matching["card"] in ("many-to-one", "one-to-many"):
        side = "group_left" if matching["card"] == "many-to-one" else "group_right"
        words += f" {side} ({', '.join(matching['include'])})"
    return words


# Alert rules.


def measured(node: Node) -> list[Node]:
    """What an alert's expression measures: the sides of its `and`, `or` and `unless`, without the comparisons that
    keep it silent. A comparison of two expressions gives both, one with a number the other side, `absent` what it
    looks for."""
    if node["type"] == "parenExpr":
        return measured(node["expr"])
    if node["type"] == "call" and node["func"]["name"] in ABSENT:
        return measured(node["args"][0])
    if node["type"] == "binaryExpr" and (_compares(node) or node["op"] in ("and", "or", "unless")):
        sides = [side for side in (node["lhs"], node["rhs"]) if side["type"] != "numberLiteral"]
        return [part for side in sides for part in measured(side)]
    return [_uncompared(node)]


def _compares(node: Node) -> bool:
    return node["type"] == "binaryExpr" and node["op"] in COMPARISONS and not node["bool"]


def _uncompared(node: Node) -> Node:
    """The expression without comparisons with numbers, wherever they stand."""
    if _compares(node) and "numberLiteral" in (node["lhs"]["type"], node["rhs"]["type"]):
        kept = "rhs" if node["lhs"]["type"] == "numberLiteral" else "lhs"
        return _uncompared(node[kept])
    if node["type"] == "parenExpr":
        return _uncompared(node["expr"])
    return _changed(node, _uncompared)


def now(node: Node) -> Node:
    """The same expression without offsets, for a Prometheus that is younger than they reach back."""
    changed = _changed(node, now)
    return {**changed, "offset": 0} if "offset" in changed else changed


def _changed(node: Node, change: Callable[[Node], Node]) -> Node:
    """The node with its children changed."""
    fresh = {key: change(node[key]) for key in ("expr", "param", "lhs", "rhs") if isinstance(node.get(key), dict)}
    if "args" in node:
        fresh["args"] = [change(one) for one in node["args"]]
    return {**node, **fresh}

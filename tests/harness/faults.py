"""What can go wrong at an upstream, and for which requests: rules that a test gives before it sends traffic.

A rule has conditions (all that are given must hold), a number of times, and a fault. For one request the first rule
whose fault is not `shape` decides what goes wrong, and all matching `shape` rules together decide how the answer looks.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.harness.shape import Shape, header_pairs

# kind -> its settings with their defaults. `after` counts events of a stream; a document has two halves.
KINDS: dict[str, dict[str, Any]] = {
    # A status with a body (object, text or None for the dialect's own error) and headers (object or list of pairs).
    "status": {"status": 500, "headers": (), "body": None, "message": "scripted fault"},
    # A page such as a proxy in between sends.
    "html": {"status": 502, "headers": ()},
    # Headers and a body of no bytes.
    "empty": {"status": 200},
    "no_content": {},
    # The whole answer as a JSON document, to a request that asked for a stream.
    "json_to_stream": {},
    # Bytes that are not HTTP (`head`), or 200 and bytes that are neither SSE nor JSON (`body`).
    "garbage": {"where": "body"},
    # Takes the request and says nothing.
    "silence": {"seconds": 3600.0},
    "close_before_head": {},
    "reset_before_head": {},
    "reset_after_head": {},
    # Whole events, then half of one, then the end. how: `end` (of the framing), `close` (TCP FIN) or `reset`.
    "half_event": {"after": 3, "how": "close"},
    # Whole events, then the end.
    "cut": {"after": 3, "how": "end"},
    # Whole events, a silence, the rest.
    "stall": {"after": 3, "seconds": 3600.0},
    # Whole events, the dialect's error event (or `event`, SSE text as given), the end.
    "error_event": {"after": 3, "message": "scripted fault in the stream", "event": None},
    # Nothing goes wrong; the settings are members of `Shape`.
    "shape": {},
}
ENDS = ("end", "close", "reset")


@dataclass(frozen=True, slots=True)
class When:
    """Conditions. path: how the path ends. step: `tool`, `final` or `side`. stream: whether one was asked for.

    skip: let that many matching requests pass first. times: how often, None for always.
    """

    path: str | None = None
    model: str | None = None
    key: str | None = None
    step: str | None = None
    stream: bool | None = None
    skip: int = 0
    times: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What conditions are compared with: the facts of one request."""

    path: str
    model: Any = None
    key: str | None = None
    step: str | None = None
    stream: bool = False


@dataclass(slots=True)
class Rule:
    """One fault and its conditions. `seen` and `hits` count requests that matched, and those that were hit."""

    kind: str
    settings: dict[str, Any]
    when: When
    seen: int = 0
    hits: int = 0

    def takes(self, asked: Asked) -> bool:
        """Whether the rule applies to this request; counts it."""
        when = self.when
        matches = (
            (when.path is None or asked.path.endswith(when.path))
            and (when.model is None or asked.model == when.model)
            and (when.key is None or asked.key == when.key)
            and (when.step is None or asked.step == when.step)
            and (when.stream is None or asked.stream == when.stream)
        )
        if not matches:
            return False
        self.seen += 1
        if self.seen <= when.skip or (when.times is not None and self.hits >= when.times):
            return False
        self.hits += 1
        return True


@dataclass(frozen=True, slots=True)
class Play:
    """What to do with one request: the fault's kind (None: nothing) with all its settings, and the answer's shape."""

    kind: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    shape: Shape = field(default_factory=Shape)


class Rules:
    """The rules in force, in the order given. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []

    def add(self, kind: str, **given: Any) -> Rule:
        """Adds a rule from conditions and settings by name. Raises ValueError for what does not exist."""
        rule = make_rule(kind, given)
        with self._lock:
            self._rules.append(rule)
        return rule

    def remove(self, rule: Rule) -> None:
        """Takes one rule back."""
        with self._lock:
            self._rules = [one for one in self._rules if one is not rule]

    @contextmanager
    def passing(self) -> Iterator[None]:
        """What is added inside is gone afterwards, whether it was played or not."""
        with self._lock:
            before = list(self._rules)
        yield
        with self._lock:
            self._rules = before

    def clear(self) -> None:
        """Removes all rules."""
        with self._lock:
            self._rules.clear()

    def play(self, asked: Asked) -> Play:
        """What the rules say of a request."""
        fault: Rule | None = None
        shape = Shape()
        with self._lock:
            for rule in self._rules:
                if rule.kind == "shape":
                    shape = shape.with_changes(**rule.settings) if rule.takes(asked) else shape
                elif fault is None and rule.takes(asked):
                    fault = rule
        return Play(fault.kind, fault.settings, shape) if fault else Play(shape=shape)

    def as_json(self) -> list[dict[str, Any]]:
        """The rules with their counts."""
        with self._lock:
            return [asdict(rule) for rule in self._rules]


def make_rule(kind: str, given: Mapping[str, Any]) -> Rule:
    """A rule from names and values, as Python or the control address gives them. Raises ValueError."""
    if kind not in KINDS:
        raise ValueError(f"no fault {kind!r}; there are {', '.join(KINDS)}")
    conditions = {name: given[name] for name in given if name in When.__dataclass_fields__}
    settings = {name: value for name, value in given.items() if name not in conditions}
    if kind == "shape":
        try:
            Shape().with_changes(**settings)
        except TypeError as error:
            raise ValueError(str(error)) from error
        return Rule(kind, settings, When(**conditions))
    unknown = settings.keys() - KINDS[kind].keys()
    if unknown:
        raise ValueError(f"{kind} has no {', '.join(sorted(unknown))}; it has {', '.join(KINDS[kind]) or 'nothing'}")
    settings = KINDS[kind] | settings
    if "headers" in settings:
        settings["headers"] = header_pairs(settings["headers"])
    if settings.get("how", "end") not in ENDS:
        raise ValueError(f"how is one of {ENDS}, not {settings['how']!r}")
    return Rule(kind, settings, When(**conditions))

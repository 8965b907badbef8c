"""Bounded labels: what a client or an upstream can choose never makes more series than the registry allows.

A value outside its bound becomes `other`, an absent one `none`.
"""

from collections.abc import Callable, Iterable, Mapping

from gate.telemetry.registry import Bound, Registry

NONE = "none"
OTHER = "other"
VALUE_LIMIT = 200
"""Characters of a label value."""

Limiter = Callable[[str | None], str]


class Closed:
    """Values of a list; `allow` replaces it (names of the configuration, after a reload)."""

    __slots__ = ("_also", "_table")

    def __init__(self, values: Iterable[str], also: Iterable[str] = ()) -> None:
        self._also = tuple(also)
        self._table: dict[str | None, str] = {}
        self.allow(values)

    def allow(self, values: Iterable[str]) -> None:
        self._table = {None: NONE, **{value: _clean(value) for value in (*self._also, *values)}}

    def __call__(self, value: str | None) -> str:
        return self._table.get(value, OTHER)


class Seen:
    """The first `limit` different values."""

    __slots__ = ("_limit", "_table")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._table: dict[str | None, str] = {None: NONE}

    def __call__(self, value: str | None) -> str:
        known = self._table.get(value)
        if known is not None:
            return known
        if len(self._table) > self._limit:
            return OTHER
        cleaned = self._table[value] = _clean(value or "")
        return cleaned


class Bounds:
    """The limiters of all label attributes of a registry. `configure` names what the running configuration has."""

    def __init__(self, registry: Registry) -> None:
        self._limiters: dict[str, Closed | Seen] = {}
        self._configured: dict[str, list[Closed]] = {}
        for metric in registry.metrics.values():
            for attribute in metric.labels.values():
                if attribute not in self._limiters:
                    self._limiters[attribute] = self._make(registry.bound(attribute))

    def _make(self, bound: Bound) -> Closed | Seen:
        if bound.config is not None:
            made = Closed((), bound.also)
            self._configured.setdefault(bound.config, []).append(made)
            return made
        if bound.closed is not None:
            return Closed(bound.closed)
        return Seen(bound.seen or 1)

    def __getitem__(self, attribute: str) -> Limiter:
        """The limiter of a label's values. Raises KeyError for an attribute that is no metric's label."""
        return self._limiters[attribute]

    def configure(self, names: Mapping[str, Iterable[str]]) -> None:
        """names: intents, lanes, families, routes, providers, models and quota_groups of the configuration in force."""
        for kind, limiters in self._configured.items():
            values = tuple(names.get(kind, ()))
            for limiter in limiters:
                limiter.allow(values)


def _clean(value: str) -> str:
    """Short, and always encodable as UTF-8."""
    return value[:VALUE_LIMIT].encode("utf-8", "replace").decode("utf-8")

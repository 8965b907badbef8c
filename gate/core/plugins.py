"""What installed packages add to Gate: objects found by entry points (packaging.python.org/en/latest/specifications/
entry-points, read 2026-11-21). Nothing has to be listed anywhere; installing a distribution is all there is to it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

PROVIDERS = "gate.providers"
"""Entry points that name a `ProviderProfile`."""
TRANSFORMERS = "gate.transformers"
"""Entry points that name a transformer's class (gate/protocols/transformers/spec.py)."""
RULES = "gate.rules"
"""Entry points that name a routing rule: an object with `name` and `match(features)` (gate/engine/matching.py)."""


class PluginError(Exception):
    """An installed package offers something that cannot be used. The text names the package and says what is wrong."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """One entry point, loaded. origin: for messages, e.g. `gate-acme 1.2 (entry point acme)`."""

    name: str
    origin: str
    found: object


def plugins(group: str) -> tuple[Plugin, ...]:
    """Everything installed that names itself in this group, in the order of names. Raises PluginError for what cannot
    be imported, whatever it raised: a broken plugin stops Gate at its start and not under a request."""
    return load(entry_points(group=group))


def load(points: Iterable[EntryPoint]) -> tuple[Plugin, ...]:
    """See `plugins`."""
    loaded: dict[tuple[str, str, str], Plugin] = {}
    for point in sorted(points, key=lambda point: point.name):
        origin = _origin(point)
        # A distribution that stands twice on the path (an editable install beside a plain one) is one plugin.
        key = (point.name, point.value, origin)
        if key in loaded:
            continue
        try:
            found: object = point.load()
        except Exception as error:
            raise PluginError(f"{origin}: cannot load {point.value}: {type(error).__name__}: {error}") from error
        loaded[key] = Plugin(point.name, origin, found)
    return tuple(loaded.values())


def _origin(point: EntryPoint) -> str:
    owner = f"{point.dist.name} {point.dist.version}" if point.dist is not None else "a package without metadata"
    return f"{owner} (entry point {point.name})"

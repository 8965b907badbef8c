"""The transformers of one route, in order, as one thing for the engine to call.

Like layers: what comes first in the configuration sees a request first and its answer last.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gate.protocols.canonical.answer import Event
from gate.protocols.canonical.request import Request
from gate.protocols.transformers.discover import all_transformers
from gate.protocols.transformers.spec import AnswerHook, Transformer, TransformerError, made
from gate.protocols.translation import Aim


@dataclass(frozen=True, slots=True)
class Transformers:
    """A chain. Empty (and false) for a route without any: only then may it stay on the raw lane."""

    steps: tuple[Transformer, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.steps)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(step.name for step in self.steps)

    def request(self, request: Request, aim: Aim) -> Request:
        for step in self.steps:
            request = step.request(request, aim)
        return request

    def answer(self) -> AnswerHook | None:
        """For one answer, streamed or whole (as events); None when no step looks at answers."""
        hooks = [hook for step in reversed(self.steps) if (hook := step.answer()) is not None]
        if not hooks:
            return None
        return hooks[0] if len(hooks) == 1 else _Hooks(hooks)


class _Hooks:
    """Several hooks as one."""

    def __init__(self, hooks: Sequence[AnswerHook]) -> None:
        self._hooks = hooks

    def feed(self, events: Sequence[Event]) -> list[Event]:
        for hook in self._hooks:
            events = hook.feed(events)
        return list(events)


NO_TRANSFORMERS = Transformers()


@dataclass(frozen=True, slots=True)
class Chains:
    """The chains of one configuration. by_provider: for models that no route names as well."""

    by_route: Mapping[str, Transformers] = field(default_factory=dict[str, Transformers])
    by_provider: Mapping[str, Transformers] = field(default_factory=dict[str, Transformers])

    def of(self, route_id: str, provider: str) -> Transformers:
        return self.by_route.get(route_id) or self.by_provider.get(provider, NO_TRANSFORMERS)


NO_CHAINS = Chains()


def chain(entries: Sequence[Mapping[str, object]]) -> Transformers:
    """From the configuration's list, each entry `{"use": name, **options}`. Raises TransformerError, and PluginError
    for an installed package that brings a broken one."""
    steps: list[Transformer] = []
    for entry in entries:
        options = {name: value for name, value in entry.items() if name != "use"}
        steps.append(_step(entry.get("use"), options))
    return Transformers(tuple(steps))


def _step(name: object, options: Mapping[str, object]) -> Transformer:
    known = all_transformers()
    if not isinstance(name, str):
        raise TransformerError(f"use: name a transformer ({', '.join(known)})")
    kind = known.get(name)
    if kind is None:
        raise TransformerError(f"use: there is no transformer of that name; installed: {', '.join(known)}")
    try:
        return made(kind, options)
    except TransformerError as error:
        raise TransformerError(f"{name}: {error}") from None

"""Which transformers change what goes to a provider or a route, and comes back."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ConfigDict, Field

from gate.config.document import ConfigError
from gate.config.section import Section
from gate.core.plugins import PluginError
from gate.protocols.transformers.chain import Chains, Transformers, chain
from gate.protocols.transformers.discover import all_transformers
from gate.protocols.transformers.spec import TransformerError


class TransformerSection(Section):
    """One transformer; every key beside `use` is an option of it."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)

    use: str = Field(description="Its name: maxtoken, reasoning, or one that a package brings.")


Listed = Sequence[TransformerSection]


def compiled_chains(providers: Mapping[str, Listed], routes: Sequence[tuple[str, str, Listed]]) -> Chains:
    """providers: by name. routes: id, provider and list of the operator's own, in the order of the file. A route's come
    behind its provider's, so that they have the last word. Raises ConfigError, also for an installed package that
    brings a broken transformer nobody uses."""
    try:
        all_transformers()
    except PluginError as error:
        raise ConfigError([str(error)]) from None
    findings: list[str] = []
    by_provider = {name: _chain(f"providers.{name}", listed, findings) for name, listed in providers.items() if listed}
    by_route: dict[str, Transformers] = {}
    for index, (route_id, provider, listed) in enumerate(routes):
        if listed:
            own = _chain(f"routes.{index}", listed, findings)
            first = by_provider.get(provider, Transformers())
            by_route[route_id] = Transformers((*first.steps, *own.steps))
    if findings:
        raise ConfigError(findings)
    return Chains(by_route, by_provider)


def _chain(where: str, listed: Listed, findings: list[str]) -> Transformers:
    steps: list[Transformers] = []
    for index, section in enumerate(listed):
        options: dict[str, Any] = section.model_dump()
        try:
            steps.append(chain([options]))
        except TransformerError as error:
            findings.append(f"{where}.transformers.{index}: {error}")
    return Transformers(tuple(step for one in steps for step in one.steps))

"""The candidate configuration that plans every request beside the one in force, and serves none.

`shadow: candidate.yaml` in a configuration names it: a file like any other (laid over the shipped default), read again
when it changes. Its routes, lanes, intents, policy and rules count; where it listens, whom it lets in and what it keeps
do not, for nothing is ever sent because of it.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from gate.config.compile import compile_config
from gate.config.document import ConfigError
from gate.config.load import load
from gate.config.schema import Config
from gate.engine.snapshot import Snapshot


def shadow_file(config: Config, path: Path | None) -> Path | None:
    """Where the candidate is, from beside the configuration at `path`; None where none is named."""
    if config.shadow is None:
        return None
    return (Path() if path is None else path.parent) / config.shadow


def with_shadow(snapshot: Snapshot, config: Config, path: Path | None, env: Mapping[str, str]) -> Snapshot:
    """The snapshot of a configuration with its candidate, if it names one. path: of the configuration. Raises
    ConfigError."""
    place = shadow_file(config, path)
    if place is None:
        return snapshot
    candidate = load(place, env)
    if candidate.shadow is not None:
        raise ConfigError([f"{place}: a candidate has no shadow of its own: remove `shadow`"])
    compiled = compile_config(candidate, env)
    return replace(snapshot, shadow=compiled, shadow_file=place)

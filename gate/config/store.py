"""The section `store`: where decisions are kept, and how many."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field

from gate.config.section import Section
from gate.engine.snapshot import StoreSettings

NAME = Path("gate", "decisions.sqlite")
VARIABLE = "GATE_STORE_PATH"


class StoreSection(Section):
    """Where decisions are kept besides the latest ones in memory: for `gate explain`, and for `gate diff` to replay."""

    kind: Literal["sqlite", "memory"] = Field(default="sqlite", description="memory: only the latest, until a restart.")
    path: str | None = Field(
        default=None,
        min_length=1,
        description="The file; GATE_STORE_PATH wins over it. Default: gate/decisions.sqlite in $XDG_STATE_HOME, or in "
        "~/.local/state. Not on a network file system.",
    )
    keep_days: float = Field(default=30, gt=0, le=3_650, description="Older decisions are removed.")
    keep_decisions: int = Field(default=50_000, ge=1, description="Of more than so many, the oldest are removed.")
    max_bytes: int = Field(
        default=512 << 20, ge=1 << 20, description="A file that grows beyond loses its oldest decisions."
    )


def store_settings(section: StoreSection, env: Mapping[str, str]) -> StoreSettings:
    said = env.get(VARIABLE) or section.path
    path = default_path(env) if said is None else Path(said).expanduser()
    in_file = section.kind == "sqlite"
    return StoreSettings(
        path=path if in_file else None,
        by_default=in_file and said is None,
        keep_days=section.keep_days,
        keep_decisions=section.keep_decisions,
        max_bytes=section.max_bytes,
    )


def default_path(env: Mapping[str, str]) -> Path | None:
    """By the XDG base directory specification, which has relative paths ignored; None where there is no home."""
    state, home = Path(env.get("XDG_STATE_HOME") or ""), env.get("HOME")
    if state.is_absolute():
        return state / NAME
    return Path(home, ".local", "state", NAME) if home else None

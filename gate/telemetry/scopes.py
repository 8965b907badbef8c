"""Saved scopes: named questions with the PromQL and the TraceQL that answer them.

`scopes.yaml` holds them; `gate scopes` prints them and the dashboards' panels run the same strings.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
import yaml

SOURCE = Path(__file__).with_name("scopes.yaml")


@dataclass(frozen=True, slots=True)
class Scope:
    """One question. about: what the answer shows, one sentence or two. promql, traceql: run as they stand; None where
    the question has no answer in metrics, or none in traces."""

    name: str
    title: str
    about: str
    promql: str | None = None
    traceql: str | None = None


@lru_cache(maxsize=1)
def load_scopes() -> Mapping[str, Scope]:
    """Every scope by its name, in the order in which they are listed. Raises msgspec.ValidationError for a file that is
    not a list of scopes."""
    raw: dict[str, dict[str, Any]] = yaml.load(SOURCE.read_text("utf-8"), yaml.CSafeLoader)
    return MappingProxyType({name: msgspec.convert({"name": name, **facts}, Scope) for name, facts in raw.items()})

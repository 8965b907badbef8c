"""`rules.yaml` as typed values."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml

Kind = Literal["server", "client", "internal", "producer", "consumer"]


class Names(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names that only one profile has."""

    source: str
    attributes: tuple[str, ...]
    metrics: tuple[str, ...]


class SpanRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of span. without: its name when an attribute of `name` is absent. only: the one value an attribute may
    have when it is there."""

    kind: Kind
    has: str
    name: str
    source: str
    without: str | None = msgspec.field(default=None, name="else")
    needs: dict[str, str] = {}
    only: dict[str, Any] = {}
    status: int | None = None


class MetricRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    instrument: Literal["histogram", "counter"]
    unit: str
    needs: tuple[str, ...]
    may: tuple[str, ...]
    source: str
    buckets: str | None = None


class NotInference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    profile: str
    metric: str
    attribute: str
    values: tuple[str, ...]
    source: str


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sources: dict[str, str]
    moved: str
    names: dict[str, Names]
    events: tuple[str, ...]
    types: dict[str, tuple[str, ...]]
    values: dict[str, tuple[str, ...]]
    spans: dict[str, SpanRule]
    metrics: dict[str, MetricRule]
    buckets: dict[str, tuple[float, ...]]
    not_inference: NotInference

    def type_of(self, attribute: str) -> str | None:
        """Its type, None when it is not listed."""
        return next((kind for kind, names in self.types.items() if attribute in names), None)


@cache
def rules() -> Rules:
    """The table. Raises msgspec.ValidationError when it is not one."""
    return msgspec.convert(yaml.safe_load(Path(__file__).with_name("rules.yaml").read_text("utf-8")), Rules)

"""A small catalog of one provider, as data that tests bend before they load it."""

import copy
import json
from typing import Any

from gate.catalog.schema import LANES_SCHEMA, MODELS_SCHEMA

SOURCE = "https://vendor.example/prices"


def fact(value: Any) -> dict[str, Any]:
    if value is None:
        return {"value": None}
    return {
        "value": value,
        "source": SOURCE,
        "source_type": "provider-docs",
        "retrieved": "2026-11-21",
        "published": None,
    }


def rates(**usd: float | None) -> dict[str, Any]:
    names = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")
    return {name: fact(usd.get(name)) for name in names}


def model(model_id: str = "small-1", lane: str = "acme/small-1", **members: Any) -> dict[str, Any]:
    capabilities = {name: fact(True) for name in ("tools", "images", "thinking", "streaming", "json_schema")}
    return {
        "id": model_id,
        "lane": lane,
        "aliases": [f"{model_id}-2026"],
        "route_type": "direct",
        "billing_mode": "metered",
        "context_window": fact(1000),
        "max_output_tokens": fact(None),
        "capabilities": capabilities,
        "dialects": fact(["openai_chat", "openai_responses"]),
        "price": {"currency": "USD", "unit": "per_million_tokens", **rates(input=3, output=15)},
        **members,
    }


def lane(name: str, **members: Any) -> dict[str, Any]:
    return {"name": name, "family": "acme", "cluster": "balanced-workhorse", **members}


_LANES = {
    "schema": LANES_SCHEMA,
    "note": "judged by a test",
    "lanes": [lane("acme/large-1", degrade_to=["acme/small-1"]), lane("acme/small-1", upgrade_to=["acme/large-1"])],
}
_MODELS = {"schema": MODELS_SCHEMA, "provider": "acme", "owns_names": True, "models": [model()]}


def documents() -> dict[str, Any]:
    """`lanes.json` and `acme.json`, free to be changed."""
    return copy.deepcopy({"lanes.json": _LANES, "acme.json": _MODELS})


def encoded(files: dict[str, Any]) -> dict[str, bytes]:
    return {name: json.dumps(content).encode() for name, content in files.items()}

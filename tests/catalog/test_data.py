"""The shipped files: they load, they agree with the providers, and no number in them stands without its source."""

import json
from pathlib import Path
from typing import Any, cast

import pytest

from gate.catalog.book import CatalogBook, load_book
from gate.catalog.pricing import cost
from gate.core.lane import Cluster
from gate.core.money import Confidence
from gate.core.usage import Usage
from gate.providers.discover import all_profiles

FOLDER = Path(__file__).parents[2] / "gate" / "catalog" / "data"
FILES = {path.name: path.read_bytes() for path in sorted(FOLDER.glob("*.json"))}
PROVIDERS = [name.removesuffix(".json") for name in FILES if name != "lanes.json"]
# Numbers that are no facts: none but those inside a fact.
FACT = {"value", "source", "source_type", "retrieved", "published"}


@pytest.fixture(scope="module")
def book() -> CatalogBook:
    return load_book(FILES)


def numbers_outside_facts(node: Any, path: str = "$") -> list[str]:
    if isinstance(node, dict):
        members = cast(dict[str, Any], node)
        if "value" in members:
            assert set(members) <= FACT, path
            return []
        return [found for key, value in members.items() for found in numbers_outside_facts(value, f"{path}.{key}")]
    if isinstance(node, list):
        items = cast(list[Any], node)
        return [
            found for index, value in enumerate(items) for found in numbers_outside_facts(value, f"{path}[{index}]")
        ]
    return [path] if isinstance(node, int | float) and not isinstance(node, bool) else []


@pytest.mark.parametrize("name", list(FILES))
def test_every_number_has_a_source(name: str) -> None:
    """`Fact` refuses a value without one; this shows that no number escapes from being a fact."""
    assert numbers_outside_facts(json.loads(FILES[name])) == []


def test_it_loads_and_has_the_vendors_with_a_key_variable(book: CatalogBook) -> None:
    named = {"anthropic", "openai", "gemini", "mistral", "groq", "openrouter", "deepseek", "cerebras"}
    named |= {"xai", "together", "fireworks"}
    assert set(book.providers) == named
    assert all(book.models(provider) for provider in named)


def test_its_providers_are_those_gate_knows(book: CatalogBook) -> None:
    profiles = all_profiles()
    for provider in book.providers:
        spoken = frozenset(profiles[provider].endpoints)
        for model in book.models(provider):
            assert model.dialects <= spoken, (provider, model.id)
            assert model.type is profiles[provider].route_type


def test_vendors_own_their_names_and_resellers_none(book: CatalogBook) -> None:
    assert book.owner_of("claude-opus-5-5") == "anthropic"
    assert book.owner_of("gpt-6.1-sol") == "openai"
    assert book.owner_of("GPT-5") == "openai"
    assert book.owner_of("gemini-3.8-flash") == "gemini"
    assert book.owner_of("grok-4.7") == "xai"
    assert book.owner_of("claude-haiku-4-5-20251001") == "anthropic"
    assert book.owner_of("gpt-oss-120b") is None
    assert book.owner_of("gpt-17") is None


def test_every_lane_is_reachable_and_every_cluster_has_lanes(book: CatalogBook) -> None:
    reachable = {model.lane for provider in book.providers for model in book.models(provider)}
    assert reachable == set(book.lanes)
    assert {lane.cluster for lane in book.lanes.values()} == set(Cluster)


def test_degrading_never_leads_up_and_upgrading_never_down(book: CatalogBook) -> None:
    rank = list(Cluster)
    for lane in book.lanes.values():
        assert all(rank.index(book.lanes[name].cluster) >= rank.index(lane.cluster) for name in lane.degrade_to)
        assert all(rank.index(book.lanes[name].cluster) <= rank.index(lane.cluster) for name in lane.upgrade_to)


def test_open_models_have_several_ways(book: CatalogBook) -> None:
    routes = {provider for provider in book.providers for m in book.models(provider) if m.lane == "openai/gpt-oss-120b"}
    assert routes == {"groq", "cerebras", "openrouter", "together", "fireworks"}
    sonnet = [(p, m.id) for p in book.providers for m in book.models(p) if m.lane == "anthropic/sonnet-5.5"]
    assert sonnet == [("anthropic", "claude-sonnet-5-5"), ("openrouter", "anthropic/claude-sonnet-5.5")]


def test_windows_and_limits_are_plausible(book: CatalogBook) -> None:
    for provider in book.providers:
        for model in book.models(provider):
            assert model.context_window is None or 8_000 <= model.context_window <= 4_000_000
            if model.context_window and model.max_output_tokens:
                assert model.max_output_tokens <= max(model.context_window, 262_144)


def test_the_golden_cost_at_the_shipped_prices(book: CatalogBook) -> None:
    model = book.find("anthropic", "claude-sonnet-4-6")
    assert model is not None
    found = cost(Usage(input=12_307, cache_write=12_304, cache_write_5m=12_304, output=550), model.prices)
    assert (found.pico_usd, found.confidence) == (54_399_000_000, Confidence.EXACT)


def test_gpt_6_has_no_tools_on_chat(book: CatalogBook) -> None:
    routes = {r.id: r for r in book.routes("openai", "openai", frozenset(all_profiles()["openai"].endpoints))}
    assert routes["openai/gpt-6.1-sol"].capabilities.tools is True
    assert routes["openai/gpt-6.1-sol@openai_chat"].capabilities.tools is False
    assert "openai/gpt-5@openai_chat" not in routes


def test_route_ids_are_unique(book: CatalogBook) -> None:
    profiles = all_profiles()
    ids = [r.id for p in book.providers for r in book.routes(p, p, frozenset(profiles[p].endpoints))]
    assert len(ids) == len(set(ids))

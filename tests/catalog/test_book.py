"""A book is whole or it is not there: every reference leads somewhere, names are unique, lanes never go round."""

from dataclasses import asdict
from itertools import pairwise
from typing import Any

import pytest

from gate.catalog.book import CatalogBook, load_book
from gate.catalog.pricing import VariablePriceSheet
from gate.catalog.schema import CatalogError
from gate.core.dialect import Dialect
from gate.core.lane import Cluster
from gate.core.money import SourceType
from tests.catalog.samples import SOURCE, documents, encoded, fact, lane, model, rates

BOTH = frozenset({Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES})


def book(files: dict[str, Any] | None = None) -> CatalogBook:
    return load_book(encoded(files or documents()))


def findings(files: dict[str, Any]) -> list[str]:
    with pytest.raises(CatalogError) as caught:
        book(files)
    return caught.value.findings


def with_models(*models: dict[str, Any]) -> dict[str, Any]:
    files = documents()
    files["acme.json"]["models"] = list(models)
    return files


def test_models_are_found_by_id_and_alias_in_any_case() -> None:
    catalog = book()
    small = catalog.find("acme", "small-1")
    assert small is not None
    assert small == catalog.find("acme", "SMALL-1-2026") == catalog.models("acme")[0]
    assert catalog.find("acme", "small-2") is None
    assert catalog.find("other", "small-1") is None
    assert catalog.models("other") == ()
    assert (small.context_window, small.max_output_tokens, small.read_on) == (1000, None, "2026-11-21")


def test_lanes_keep_their_edges() -> None:
    catalog = book()
    large = catalog.lane("acme/large-1")
    assert large is not None
    assert large.degrade_to == ("acme/small-1",)
    assert large.cluster is Cluster.BALANCED_WORKHORSE
    assert catalog.lane("acme/huge-1") is None


def test_prices_become_whole_pico_usd_with_their_page() -> None:
    sheet = book().models("acme")[0].prices
    assert sheet.input is not None
    assert sheet.input.pico_per_token == 3_000_000
    assert (sheet.input.source, sheet.input.retrieved) == (SOURCE, "2026-11-21")
    assert sheet.input.source_type is SourceType.PROVIDER_DOCS
    assert sheet.cache_read is None


def test_a_price_finer_than_a_pico_usd_is_refused() -> None:
    entry = model(price={"currency": "USD", "unit": "per_million_tokens", **rates(input=0.00000012345)})
    assert "whole number of pico-USD" in findings(with_models(entry))[0]


def test_only_the_vendor_owns_a_name() -> None:
    files = documents()
    reseller = {**files["acme.json"], "provider": "resale", "owns_names": False}
    files["resale.json"] = reseller
    catalog = book(files)
    assert catalog.owner_of("Small-1") == catalog.owner_of("small-1-2026") == "acme"
    assert catalog.owner_of("small") is None
    assert catalog.owners() == {"small-1": "acme", "small-1-2026": "acme"}


def test_two_vendors_of_one_name_are_a_finding() -> None:
    files = documents()
    files["other.json"] = {**files["acme.json"], "provider": "other"}
    assert "other.json: the name small-1 is owned by acme already" in findings(files)


def test_unknown_lanes_and_dangling_edges_are_findings() -> None:
    files = with_models(model(lane="acme/none"))
    files["lanes.json"]["lanes"][0]["upgrade_to"] = ["acme/nowhere"]
    assert findings(files) == [
        "lanes.json: lane acme/large-1 leads to acme/nowhere, which is not there",
        "acme.json: model small-1 is in lane acme/none, which is not in lanes.json",
    ]


@pytest.mark.parametrize("direction", ["degrade_to", "upgrade_to"])
def test_edges_that_go_round_are_a_finding(direction: str) -> None:
    files = documents()
    files["lanes.json"]["lanes"] = [
        lane("a", **{direction: ["b"]}),
        lane("b", **{direction: ["c"]}),
        lane("c", **{direction: ["a"]}),
        lane("acme/small-1"),
    ]
    (finding,) = findings(files)
    assert finding.startswith(f"lanes.json: {direction} goes round: ")
    walk = finding.rpartition(": ")[2].split(" -> ")
    following = {"a": "b", "b": "c", "c": "a"}
    assert len(walk) == 4
    assert all(following[here] == there for here, there in pairwise(walk))


def test_up_and_down_again_is_no_circle() -> None:
    assert book().lane("acme/small-1") is not None


def test_doubled_names_are_findings() -> None:
    files = with_models(model(), model(aliases=[]))
    files["lanes.json"]["lanes"].append(lane("acme/small-1"))
    assert findings(files) == [
        "lanes.json: lane acme/small-1 is there twice",
        "acme.json: the name small-1 is there twice",
    ]


def test_a_file_is_named_after_its_provider() -> None:
    files = documents()
    files["umbrella.json"] = files.pop("acme.json")
    assert findings(files) == ["umbrella.json: says it is of provider acme; its file is acme.json"]


def test_every_broken_file_is_reported_at_once() -> None:
    files = documents()
    files["other.json"] = {"schema": "x"}
    files["third.json"] = {"schema": "y"}
    assert {finding.split(":")[0] for finding in findings(files)} == {"other.json", "third.json"}


def test_a_model_without_a_dialect_is_a_finding() -> None:
    assert findings(with_models(model(dialects=fact(None)))) == ["acme.json: model small-1 speaks no dialect"]


def test_lanes_are_required() -> None:
    with pytest.raises(CatalogError, match=r"lanes\.json is missing"):
        load_book({"acme.json": b"{}"})


def test_routes_carry_what_is_known_of_the_model() -> None:
    (route,) = book().routes("acme", "mine", frozenset({Dialect.OPENAI_CHAT}))
    assert (route.id, route.provider, route.model, route.lane) == ("mine/small-1", "mine", "small-1", "acme/small-1")
    assert route.dialects == {Dialect.OPENAI_CHAT}
    assert route.context_window == 1000
    assert route.capabilities.tools is True
    assert route.quota_group == "mine/default"


def test_a_dialect_with_other_capabilities_is_a_route_of_its_own() -> None:
    entry = model(dialect_capabilities={"openai_chat": {"tools": fact(False)}})
    catalog = book(with_models(entry))
    usual, chat = catalog.routes("acme", "acme", BOTH)
    assert (usual.id, usual.dialects) == ("acme/small-1", {Dialect.OPENAI_RESPONSES})
    assert (chat.id, chat.dialects) == ("acme/small-1@openai_chat", {Dialect.OPENAI_CHAT})
    assert usual.model == chat.model == "small-1"
    assert asdict(chat.capabilities) == {**asdict(usual.capabilities), "tools": False}
    assert [route.id for route in catalog.routes("acme", "acme", frozenset({Dialect.OPENAI_RESPONSES}))] == [
        "acme/small-1"
    ]


def test_capabilities_in_a_dialect_that_is_not_spoken_are_a_finding() -> None:
    entry = model(dialect_capabilities={"gemini": {"tools": fact(False)}})
    assert findings(with_models(entry)) == [
        "acme.json: model small-1 has capabilities in gemini, which it does not speak"
    ]


def test_rates_for_long_prompts_and_rates_that_vary_are_kept() -> None:
    price = {"currency": "USD", "unit": "per_million_tokens", **rates(input=1, output=2)}
    long = {**price, "long_prompt": {"above": fact(500), **rates(input=4, output=8)}, "valid_until": "2026-12-31"}
    catalog = book(with_models(model(price=long), model("tiny-1", price={**price, "varies": "time of day"})))
    small, tiny = catalog.models("acme")
    assert isinstance(small.prices, VariablePriceSheet)
    assert small.prices.long_above == 500
    assert small.prices.long is not None
    assert small.prices.long.output is not None
    assert small.prices.long.output.pico_per_token == 8_000_000
    assert not small.prices.floor
    assert small.prices_valid_until == "2026-12-31"
    assert isinstance(tiny.prices, VariablePriceSheet)
    assert tiny.prices.floor


def test_the_version_changes_with_the_content() -> None:
    files = documents()
    before = book(files).version
    assert book(files).version == before
    files["lanes.json"]["note"] = "judged again"
    assert book(files).version != before

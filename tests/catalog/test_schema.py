"""Data files are refused with the path of what is wrong in them, above all a value that has no source."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from gate.catalog.schema import CatalogError, Fact, read_lanes, read_models
from tests.catalog.samples import SOURCE, documents, encoded, fact


def decoded(document: dict[str, Any]) -> Fact[Decimal]:
    return msgspec.json.decode(msgspec.json.encode(document), type=Fact[Decimal])


def test_a_value_is_kept_exactly() -> None:
    assert decoded(fact(0.0028)).value == Decimal("0.0028")
    assert decoded(fact(0.0028)).source == SOURCE


def test_null_means_not_found_and_has_no_source() -> None:
    assert decoded({"value": None}).value is None
    with pytest.raises(msgspec.ValidationError, match="no source"):
        decoded({"value": None, "source": SOURCE})


@pytest.mark.parametrize(
    ("member", "value", "says"),
    [
        ("source", None, "needs its source"),
        ("source", "the vendor's page", "https address"),
        ("source", "http://vendor.example", "https address"),
        ("source_type", None, "source_type"),
        ("source_type", "hearsay", "Invalid enum value 'hearsay'"),
        ("retrieved", None, "date it was retrieved"),
        ("retrieved", "yesterday", "YYYY-MM-DD"),
        ("published", "last week", "published is a date"),
        ("colour", "blue", "unknown field `colour`"),
    ],
)
def test_a_value_without_a_whole_source_is_refused(member: str, value: str | None, says: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=says):
        decoded({**fact(3), member: value})


def test_errors_name_the_file_and_the_place() -> None:
    files = documents()
    files["acme.json"]["models"][0]["price"]["input"] = {"value": 3}
    with pytest.raises(CatalogError) as caught:
        read_models("acme.json", encoded(files)["acme.json"])
    assert caught.value.findings == [
        "acme.json: a value needs its source, an https address - at `$.models[0].price.input`"
    ]


def test_another_schema_version_is_refused() -> None:
    files = documents()
    files["lanes.json"]["schema"] = "gate.catalog.lanes/2"
    files["acme.json"]["schema"] = "gate.catalog.models/9"
    with pytest.raises(CatalogError, match=r"reads 'gate\.catalog\.lanes/1'"):
        read_lanes("lanes.json", encoded(files)["lanes.json"])
    with pytest.raises(CatalogError, match=r"reads 'gate\.catalog\.models/1'"):
        read_models("acme.json", encoded(files)["acme.json"])


def test_unknown_clusters_dialects_and_currencies_are_refused() -> None:
    files = documents()
    files["lanes.json"]["lanes"][0]["cluster"] = "middling"
    with pytest.raises(CatalogError, match="Invalid enum value 'middling'"):
        read_lanes("lanes.json", encoded(files)["lanes.json"])
    for change in ({"dialects": fact(["telepathy"])}, {"billing_mode": "barter"}):
        files = documents()
        files["acme.json"]["models"][0].update(change)
        with pytest.raises(CatalogError, match="Invalid enum value"):
            read_models("acme.json", encoded(files)["acme.json"])
    files = documents()
    files["acme.json"]["models"][0]["price"]["currency"] = "EUR"
    with pytest.raises(CatalogError, match="prices are in USD per_million_tokens"):
        read_models("acme.json", encoded(files)["acme.json"])


def test_no_json_is_a_catalog_error_too() -> None:
    with pytest.raises(CatalogError, match=r"acme\.json: "):
        read_models("acme.json", b"{")

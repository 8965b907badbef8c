"""Label values are bounded, whatever a client or an upstream sends."""

from hypothesis import given
from hypothesis import strategies as st

from gate.telemetry.metrics.bounds import NONE, OTHER, VALUE_LIMIT, Bounds, Closed, Seen
from gate.telemetry.registry import load


def test_a_closed_list_knows_its_values_only() -> None:
    limit = Closed(["a", "b"], also=["explicit"])
    assert [limit(value) for value in ("a", "b", "explicit", "c", None)] == ["a", "b", "explicit", OTHER, NONE]
    limit.allow(["c"])
    assert [limit(value) for value in ("a", "explicit", "c")] == [OTHER, "explicit", "c"]


@given(st.lists(st.text()))
def test_seen_keeps_the_first_so_many(values: list[str]) -> None:
    limit = Seen(3)
    shown = {limit(value) for value in values}
    assert len(shown - {OTHER}) <= 3
    for value in shown:
        assert len(value) <= VALUE_LIMIT
        value.encode("utf-8")


def test_a_lone_surrogate_is_shown_as_something_encodable() -> None:
    assert Seen(3)("\ud800") == "?"


def test_every_label_of_the_registry_has_a_limiter() -> None:
    bounds = Bounds(load())
    for metric in load().metrics.values():
        for attribute in metric.labels.values():
            assert bounds[attribute](None) == NONE


def test_names_come_from_the_configuration_in_force() -> None:
    bounds = Bounds(load())
    assert bounds["gate.lane"]("sonnet") == OTHER
    bounds.configure({"lanes": ["sonnet"]})
    assert [bounds[name]("sonnet") for name in ("gate.lane", "gate.from_lane", "gate.to_lane")] == ["sonnet"] * 3
    bounds.configure({"lanes": ["opus"]})
    assert bounds["gate.lane"]("sonnet") == OTHER

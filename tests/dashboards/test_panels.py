"""Every panel says what it shows, in what unit, what to do, and why it may be empty; nobody needs to see colours."""

import pytest

from dashboards.grafana.builder import looks
from gate.telemetry.registry import load
from tests.dashboards.reading import NAMES, asking, dashboard, panels, texts

UNITS = {"none", "short", "s", "percentunit", "currencyUSD", "reqps", "ops", "dtdurations", "requests"}
"""Those used, all of Grafana's list but `requests`, which the node graph prints as it is."""
LEGENDS = ("timeseries", "state-timeline")


@pytest.mark.parametrize("name", NAMES)
def test_titles_and_descriptions(name: str) -> None:
    titles = [panel["title"] for panel in panels(name)]
    assert len(titles) == len(set(titles))
    for panel in panels(name):
        assert len(panel["description"]) >= 60, panel["title"]
        assert panel["description"].endswith("."), panel["title"]
        assert "TODO" not in panel["description"]


@pytest.mark.parametrize("name", NAMES)
def test_units_thresholds_and_empty_states(name: str) -> None:
    for panel in asking(name):
        defaults = panel["fieldConfig"]["defaults"]
        assert defaults["unit"] in UNITS, panel["title"]
        assert defaults["thresholds"]["steps"], panel["title"]
        assert len(defaults["noValue"]) >= 6, panel["title"]


@pytest.mark.parametrize("name", NAMES)
def test_legends(name: str) -> None:
    """A panel with a legend shows it; a series has a name; a column has a title."""
    for panel in asking(name):
        if panel["type"] in LEGENDS:
            assert panel["options"]["legend"]["showLegend"] is True, panel["title"]
        for target in panel["targets"]:
            if target["datasource"]["type"] == "prometheus":
                assert target["legendFormat"].strip(), panel["title"]
        if panel["type"] == "table" and panel["targets"][0]["datasource"]["type"] == "prometheus":
            arranged = [one for one in panel["transformations"] if one["id"] == "organize"]
            assert all(arranged[0]["options"]["renameByName"].values()), panel["title"]


@pytest.mark.parametrize("name", NAMES)
def test_legends_name_labels_that_the_query_keeps(name: str) -> None:
    for panel in asking(name):
        for target in panel["targets"]:
            for label in (target.get("legendFormat") or "").split("{{")[1:]:
                assert label.partition("}}")[0].strip() in target["expr"], panel["title"]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_overlaps_and_everything_fits(name: str) -> None:
    taken: dict[tuple[int, int], str] = {}
    for panel in dashboard(name)["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert (x, y) not in taken, f"{panel['title']} lies on {taken[x, y]}"
                taken[x, y] = panel["title"]
    identifiers = [panel["id"] for panel in dashboard(name)["panels"]]
    assert len(identifiers) == len(set(identifiers))


@pytest.mark.parametrize("name", NAMES)
def test_a_laptop_shows_at_most_four_panels_in_a_row(name: str) -> None:
    for panel in panels(name):
        assert panel["gridPos"]["w"] >= 6, panel["title"]


@pytest.mark.parametrize("name", NAMES)
def test_rows_are_questions(name: str) -> None:
    everything = dashboard(name)["panels"]
    assert everything[0]["type"] == "row"
    rows = [panel["title"] for panel in everything if panel["type"] == "row"]
    assert len(rows) == len(set(rows)) >= 4
    assert all(title.endswith("?") or title == "What to do next" for title in rows)


@pytest.mark.parametrize("name", NAMES)
def test_colours_are_of_the_palette(name: str) -> None:
    colours = {text for panel in panels(name) for text in texts(panel) if text.startswith("#") and len(text) == 7}
    assert colours <= set(looks.PALETTE), colours
    named = {"red", "green", "dark-red", "dark-green", "yellow", "orange", "continuous-GrYlRd", "continuous-RdYlGr"}
    assert not named & {text for panel in panels(name) for text in texts(panel)}


@pytest.mark.parametrize("name", NAMES)
def test_a_colour_that_judges_comes_with_a_word_or_a_line(name: str) -> None:
    """Thresholds colour a number that is shown, or are drawn as lines; a state is a word."""
    for panel in asking(name):
        judged = len(panel["fieldConfig"]["defaults"]["thresholds"]["steps"]) > 1
        if judged and panel["type"] == "timeseries":
            assert panel["fieldConfig"]["defaults"]["custom"]["thresholdsStyle"]["mode"] == "dashed", panel["title"]
        elif judged:
            assert panel["type"] == "stat", panel["title"]
            assert panel["options"]["textMode"] == "value", panel["title"]
        if panel["type"] == "state-timeline":
            assert panel["options"]["showValue"] == "always", panel["title"]


def test_words_and_colours_are_for_the_registrys_values() -> None:
    known = load().attributes
    assert set(looks.READINESS) == set(known["gate.readiness.state"].values or ())
    assert set(looks.PRICE_STATE) == set(known["gate.price.state"].values or ())
    assert set(looks.CONFIDENCE) == set(known["gate.cost.confidence"].values or ())
    assert set(looks.RELATIONS) - {"none"} == set(known["gate.relation"].values or ())
    assert set(looks.DASHES) < set(looks.RELATIONS)


def test_every_mapped_value_has_a_word() -> None:
    for meanings in (
        looks.READINESS,
        looks.BREAKER,
        looks.PRESSURE,
        looks.SHARED_STATE,
        looks.PRICE_STATE,
        looks.CONFIDENCE,
        looks.SEVERITY,
    ):
        words = [text for text, _ in meanings.values()]
        assert all(words)
        assert len(words) == len(set(words))


def test_good_and_bad_stay_apart_without_red_and_green() -> None:
    """With the red and green channels averaged, as a rough stand-in for not telling them apart, good, warning and bad
    still differ in blue or in brightness."""

    def dim(color: str) -> tuple[float, int]:
        red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
        return (red + green) / 2, blue

    judged = [dim(color) for color in (looks.GOOD, looks.WARN, looks.BAD)]
    for index, (bright, blue) in enumerate(judged):
        for other_bright, other_blue in judged[index + 1 :]:
            assert abs(bright - other_bright) + abs(blue - other_blue) >= 40

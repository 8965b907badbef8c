"""Objectives: what can be promised, what cannot and why, and that they agree with the metrics there are."""

import re
from typing import Any

import pytest
import yaml

from gate.config.compile import compile_config
from gate.config.document import ConfigError
from gate.config.load import default_text, load_text
from gate.config.objectives import BOUNDARIES_S, SELECTORS, Measure, Objective
from gate.telemetry.registry import load

LISTED = "0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 180, 300, 600, 900"
SERVED = {"name": "served", "measure": "availability", "target": 99.5}


def read(*objectives: dict[str, Any]) -> tuple[Objective, ...]:
    config = load_text(yaml.safe_dump({"objectives": list(objectives)}, sort_keys=False), "gate.yaml", {})
    compile_config(config, {})
    return config.objectives


def findings(*objectives: dict[str, Any]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(*objectives)
    return caught.value.findings


def test_the_boundaries_are_those_of_the_histograms() -> None:
    assert load().buckets["long_seconds"] == BOUNDARIES_S


@pytest.mark.parametrize(
    ("metric", "labels"),
    [
        ("gate.request.duration", {"intent", "outcome"}),
        ("gate.client_request.duration", {"client_profile", "outcome"}),
        ("gate.attempt.duration", {"provider"}),
        ("gate.attempt.first_chunk", {"provider"}),
        ("gate.time_to_first_chunk", {"intent", "lane"}),
    ],
)
def test_the_metrics_can_tell_apart_what_may_be_selected(metric: str, labels: set[str]) -> None:
    assert labels <= set(load().metrics[metric].labels)
    assert load().metrics[metric].buckets == "long_seconds"


def test_an_objective_with_everything_left_out_that_may_be() -> None:
    (objective,) = read(SERVED)
    assert (objective.measure, objective.window_days, objective.min_events) == (Measure.AVAILABILITY, 30, 100)
    assert objective.budget == 0.005
    assert objective.selected == ()


@pytest.mark.parametrize("measure", list(Measure))
def test_what_can_be_selected(measure: Measure) -> None:
    names = {"intents": "auto", "lanes": "anthropic/sonnet-5.5", "providers": "anthropic", "clients": "claude"}
    within = {} if measure is Measure.AVAILABILITY else {"within_s": 60}
    for selector, name in names.items():
        wanted = {**SERVED, "measure": measure.value, **within, selector: [name]}
        if selector in SELECTORS[measure]:
            (objective,) = read(wanted)
            assert objective.selected == (selector,)
        else:
            (finding,) = findings(wanted)
            possible = ", ".join(SELECTORS[measure])
            assert finding == f"gate.yaml:2: objectives.0: {selector}: {measure} is known by {possible} only"


@pytest.mark.parametrize("within", [45, 0, None])
def test_a_time_between_two_buckets_is_refused_with_those_there_are(within: float | None) -> None:
    wanted = {**SERVED, "measure": "latency", "within_s": within}
    (finding,) = findings(wanted)
    assert finding == f"gate.yaml:2: objectives.0: within_s: give one of the histogram's bucket boundaries: {LISTED}"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"within_s": 60}, "within_s: availability has no time"),
        ({"target": 100}, "objectives.0.target"),
        ({"target": 20}, "objectives.0.target"),
        ({"window": "6d"}, "window: from 7d to 90d"),
        ({"window": "91d"}, "window: from 7d to 90d"),
        ({"window": "a month"}, "objectives.0.window"),
        ({"name": "Not So"}, "objectives.0.name"),
        ({"measure": "beauty"}, "objectives.0.measure"),
        ({"min_events": 0}, "objectives.0.min_events"),
        ({"clients": ["stranger"]}, "objectives.0.clients.0"),
        ({"intents": ["auto"], "providers": ["anthropic"]}, "providers: not together with intents: no metric has both"),
    ],
)
def test_what_cannot_be_promised(change: dict[str, Any], said: str) -> None:
    assert any(said in finding for finding in findings({**SERVED, **change}))


def test_an_unknown_key_names_line_and_nearest() -> None:
    assert findings({**SERVED, "windw": "30d"}) == ["gate.yaml:5: unknown key objectives.0.windw; did you mean window?"]


def test_two_selectors_of_the_first_chunk_go_together() -> None:
    both = {"intents": ["auto"], "lanes": ["anthropic/sonnet-5.5"]}
    (objective,) = read({**SERVED, "measure": "first_chunk", "within_s": 5, **both})
    assert objective.selected == ("intents", "lanes")


def test_a_name_that_stands_for_nothing_is_found() -> None:
    found = findings(
        {**SERVED, "intents": ["aut"]},
        {**SERVED, "name": "calls", "providers": ["antropic"]},
        {**SERVED, "name": "streams", "measure": "first_chunk", "within_s": 5, "lanes": ["x"]},
    )
    assert found == [
        "objectives: served: there is no intent aut",
        "objectives: calls: there is no provider antropic",
        "objectives: streams: there is no lane x",
    ]


def test_a_name_is_given_once() -> None:
    assert findings(SERVED, SERVED) == ["objectives: served is there twice"]


def test_the_example_of_the_default_configuration_can_be_taken_as_it_is() -> None:
    text = default_text()
    (example,) = re.findall(r"^# objectives:\n(?:#   .*\n)+", text, re.MULTILINE)
    config = load_text(re.sub(r"^# ", "", example, flags=re.MULTILINE), "gate.yaml", {})
    compile_config(config, {})
    assert [objective.measure for objective in config.objectives] == [Measure.AVAILABILITY, Measure.LATENCY]

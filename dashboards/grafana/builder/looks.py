"""How things look: one palette, and words or shapes wherever a colour means something.

The colours are Okabe and Ito's, which people who do not tell red from green tell apart
(https://jfly.uni-koeln.de/color/). Good is blue, not green; bad is vermillion, not red.
"""

from collections.abc import Iterable

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import dashboard as model

BLUE, ORANGE, VERMILLION, SKY = "#0072B2", "#E69F00", "#D55E00", "#56B4E9"
TEAL, PURPLE, YELLOW, GREY = "#009E73", "#CC79A7", "#F0E442", "#8C8C8C"
PALETTE = (BLUE, ORANGE, TEAL, PURPLE, SKY, VERMILLION, YELLOW, GREY)
GOOD, WARN, BAD, NEUTRAL = BLUE, ORANGE, VERMILLION, GREY

RELATIONS = {
    "primary": BLUE,
    "retry": SKY,
    "same_lane_fallback": TEAL,
    "substitution": YELLOW,
    "downgrade": VERMILLION,
    "upgrade": PURPLE,
    "last_resort": ORANGE,
    "none": GREY,
}
DASHES = {"same_lane_fallback": "0", "substitution": "8 4", "downgrade": "2 4", "upgrade": "12 4", "last_resort": "2 8"}
"""Strokes of the route map by relation: a solid line stays in the lane, the shorter the dashes the further down."""


def steps(*limits: tuple[float, str], base: str = GOOD) -> build.ThresholdsConfig:
    """Thresholds: from each limit upwards its colour, below the first one `base`."""
    found = [model.Threshold(value=None, color=base), *(model.Threshold(value=at, color=color) for at, color in limits)]
    return build.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(found)


def plain() -> build.ThresholdsConfig:
    """No judgement: a number that is neither good nor bad by itself."""
    return steps(base=NEUTRAL)


def words(meanings: dict[str, tuple[str, str]]) -> model.ValueMap:
    """Value -> (text, colour): what a value is called."""
    options = {
        value: model.ValueMappingResult(text=text, color=color, index=index)
        for index, (value, (text, color)) in enumerate(meanings.items())
    }
    return model.ValueMap(options=options)


def nothing(text: str, color: str = GOOD) -> model.SpecialValueMap:
    """What is shown instead of no value at all."""
    result = model.ValueMappingResult(text=text, color=color)
    return model.SpecialValueMap(
        options=model.DashboardSpecialValueMapOptions(match=model.SpecialValueMatch.NULL_AND_NAN, result=result)
    )


def fixed(color: str) -> model.DynamicConfigValue:
    return model.DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": color})


def colours_of(values: Iterable[str]) -> dict[str, str]:
    """A colour for each value of a closed list, the same on every panel."""
    return {value: PALETTE[index % len(PALETTE)] for index, value in enumerate(values)}


READINESS = {
    "ready": ("✔ ready", GOOD),
    "missing_key": ("– no key: set the provider's key variable to use it", NEUTRAL),
    "placeholder_key": ("– the key is a placeholder: put a real one there", NEUTRAL),
    "invalid_auth": ("✖ key refused: replace it", BAD),
    "endpoint_mismatch": ("✖ not such an endpoint: correct its address or dialect", BAD),
    "model_unavailable": ("✖ model not there: correct or remove the route", BAD),
    "quota_limited": ("✖ quota used up: raise it or wait for its renewal", BAD),
    "rate_limited": ("▲ told to wait: passes by itself", WARN),
    "transport_error": ("▲ not reached: look at the network and the provider", WARN),
    "breaker_open": ("▲ breaker open: look at its failures", BAD),
    "disabled": ("– disabled in the configuration", NEUTRAL),
}
PRESSURE = {
    "0": ("at ease", GOOD),
    "1": ("▲ little left", WARN),
    "2": ("▲ told to wait", WARN),
    "3": ("✖ used up", BAD),
}
BREAKER = {"0": ("closed", GOOD), "1": ("▲ half open", WARN), "2": ("✖ open", BAD)}
SHARED_STATE = {"0": ("▲ alone", WARN), "1": ("reached", GOOD)}
PRICE_STATE = {
    "tracked": ("✔ tracked", GOOD),
    "stale": ("▲ stale: read long ago", WARN),
    "untracked": ("✖ untracked: no price known", BAD),
}
CONFIDENCE = {"exact": ("✔ exact", GOOD), "partial": ("▲ partial: a lower bound", WARN), "unknown": ("✖ unknown", BAD)}
SEVERITY = {
    "critical": ("✖ critical", BAD),
    "warning": ("▲ warning", WARN),
    "info": ("– to be looked at some time", NEUTRAL),
}

"""The quota of an account is used up, for all models of the account, and renewed ten minutes later."""

from collections.abc import Mapping
from dataclasses import replace

from simulate.limits import Limit, Quota
from simulate.scenario import Scenario
from simulate.setting import NATURES


def limits() -> Mapping[str, Limit]:
    return {"alder": Quota(2_000_000, 900.0)}


SCENARIO = Scenario(
    "shared quota",
    "The quota of an account that serves two lanes is used up until a time nobody tells.",
    13,
    limits=limits,
    natures={
        **NATURES,
        **{route: replace(NATURES[route], limits=("alder",)) for route in ("alder/mid", "alder/small")},
    },
)

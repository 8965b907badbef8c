"""Every query of every panel, variable, annotation and rule finds data in the standard scenario, and names only what
the registry knows. The report is in build/scenario/."""

from __future__ import annotations

import pytest

from tests.scenario.every_query import REPORTS, check_everything
from tests.scenario.run import Ran

pytestmark = [pytest.mark.slow, pytest.mark.stack]


def test_every_query_finds_data(scenario: Ran, profile: str, other: Ran) -> None:
    report = check_everything(scenario, profile, other)
    problems = report.problems()
    kinds = {finding.kind for finding in report.first}
    assert {"recording rule", "alert", "variable", "panel query", "TraceQL"} <= kinds, "there is something to check"
    assert not problems, f"{REPORTS / profile}.md says more:\n" + "\n".join(problems)

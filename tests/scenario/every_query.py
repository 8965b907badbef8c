"""Asks every query of every dashboard and rule in a scenario that has been run, and writes the report."""

from __future__ import annotations

from collections.abc import Collection

from tests.scenario import grafana
from tests.scenario.asking import Asker
from tests.scenario.check import RATE_INTERVAL_S, Checker, Finding
from tests.scenario.report import Report, rightly_empty
from tests.scenario.rules import rule_files
from tests.scenario.run import DASHBOARDS, RULES, SCRAPE_S, Ran
from tests.scenario.world import ROOT

REPORTS = ROOT / "build" / "scenario"


def findings(ran: Ran, profile: str, only: Collection[str] = ()) -> tuple[Finding, ...]:
    """Those of the rules, then those of the profile's dashboards. only: leave out dashboards without any of these
    queries."""
    with Asker(ran.stack.prometheus.url, ran.window) as asker:
        checker = Checker(asker, profile)
        found = checker.rule_files(rule_files(RULES))
        for dashboard in grafana.dashboards(DASHBOARDS / profile):
            if not only or any(query.where in only for query in dashboard.queries()):
                found += checker.dashboard(dashboard)
    return tuple(found)


def check_everything(ran: Ran, profile: str, other: Ran) -> Report:
    """The report of a run, also written to build/scenario/PROFILE.md. other: the second scenario."""
    listed = rightly_empty()
    report = Report(findings(ran, profile), findings(other, profile, listed), listed)
    about = (
        f"Profile {profile}; {ran.requests} requests in {ran.window.seconds} s; scraped every {SCRAPE_S} s;",
        "rules evaluated every second with `for` cut to two;",
        f"`$__rate_interval` {RATE_INTERVAL_S} s; every variable at `All`.",
    )
    REPORTS.mkdir(parents=True, exist_ok=True)
    (REPORTS / f"{profile}.md").write_text(report.markdown("Every query in the standard scenario", about))
    return report

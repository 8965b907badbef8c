"""Saved scopes: what they promise, and that the panels run the same strings."""

from dataclasses import FrozenInstanceError

import pytest

from dashboards.grafana.builder import promql as language
from dashboards.grafana.builder import traceql as trace_language
from gate.telemetry.registry import load
from gate.telemetry.scopes import Scope, load_scopes
from tests.dashboards.reading import NAMES, PROFILES, promql, traceql

SCOPES = list(load_scopes().values())


def test_the_promised_ones_are_there() -> None:
    assert {"high-spend", "fallback-active", "premium-drift", "untracked-catalog"} <= load_scopes().keys()


@pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: scope.name)
def test_each_says_what_it_answers(scope: Scope) -> None:
    assert load_scopes()[scope.name] is scope
    assert scope.title
    assert not scope.title.endswith(".")
    assert scope.about.endswith(".")
    assert scope.promql or scope.traceql
    assert "$" not in f"{scope.promql}{scope.traceql}", "it runs as it stands"


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: scope.name)
def test_names_are_in_the_registry(scope: Scope, profile: str) -> None:
    if scope.promql:
        language.complete(scope.promql, language.Names.of(load(), profile, ()))
    if scope.traceql:
        trace_language.checked(scope.traceql, load(), profile)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: scope.name)
def test_panels_run_the_same_strings(scope: Scope, profile: str) -> None:
    """But for the matchers of the dashboards' variables, which the panels add. A panel that runs one names it."""
    names = [name for name in NAMES if name.startswith(f"{profile}/")]
    if scope.promql:
        running = [panel for name in names for panel, query in promql(name) if language.bare(query) == scope.promql]
        assert running, "no panel runs its PromQL"
        assert all(f"Saved scope {scope.name}." in panel["description"] for panel in running)
    if scope.traceql:
        running = [panel for name in names for panel, query in traceql(name) if query == scope.traceql]
        assert running, "no panel runs its TraceQL"
        assert all(f"Saved scope {scope.name}." in panel["description"] for panel in running)


def test_nobody_changes_them() -> None:
    with pytest.raises(TypeError):
        load_scopes()["new"] = SCOPES[0]  # type: ignore[index]
    with pytest.raises(FrozenInstanceError):
        SCOPES[0].promql = "up"  # type: ignore[misc]

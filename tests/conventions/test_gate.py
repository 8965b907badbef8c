"""Nothing that a real Gate sends under the standard traffic breaks a convention, in any profile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from gate.telemetry.registry import load
from tests.conventions.capture import Captured
from tests.conventions.checker import Checker
from tests.conventions.table import rules

PROFILES = tuple(load().profiles)
Capture = Callable[[str], Captured]
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("profile", PROFILES)
def test_nothing_breaks_a_convention(captured: Capture, profile: str) -> None:
    sent = captured(profile)
    assert Checker(profile).check(sent.spans, sent.metrics) == []


@pytest.mark.parametrize("profile", PROFILES)
def test_the_traffic_shows_everything_there_are_rules_for(captured: Capture, profile: str) -> None:
    sent, checker = captured(profile), Checker(profile)
    kinds = Counter(checker.kind_of(span) for span in sent.spans)
    assert set(kinds) == set(rules().spans)
    assert {metric.name for metric in sent.metrics} >= checker.expected_metrics
    seen = {name for span in sent.spans for name in span.attributes}
    assert {"error.type", "gen_ai.request.stream", "gen_ai.response.time_to_first_chunk", "url.query"} <= seen
    assert {"http.request.method_original", "gen_ai.usage.cache_read.input_tokens"} <= seen


def test_each_profile_has_its_names(captured: Capture) -> None:
    written = {
        profile: {
            name
            for span in captured(profile).spans
            for name in span.attributes
            if name.startswith("gen_ai.usage.cache_")
        }
        for profile in PROFILES
    }
    read, old, new = (f"gen_ai.usage.cache_{kind}.input_tokens" for kind in ("read", "creation", "write"))
    assert written == {"1.41": {read, old}, "genai-next": {read, new}, "dup": {read, old, new}}


def test_gates_own_names_are_the_same_in_every_profile(captured: Capture) -> None:
    own = [
        {metric.name for metric in captured(profile).metrics if metric.name.startswith("gate.")} for profile in PROFILES
    ]
    assert own[0] == own[1] == own[2]

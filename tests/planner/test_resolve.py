"""What a requested name means."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.core.intent import Intent, ResolvedBy
from gate.planner.inputs import NameMapping
from gate.planner.resolve import MAX_NAME, names_of, resolve
from tests.planner.worlds import INTENTS, ROUTES, provider, route, world

NAMES = names_of(
    world(
        routes=[*ROUTES, route("anth/claude-old-4-5-20250929", "a/mid"), route("agg/anthropic/claude-x", "a/mid"),
                route("eu", "a/mid")],
        providers=[provider("anth"), provider("agg"), provider("other"), provider("OpenAI")],
        intents=[*INTENTS, Intent("coding-auto", ("a/mid",))],
        exact={"gpt-4o": "premium", "special": "lane:b/mid", "fixed": "other/good", "odd": "no-such-thing"},
        patterns=(
            NameMapping("claude-sonnet-*", "auto"),
            NameMapping("claude-opus-*", "premium"),
            NameMapping("claude-*-opus*", "premium"),
            NameMapping("o*d-pattern", "nowhere/at-all"),
            NameMapping("o*d-*", "listed"),
        ),
        model_owners={"gpt-9": "OpenAI", "claude-old-4-5": "anth", "mid": "anth", "lost": "nobody"},
    )
)  # fmt: skip
EXACT, INTENT, LANE = ResolvedBy.EXACT_MAPPING, ResolvedBy.INTENT_NAME, ResolvedBy.LANE
PREFIX, PATTERN, OWNER = ResolvedBy.PROVIDER_PREFIX, ResolvedBy.PATTERN_MAPPING, ResolvedBy.OWNING_PROVIDER


@pytest.mark.parametrize(
    ("requested", "by", "intent", "mapping"),
    [
        ("gpt-4o", EXACT, "premium", "gpt-4o"),
        ("GPT-4o-2024-08-06", EXACT, "premium", "gpt-4o"),
        ("special", EXACT, "lane:b/mid", "special"),
        ("fixed", EXACT, "other/good", "fixed"),
        ("auto", INTENT, "auto", None),
        (" Auto ", INTENT, "auto", None),
        ("claude-gate-coding-auto", INTENT, "coding-auto", None),
        ("Claude-Gate-Premium[1m]", INTENT, "premium", None),
        ("lane:a/mid", LANE, "lane:a/mid", None),
        ("LANE:A/MID", LANE, "lane:a/mid", None),
        ("anth/mid", PREFIX, "anth/mid", None),
        ("ANTH/Mid", PREFIX, "anth/mid", None),
        ("anth/New-Model", PREFIX, "anth/New-Model", None),
        ("agg/anthropic/claude-x", PREFIX, "agg/anthropic/claude-x", None),
        ("anth/claude-old-4-5[1m]", PREFIX, "anth/claude-old-4-5-20250929", None),
        ("anth/claude-old-4-5-20990101", PREFIX, "anth/claude-old-4-5-20990101", None),
        ("openai/gpt-9", PREFIX, "OpenAI/gpt-9", None),
        ("claude-sonnet-4-6", PATTERN, "auto", "claude-sonnet-*"),
        ("claude-sonnet-4-5-20250929", PATTERN, "auto", "claude-sonnet-*"),
        ("Claude-Opus-5[1m]", PATTERN, "premium", "claude-opus-*"),
        ("claude-3-opus-20240229", PATTERN, "premium", "claude-*-opus*"),
        ("old-pattern", PATTERN, "listed", "o*d-*"),
        ("gpt-9", OWNER, "OpenAI/gpt-9", None),
        ("gpt-9-2026-01-31", OWNER, "OpenAI/gpt-9-2026-01-31", None),
        ("claude-old-4-5@20250929", OWNER, "anth/claude-old-4-5@20250929", None),
        ("claude-old-4-5", OWNER, "anth/claude-old-4-5-20250929", None),
        ("MID", OWNER, "anth/mid", None),
    ],
)
def test_resolve(requested: str, by: ResolvedBy, intent: str, mapping: str | None) -> None:
    found = resolve(requested, NAMES)
    assert (found.by, found.intent, found.mapping) == (by, intent, mapping)
    assert found.requested == requested


@pytest.mark.parametrize("requested", ["", " ", "lane:", "lane:x", "nobody/x", "anth/", "/", "anth/a b", "lost", "odd"])
def test_what_nobody_knows(requested: str) -> None:
    found = resolve(requested, NAMES)
    assert found.by is ResolvedBy.NOT_FOUND
    assert not found.explicit
    assert found.intent == requested


def test_a_routes_own_id_names_its_model() -> None:
    routes = [route("eu-west/sonnet", "a/mid")]
    names = names_of(world(routes=[route("anth/x", "a/mid"), *routes], providers=[provider("anth")]))
    found = resolve("EU-West/Sonnet", names)
    assert (found.by, found.provider, found.model) == (PREFIX, "eu-west", "sonnet")


def test_names_are_cut() -> None:
    assert len(resolve("anth/" + "x" * 10_000, NAMES).requested) == MAX_NAME


@settings(deadline=None)
@given(st.text(max_size=300) | st.from_regex(r"(lane:|anth/|claude-)[ -~]{0,40}(\[1m\])?"))
def test_total(requested: str) -> None:
    found = resolve(requested, NAMES)
    assert found == resolve(requested, NAMES)
    if found.provider is not None:
        assert found.model
        assert found.model.isascii()
        assert found.model.isprintable()

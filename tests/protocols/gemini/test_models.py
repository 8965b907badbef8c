"""gate.protocols.gemini.models: what a model's name tells of its generation."""

from __future__ import annotations

import pytest

from gate.protocols.gemini.models import Traits, traits

OLD = Traits(mixes_tools=False, media_results=False)
FLASH = Traits(budget=(1, 24576), mixes_tools=False, media_results=False)
LITE = Traits(budget=(512, 24576), mixes_tools=False, media_results=False)
PRO = Traits(budget=(128, 32768), may_stop=False, mixes_tools=False, media_results=False)
NEW = Traits(levels=True)


@pytest.mark.parametrize(
    ("model", "known"),
    [
        ("gemini-1.5-pro-002", OLD),
        ("gemini-2.0-flash-lite", OLD),
        ("gemini-2-flash", OLD),
        ("gemini-2.5-flash", FLASH),
        ("gemini-2.5-flash-preview-09-2025", FLASH),
        ("gemini-2.5-flash-lite-preview", LITE),
        ("gemini-2.5-pro", PRO),
        ("gemini-2.10-pro", PRO),
        ("gemini-3-flash-preview", NEW),
        ("gemini-3.1-pro-preview", NEW),
        ("gemini-10.2-ultra", NEW),
    ],
)
def test_generations(model: str, known: Traits) -> None:
    assert traits(model) == known


@pytest.mark.parametrize(
    ("model", "medium"),
    [
        ("gemini-3-pro-preview", False),
        ("gemini-3.0-pro", False),
        ("gemini-3-flash", True),
        ("gemini-3.1-pro", True),
        ("gemini-4-pro", True),
    ],
)
def test_only_the_first_pro_with_levels_lacks_the_middle_one(model: str, medium: bool) -> None:
    assert traits(model) == Traits(levels=True, medium=medium)


@pytest.mark.parametrize("prefix", ["models/", "google/", "projects/p/locations/l/publishers/google/models/", "/"])
def test_the_name_is_the_last_piece_of_a_path(prefix: str) -> None:
    assert traits(f"{prefix}gemini-2.5-pro") == PRO
    assert traits(f"{prefix}Gemini-2.5-FLASH-Lite") == LITE


@pytest.mark.parametrize("model", ["gemini-flash-latest", "models/gemini-pro-latest", "gemini-", "gemini-x2.5-pro"])
def test_a_name_without_a_generation_is_the_newest(model: str) -> None:
    assert traits(model) == NEW


@pytest.mark.parametrize("model", ["gemma-3-27b-it", "", "gemini", "gemini-2.5-pro/", "my-gemini-2.5-pro", "claude"])
def test_other_families_are_not_told_how_to_think(model: str) -> None:
    assert traits(model) == Traits(media_results=False)

"""Fields of the log line under the names that spans have."""

import pytest

from gate.telemetry.exporting import attribute_of_field


@pytest.mark.parametrize(
    ("field", "attribute"),
    [
        ("serving_lane", "gate.serving.lane"),
        ("status", "http.response.status_code"),
        ("route", "http.route"),
        ("error", "gate.error"),
        ("input_tokens", "gen_ai.usage.input_tokens"),
    ],
)
def test_a_field_has_the_name_it_has_on_spans(field: str, attribute: str) -> None:
    for profile in ("1.41", "genai-next", "dup"):
        assert attribute_of_field(field, profile) == attribute


@pytest.mark.parametrize(("profile", "kind"), [("1.41", "creation"), ("genai-next", "write"), ("dup", "creation")])
def test_a_renamed_field_follows_the_profile(profile: str, kind: str) -> None:
    assert attribute_of_field("cache_write_tokens", profile) == f"gen_ai.usage.cache_{kind}.input_tokens"

"""The conventions' metrics by profile: each under its own names, both in `dup`, nothing twice."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from gate.core.decision import RouteDecision
from gate.core.execution import Execution
from gate.core.usage import Usage
from gate.telemetry.attempt_view import attempt_view
from gate.telemetry.metrics.expose import collect
from gate.telemetry.metrics.genai import counters_of
from gate.telemetry.metrics.instruments import Instruments
from gate.telemetry.metrics.record import Recorder
from gate.telemetry.metrics.store import MetricsStore
from gate.telemetry.registry import load
from gate.telemetry.view import view
from tests.telemetry import samples

PROFILES = ("1.41", "genai-next", "dup")
COMMON = {
    "gen_ai_operation_name": "chat",
    "gen_ai_provider_name": "anthropic",
    "gen_ai_request_model": "claude-sonnet-4-6",
    "gen_ai_response_model": "claude-sonnet-4-6",
}
USAGE = Usage(input=1200, output=80, cache_read=1000, cache_write=100, reasoning=20)
Series = list[tuple[Mapping[str, str], float]]


def counted(directory: Path, profile: str, chosen: RouteDecision, execution: Execution) -> dict[str, Series]:
    """Every `gen_ai_*` sample a request makes, by name; of histograms the count and the sum."""
    recorder = Recorder(Instruments(load(), MetricsStore(directory, 0, 0)), profile)
    recorder.configured("v1", samples.NAMES)
    attempts = [attempt_view(chosen, record) for record in execution.attempts]
    recorder.record(view(chosen, execution), attempts, "a" * 32, "b" * 16)
    found: dict[str, Series] = {}
    for family in collect(directory):
        for sample in family.samples:
            if sample.name.startswith("gen_ai_") and not sample.name.endswith("_bucket"):
                found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def served() -> tuple[RouteDecision, Execution]:
    chosen = samples.decision()
    record = samples.record(0, chosen.attempts[0], usage=USAGE, response_model="claude-sonnet-4-6")
    return chosen, samples.served(record)


def failed() -> tuple[RouteDecision, Execution]:
    """The first attempt fails without a word on usage."""
    return samples.downgraded()


def test_the_published_names(tmp_path: Path) -> None:
    found = counted(tmp_path, "1.41", *served())
    usage = {labels["gen_ai_token_type"]: value for labels, value in found["gen_ai_client_token_usage_sum"]}
    assert usage == {"input": 1200.0, "output": 80.0}
    assert found["gen_ai_client_operation_duration_seconds_count"] == [(COMMON, 1.0)]
    assert found["gen_ai_client_operation_time_to_first_chunk_seconds_count"] == [(COMMON, 1.0)]
    assert not [name for name in found if "inference" in name]


def test_the_next_names(tmp_path: Path) -> None:
    found = counted(tmp_path, "genai-next", *served())
    used = {**COMMON, "gen_ai_token_modality": "unknown"}
    name = "gen_ai_client_inference_usage_{}_total"
    amounts = {"input_tokens": 1200.0, "output_tokens": 80.0, "cache_read_input_tokens": 1000.0}
    for kind, amount in {**amounts, "cache_write_input_tokens": 100.0, "reasoning_output_tokens": 20.0}.items():
        assert found[name.format(kind)] == [(used, amount)]
    assert found["gen_ai_client_inference_operation_input_tokens_sum"] == [(COMMON, 1200.0)]
    assert found["gen_ai_client_inference_operation_output_tokens_sum"] == [(COMMON, 80.0)]
    assert found["gen_ai_client_inference_duration_seconds_count"] == [(COMMON, 1.0)]
    assert found["gen_ai_client_inference_time_to_first_chunk_seconds_count"] == [(COMMON, 1.0)]
    assert not [name for name in found if "client_operation" in name or "token_usage" in name]


def test_dup_has_both_and_nothing_else(tmp_path: Path) -> None:
    directories = {profile: tmp_path / profile for profile in PROFILES}
    for directory in directories.values():
        directory.mkdir()
    for pair in (served(), failed()):
        published, upcoming, both = (counted(directories[profile], profile, *pair) for profile in PROFILES)
        assert both == {**published, **upcoming}
        assert set(published).isdisjoint(upcoming)


@pytest.mark.parametrize("profile", PROFILES)
def test_counting_tokens_is_no_inference(tmp_path: Path, profile: str) -> None:
    chosen = samples.decision(samples.request(operation=samples.Operation.COUNT_TOKENS, stream=False))
    execution = samples.served(samples.record(0, chosen.attempts[0], time_to_first_chunk_s=None))
    found = counted(tmp_path, profile, chosen, execution)
    ((labels, count),) = found["gen_ai_client_operation_duration_seconds_count"]
    assert (labels["gen_ai_operation_name"], count) == ("count_tokens", 1.0)
    assert {name.rsplit("_", 1)[0] for name in found} == {"gen_ai_client_operation_duration_seconds"}


def test_a_failed_call_has_its_error_type_and_no_tokens(tmp_path: Path) -> None:
    chosen, execution = failed()
    silent = replace(execution.attempts[0], usage=Usage())
    found = counted(tmp_path, "genai-next", chosen, replace(execution, attempts=(silent,)))
    ((labels, _),) = found["gen_ai_client_inference_duration_seconds_count"]
    assert labels["error_type"] == "rate_limited"
    assert not [name for name in found if "tokens" in name]


def test_an_unknown_profile_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        counters_of(Instruments(load(), MetricsStore(tmp_path, 0, 0)), "9.99")

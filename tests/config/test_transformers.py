"""Which transformers stand between Gate and a route."""

import pytest

from gate.config import transformers
from gate.config.compile import compile_config
from gate.config.document import ConfigError
from gate.config.load import load_text
from gate.core.plugins import PluginError
from gate.engine.snapshot import Snapshot
from gate.protocols.transformers.maxtoken import MaxToken
from gate.protocols.transformers.reasoning import Reasoning

OWN = """
providers:
  vllm: {transformers: [{use: reasoning, tag: think}]}
  groq: {}
lanes:
  mine/small: {cluster: budget-general}
routes:
  - {provider: vllm, model: small, lane: mine/small}
  - {provider: vllm, model: large, lane: mine/small, transformers: [{use: maxtoken, limit: 8192}]}
  - {provider: groq, model: x, lane: mine/small, id: one, transformers: [{use: maxtoken, default: 64}]}
"""


def compiled(text: str) -> Snapshot:
    return compile_config(load_text(text, "gate.yaml", {}), {})


def test_a_providers_come_before_its_routes() -> None:
    chains = compiled(OWN).transformers
    assert chains.of("vllm/small", "vllm").steps == (Reasoning(tag="think"),)
    assert chains.of("vllm/large", "vllm").steps == (Reasoning(tag="think"), MaxToken(limit=8192))
    assert chains.of("one", "groq").steps == (MaxToken(default=64),)
    assert not chains.of("groq/openai/gpt-oss-20b", "groq")


def test_a_model_that_no_route_names_has_its_providers() -> None:
    assert compiled(OWN).transformers.of("vllm/other", "vllm").names == ("reasoning",)


def test_nothing_is_there_by_default() -> None:
    chains = compiled("").transformers
    assert not chains.by_provider
    assert not chains.by_route


def test_they_are_part_of_the_configurations_version() -> None:
    assert compiled(OWN).version != compiled(OWN.replace("8192", "8193")).version


def test_every_fault_is_told_with_its_place() -> None:
    text = OWN.replace("tag: think", "tags: think").replace("limit: 8192", "limit: many").replace("default: 64", "")
    with pytest.raises(ConfigError) as caught:
        compiled(text)
    assert caught.value.findings == [
        "providers.vllm.transformers.0: reasoning: unknown option tags; known here: thinking, effort, efforts, budget, "
        "tag, opened",
        "routes.1.transformers.0: maxtoken: limit: Expected `int | null`, got `str`",
        "routes.2.transformers.0: maxtoken: give limit, default or both",
    ]


def test_use_is_needed() -> None:
    with pytest.raises(ConfigError, match=r"gate.yaml:1: providers.groq.transformers.0.use: Field required"):
        compiled("providers: {groq: {transformers: [{limit: 1}]}}")


def test_a_broken_package_stops_gate_even_if_nobody_uses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise PluginError("gate-acme 1.0 (entry point acme): is no dataclass")

    monkeypatch.setattr(transformers, "all_transformers", broken)
    with pytest.raises(ConfigError, match=r"^gate-acme 1\.0 \(entry point acme\): is no dataclass$"):
        compiled("")

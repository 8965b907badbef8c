"""From a configuration and an environment to what the engine runs on."""

from dataclasses import replace

import pytest

from gate.admission.keys import new_key
from gate.config.compile import compile_config, own_addresses
from gate.config.document import ConfigError
from gate.config.load import load_text
from gate.config.providers import bare
from gate.core.dialect import Dialect
from gate.core.lane import Cluster, Strategy
from gate.core.profile import Propagate
from gate.core.reason import ReasonCode
from gate.engine.snapshot import Snapshot


def compiled(text: str = "", **env: str) -> Snapshot:
    return compile_config(load_text(text, "gate.yaml", env), env)


def findings(text: str, **env: str) -> str:
    with pytest.raises(ConfigError) as caught:
        compiled(text, **env)
    return "\n".join(caught.value.findings)


@pytest.mark.parametrize(
    ("variable", "provider"),
    [
        ("ANTHROPIC_API_KEY", "anthropic"),
        ("OPENAI_API_KEY", "openai"),
        ("GEMINI_API_KEY", "gemini"),
        ("OPENROUTER_API_KEY", "openrouter"),
        ("GROQ_API_KEY", "groq"),
        ("MISTRAL_API_KEY", "mistral"),
        ("DEEPSEEK_API_KEY", "deepseek"),
        ("CEREBRAS_API_KEY", "cerebras"),
        ("XAI_API_KEY", "xai"),
        ("TOGETHER_API_KEY", "together"),
        ("FIREWORKS_API_KEY", "fireworks"),
    ],
)
def test_a_key_variable_is_all_a_provider_needs(variable: str, provider: str) -> None:
    snapshot = compiled(**{variable: "a-real-key"})
    usable = [name for name, view in snapshot.world.providers.items() if view.unusable is None]
    assert usable == [provider]
    assert snapshot.simulated is None
    assert any(route.provider == provider for route in snapshot.world.routes)


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9", "http://127.0.0.1:9/", "http://127.0.0.1:9/v1", "http://127.0.0.1:9/v1/"]
)
def test_an_address_with_or_without_v1(address: str) -> None:
    snapshot = compiled(ANTHROPIC_API_KEY="k", GATE_ANTHROPIC_BASE_URL=address)
    assert snapshot.targets["anthropic"].base_url == "http://127.0.0.1:9"
    assert bare("https://host/prefix/v1/") == "https://host/prefix"


def test_the_clients_own_variable_is_not_an_upstream_address() -> None:
    snapshot = compiled(ANTHROPIC_API_KEY="k", ANTHROPIC_BASE_URL="http://127.0.0.1:4000")
    assert snapshot.targets["anthropic"].base_url == "https://api.anthropic.com"


def test_without_a_key_the_simulated_provider_answers_on_loopback_only() -> None:
    assert compiled().simulated is not None
    assert compiled("listen: {host: 0.0.0.0}").simulated is None
    simulated = compiled().simulated
    assert simulated is not None
    assert [route.provider for route in simulated.routes] == ["simulated"]


def test_a_provider_without_a_key_is_there_with_its_reason() -> None:
    reason = compiled(GROQ_API_KEY="k").world.providers["anthropic"].unusable
    assert reason is not None
    assert reason.code is ReasonCode.NO_CREDENTIAL
    assert "ANTHROPIC_API_KEY" in reason.text


@pytest.mark.parametrize("key", ["your-api-key-here", "<key>", "changeme", "sk-xxxx"])
def test_a_placeholder_is_not_a_key(key: str) -> None:
    reason = compiled(OPENAI_API_KEY=key).world.providers["openai"].unusable
    assert reason is not None
    assert reason.code is ReasonCode.PLACEHOLDER_KEY


OWN = """
providers:
  vllm: {kind: compatible, base_url: "http://127.0.0.1:8000/v1", dialects: [openai_chat]}
lanes:
  mine/small: {cluster: budget-general}
routes:
  - {provider: vllm, model: small, lane: mine/small, price: {input: 0.5, output: 1.5}}
models:
  small: lane:mine/small
"""


def test_an_endpoint_of_ones_own() -> None:
    snapshot = compiled(OWN)
    route = snapshot.routes["vllm/small"]
    assert route.dialects == {Dialect.OPENAI_CHAT}
    assert route.prices.input is not None
    assert route.prices.input.pico_per_token == 500_000
    assert route.prices.cache_read is None
    assert snapshot.world.providers["vllm"].unusable is None
    assert snapshot.targets["vllm"].propagate is Propagate.TRACEPARENT
    assert snapshot.simulated is None


def test_propagation_is_said_once_for_all_or_by_each() -> None:
    assert compiled(ANTHROPIC_API_KEY="k").targets["anthropic"].propagate is Propagate.NONE
    assert compiled(ANTHROPIC_API_KEY="k", GATE_PROPAGATE="full").targets["anthropic"].propagate is Propagate.FULL
    own = compiled("providers: {anthropic: {propagate: none}}", ANTHROPIC_API_KEY="k", GATE_PROPAGATE="full")
    assert own.targets["anthropic"].propagate is Propagate.NONE
    assert "GATE_PROPAGATE" in findings("", GATE_PROPAGATE="sometimes")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("intents: {x: {start: [nowhere]}}", "nowhere"),
        ("models: {x: nothing}", "models.x"),
        ("routes: [{provider: anthropic, model: m, lane: nowhere}]", "nowhere"),
        ("routes: [{provider: nobody, model: m, lane: anthropic/opus-5.5}]", "nobody"),
        ("lanes: {a: {cluster: budget-general, degrade_to: [b]}}", "no lane b"),
        ("providers: {x: {kind: unheard-of}}", "unheard-of"),
        ("providers: {x: {kind: compatible}}", "base_url"),
        ("providers: {anthropic: {dialects: [gemini]}}", "does not speak gemini"),
        ("keys: {clients: [{name: a}]}", "give either hash or key"),
    ],
)
def test_a_reference_to_nothing_is_refused(text: str, named: str) -> None:
    assert named in findings(text)


def test_client_keys_are_kept_as_hashes() -> None:
    key, digest = new_key(bytes(range(32)))
    text = f'keys: {{clients: [{{name: laptop, hash: "sha256:{digest}"}}]}}'
    snapshot = compiled(text)
    assert snapshot.client_keys.name_of(key.encode()) == "laptop"
    assert key not in repr(snapshot)
    assert compiled(GATE_CLIENT_KEY=key).client_keys.name_of(key.encode()) == "GATE_CLIENT_KEY"


def test_no_key_shows_in_any_rendering_of_a_snapshot() -> None:
    snapshot = compiled(ANTHROPIC_API_KEY="sk-ant-very-secret")
    assert "very-secret" not in repr(snapshot)
    assert "very-secret" not in str(snapshot.targets)


def test_the_version_changes_with_the_meaning_only() -> None:
    one = compiled(ANTHROPIC_API_KEY="a")
    assert one.version == compiled(ANTHROPIC_API_KEY="b").version
    assert one.version == compiled("# a comment\n", ANTHROPIC_API_KEY="a").version
    assert one.version != compiled("policy: {max_attempts: 2}", ANTHROPIC_API_KEY="a").version
    assert one.version != compiled(OPENAI_API_KEY="a").version


def test_gates_own_address_as_an_upstream_is_refused() -> None:
    snapshot = compiled(ANTHROPIC_API_KEY="k", GATE_ANTHROPIC_BASE_URL="http://localhost:4000/v1")
    with pytest.raises(ConfigError, match="Gate itself"):
        own_addresses(snapshot, [("127.0.0.1", 4000)])
    with pytest.raises(ConfigError):
        own_addresses(snapshot, [("0.0.0.0", 4000)])
    own_addresses(snapshot, [("127.0.0.1", 4001)])


def test_published_names_are_what_clients_accept() -> None:
    names = list(compiled().publish)
    assert "claude-gate-coding-auto" in names
    assert "auto" in names


SPREAD = """
providers:
  vllm: {base_url: "http://127.0.0.1:9"}
lanes:
  mine/big: {cluster: quality-workhorse, strategy: weighted}
routes:
  - {provider: vllm, model: big, lane: mine/big, weight: 3}
  - {provider: vllm, model: other, lane: mine/big, quota_group: the-gpu}
"""


def test_weights_groups_and_strategies() -> None:
    snapshot = compiled(SPREAD)
    big, other = snapshot.routes["vllm/big"], snapshot.routes["vllm/other"]
    assert (big.weight, other.weight) == (3.0, 1.0)
    assert (big.quota_group, big.shared_limits) == ("vllm/default", False)
    assert (other.quota_group, other.shared_limits) == ("the-gpu", True)
    assert snapshot.world.lanes["mine/big"].strategy is Strategy.WEIGHTED
    assert snapshot.world.policy.stickiness_s == 18_000
    assert compiled("policy: {stickiness_s: 0}").world.policy.stickiness_s == 0


def test_cheapest_is_another_word_for_price() -> None:
    assert compiled(SPREAD.replace("weighted", "cheapest")).world.lanes["mine/big"].strategy is Strategy.PRICE
    assert "strategy" in findings(SPREAD.replace("weighted", "dearest"))


def test_of_a_lane_of_the_catalog_only_what_is_different_is_said() -> None:
    shipped = compiled().world.lanes["anthropic/sonnet-5.5"]
    spread = compiled("lanes: {anthropic/sonnet-5.5: {strategy: round_robin}}").world.lanes["anthropic/sonnet-5.5"]
    assert spread == replace(shipped, strategy=Strategy.ROUND_ROBIN)
    moved = compiled("lanes: {anthropic/sonnet-5.5: {cluster: elite-reasoning, tool_use: null}}").world.lanes
    assert moved["anthropic/sonnet-5.5"] == replace(shipped, cluster=Cluster.ELITE_REASONING, tool_use=None)
    assert "lanes.mine/big: the catalog has no such lane: give its cluster" in findings(
        "lanes: {mine/big: {strategy: latency}}"
    )

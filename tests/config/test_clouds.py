"""Clouds in the configuration: what they need, what they do not take, and that nothing is guessed from the machine."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from gate.config.compile import compile_config
from gate.config.document import ConfigError
from gate.config.load import load_text
from gate.core.dialect import Dialect
from gate.core.reason import ReasonCode
from gate.engine.snapshot import CloudAccount, Snapshot, Target

CLOUDS = {"azure", "azure-anthropic", "bedrock", "bedrock-openai", "vertex", "vertex-anthropic", "vertex-openai"}


def compiled(text: str, **env: str) -> Snapshot:
    return compile_config(load_text(text, "gate.yaml", env), env)


def target(name: str, text: str, **env: str) -> Target:
    return compiled(f"providers: {{{name}: {text}}}", **env).targets[name]


def findings(name: str, text: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        target(name, text)
    return raised.value.findings


def test_no_cloud_is_there_because_the_machine_has_credentials() -> None:
    env = {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_REGION": "us-east-1",
        "AWS_BEARER_TOKEN_BEDROCK": "x",
        "GOOGLE_APPLICATION_CREDENTIALS": "/nowhere",
        "GOOGLE_CLOUD_PROJECT": "x",
        "AZURE_OPENAI_API_KEY": "x",
    }
    assert not CLOUDS & set(compiled("", **env).targets)


def test_bedrock_in_a_region() -> None:
    found = target("bedrock", "{region: eu-west-1, profile: work}")
    assert found.base_url == "https://bedrock-runtime.eu-west-1.amazonaws.com"
    assert found.account == CloudAccount("eu-west-1", "work")
    assert found.key is None
    assert found.profile.vendor == "anthropic"


def test_bedrock_with_a_key_of_its_own() -> None:
    found = target("bedrock", "{region: us-east-1, key: '${K}'}", K="secret")
    assert found.key is not None and found.key.reveal() == "secret"


def test_bedrock_at_another_address_still_signs_for_a_region() -> None:
    found = target("bedrock", "{region: us-east-1, base_url: 'https://vpce-1.example'}")
    assert (found.base_url, found.account.region) == ("https://vpce-1.example", "us-east-1")
    assert findings("bedrock", "{base_url: 'https://vpce-1.example'}") == ["providers.bedrock: needs a region"]
    target("bedrock", "{base_url: 'https://vpce-1.example', key: '${K:-k}'}")


def test_the_openai_paths_of_bedrock_and_two_regions_at_once() -> None:
    text = "{a: {kind: bedrock-openai, region: us-east-1}, b: {kind: bedrock-openai, region: us-west-2}}"
    targets = compiled(f"providers: {text}").targets
    assert targets["a"].base_url == "https://bedrock-runtime.us-east-1.amazonaws.com/openai"
    assert targets["b"].base_url == "https://bedrock-runtime.us-west-2.amazonaws.com/openai"
    # What one account has encrypted another one cannot read.
    assert (targets["a"].profile.vendor, targets["b"].profile.vendor) == ("a", "b")


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("us-central1", "us-central1-aiplatform.googleapis.com"),
        ("global", "aiplatform.googleapis.com"),
        ("us", "aiplatform.us.rep.googleapis.com"),
        ("eu", "aiplatform.eu.rep.googleapis.com"),
    ],
)
def test_vertex_in_a_location(region: str, host: str) -> None:
    found = target("vertex", f"{{project: my-project, region: {region}}}")
    assert found.base_url == f"https://{host}"
    endpoint = found.profile.endpoints[Dialect.GEMINI]
    base = f"/v1/projects/my-project/locations/{region}/publishers/google/models/gemini-x"
    assert endpoint.path_for("gemini-x", stream=False) == f"{base}:generateContent"
    assert endpoint.path_for("gemini-x", stream=True) == f"{base}:streamGenerateContent?alt=sse"
    assert endpoint.path_for("gemini-x", stream=False, counting=True) == f"{base}:countTokens"


def test_anthropic_on_vertex() -> None:
    found = target("vertex-anthropic", "{project: p, region: global}").profile.endpoints[Dialect.ANTHROPIC_MESSAGES]
    base = "/v1/projects/p/locations/global/publishers/anthropic/models"
    assert found.path_for("claude-x@20250929", stream=True) == f"{base}/claude-x@20250929:streamRawPredict"
    assert found.path_for("claude-x", stream=False) == f"{base}/claude-x:rawPredict"
    assert found.path_for("claude-x", stream=True, counting=True) == f"{base}/count-tokens:rawPredict"


def test_azure_by_resource_or_by_address() -> None:
    by_name = target("azure", "{resource: my-resource, key: '${K:-k}'}")
    assert by_name.base_url == "https://my-resource.openai.azure.com/openai"
    by_address = target("azure", "{base_url: 'https://my-resource.openai.azure.com/openai/v1/', key: '${K:-k}'}")
    assert by_address.base_url == by_name.base_url
    other = target("azure-anthropic", "{resource: r, key: '${K:-k}'}")
    assert other.base_url == "https://r.services.ai.azure.com/anthropic"


def test_azure_without_a_key_cannot_be_used() -> None:
    view = compiled("providers: {azure: {resource: r}}").world.providers["azure"]
    assert view.unusable is not None and view.unusable.code is ReasonCode.NO_CREDENTIAL
    assert compiled("providers: {bedrock: {region: us-east-1}}").world.providers["bedrock"].unusable is None


def test_what_is_missing_is_named() -> None:
    assert findings("bedrock", "{}") == ["providers.bedrock: needs a region"]
    assert findings("vertex", "{}") == ["providers.vertex: needs a project", "providers.vertex: needs a region"]
    assert findings("azure", "{key: '${K:-k}'}") == ["providers.azure: needs a resource"]


def test_a_setting_of_another_cloud_is_named() -> None:
    said = findings("vertex", "{project: p, region: global, profile: work, betas: ['*']}")
    assert said == [
        "providers.vertex: betas means nothing to this kind of provider",
        "providers.vertex: profile means nothing to this kind of provider",
    ]
    assert findings("openai", "{region: us-east-1}") == [
        "providers.openai: region means nothing to this kind of provider"
    ]


@pytest.mark.parametrize("value", ["a/b", "../x", "a b", "'{model}'", "a@b"])
def test_a_place_cannot_lead_elsewhere(value: str) -> None:
    with pytest.raises(ConfigError, match="region"):
        target("bedrock", f"{{region: {value}}}")


def test_a_disabled_cloud_needs_nothing() -> None:
    snapshot = compiled("providers: {bedrock: {enabled: false}}")
    unusable = snapshot.world.providers["bedrock"].unusable
    assert unusable is not None and unusable.code is ReasonCode.DISABLED


def test_a_credentials_file_has_to_be_there(tmp_path: Path) -> None:
    text = "{project: p, region: global, credentials_file: '%s'}"
    assert findings("vertex", text % (tmp_path / "none.json")) == [
        "providers.vertex: credentials_file: there is no such file"
    ]
    (tmp_path / "key.json").write_text("{}")
    found = target("vertex", text % (tmp_path / "key.json"))
    assert found.account.credentials_file == str(tmp_path / "key.json")


def test_the_betas_a_model_takes_can_be_said() -> None:
    found = target("bedrock", "{region: us-east-1, betas: ['interleaved-*']}")
    assert found.profile.endpoints[Dialect.ANTHROPIC_MESSAGES].envelope.betas == ("interleaved-*",)


@pytest.mark.parametrize(
    ("name", "text", "module", "extra"),
    [
        ("bedrock", "{region: us-east-1}", "botocore", "bedrock"),
        ("vertex", "{project: p, region: global}", "google.auth", "vertex"),
    ],
)
def test_a_package_that_is_not_installed_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, module: str, extra: str
) -> None:
    real = importlib.util.find_spec

    def missing(asked: str, *rest: Any) -> Any:
        if asked == module:
            raise ModuleNotFoundError
        return real(asked, *rest)

    monkeypatch.setattr(sys.modules["gate.config.clouds"], "find_spec", missing)
    assert findings(name, text) == [f"providers.{name}: needs {module}: pip install 'otelgate[{extra}]'"]
    target(name, text.replace("}", ", key: '${K:-k}'}"))  # with a key it is not needed

"""One environment with Gate and a package of each kind in it."""

import pytest

from tests.harness.gate import ROOT
from tests.plugins.environment import Environment, made_from


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Gate, the provider `zenith` and the transformer `laconic`, made from the templates under other names."""
    folder = tmp_path_factory.mktemp("plugins")
    provider = made_from(ROOT / "examples" / "provider-plugin", folder / "gate-zenith", acme="zenith")
    transformer = made_from(ROOT / "examples" / "transformer-plugin", folder / "gate-laconic", shortener="laconic")
    environment = Environment(folder / "venv")
    environment.install(ROOT, provider, transformer)
    return environment

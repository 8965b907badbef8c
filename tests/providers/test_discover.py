"""A file in the package is a provider; without the file there is none."""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import gate.providers
from gate.core.dialect import Dialect
from gate.core.plugins import Plugin, PluginError
from gate.core.profile import Endpoint, ProviderProfile
from gate.providers.discover import ProviderError, all_profiles, profiles_in, shipped, with_plugins

KEYS = {
    "ANTHROPIC_API_KEY",
    "OPENAI_API_KEY",
    "GEMINI_API_KEY",
    "OPENROUTER_API_KEY",
    "GROQ_API_KEY",
    "MISTRAL_API_KEY",
    "DEEPSEEK_API_KEY",
    "CEREBRAS_API_KEY",
    "XAI_API_KEY",
    "TOGETHER_API_KEY",
    "FIREWORKS_API_KEY",
}
NEW = """
from gate.core.dialect import Dialect
from gate.core.profile import Endpoint, ProviderProfile

PROFILE = ProviderProfile("acme", "Acme", "", {{Dialect.OPENAI_CHAT: Endpoint("{path}")}}, "acme")
"""


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The providers' folder, copied to where a test may change it, as the package `copied_providers`."""
    folder = tmp_path / "copied_providers"
    shutil.copytree(Path(gate.providers.__path__[0]), folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    yield folder
    for name in [name for name in sys.modules if name.split(".")[0] == "copied_providers"]:
        del sys.modules[name]


def package() -> ModuleType:
    return import_module("copied_providers")


def test_every_documented_key_variable_has_a_provider() -> None:
    assert {profile.key_env for profile in all_profiles().values()} - {None} >= KEYS


def test_names_are_the_keys_and_sorted() -> None:
    profiles = all_profiles()
    assert list(profiles) == sorted(profiles)
    assert all(profile.name == name for name, profile in profiles.items())
    assert {"simulated", "compatible"} <= profiles.keys()


def test_the_answer_is_the_callers_own() -> None:
    all_profiles().clear()
    assert all_profiles()


def test_deleting_a_file_removes_the_provider(copied: Path) -> None:
    (copied / "groq.py").unlink()
    assert set(profiles_in(package())) == set(all_profiles()) - {"groq"}


def test_a_new_file_is_a_new_provider(copied: Path) -> None:
    (copied / "acme.py").write_text(NEW.format(path="/v1/chat/completions"))
    assert profiles_in(package()).keys() - all_profiles().keys() == {"acme"}


def test_an_incomplete_file_is_refused_by_its_name(copied: Path) -> None:
    (copied / "acme.py").write_text(NEW.format(path="chat"))
    with pytest.raises(ProviderError, match=r"providers/acme\.py: .*slash"):
        profiles_in(package())


def test_two_files_of_one_name_are_refused(copied: Path) -> None:
    shutil.copy(copied / "groq.py", copied / "groq_again.py")
    with pytest.raises(ProviderError, match="there is a provider groq already"):
        profiles_in(package())


ACME = ProviderProfile("acme", "Acme", "", {Dialect.OPENAI_CHAT: Endpoint("/v1/chat/completions")}, "acme")


def test_a_package_adds_a_provider() -> None:
    found = with_plugins(shipped(), [Plugin("acme", "gate-acme 1.0", ACME)])
    assert found["acme"] is ACME
    assert list(found) == sorted(found)


def test_a_package_cannot_take_a_name() -> None:
    taken = replace(ACME, name="groq")
    with pytest.raises(PluginError, match=r"^gate-acme 1\.0: the provider groq is there already, from Gate itself$"):
        with_plugins(shipped(), [Plugin("acme", "gate-acme 1.0", taken)])
    twice = [Plugin("acme", "gate-acme 1.0", ACME), Plugin("acme", "other 2.0", ACME)]
    with pytest.raises(PluginError, match=r"^other 2\.0: the provider acme is there already, from gate-acme 1\.0$"):
        with_plugins({}, twice)


def test_what_a_package_brings_is_looked_at() -> None:
    with pytest.raises(PluginError, match=r"^gate-acme 1\.0: is no ProviderProfile$"):
        with_plugins({}, [Plugin("acme", "gate-acme 1.0", "acme")])
    with pytest.raises(PluginError, match=r"^gate-acme 1\.0: title: is missing$"):
        with_plugins({}, [Plugin("acme", "gate-acme 1.0", replace(ACME, title=""))])

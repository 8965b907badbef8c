"""A transformer in a package of its own: made from the template, installed with pip, found by its entry point."""

from pathlib import Path

import pytest

from tests.plugins.environment import Environment

pytestmark = pytest.mark.slow

CONFIG = """
providers: {{groq: {{transformers: [{{use: laconic, {options}}}]}}}}
"""
CODE = """
from gate.core.dialect import Dialect
from gate.protocols.canonical.answer import Close, Delta, Open
from gate.protocols.canonical.parts import Text
from gate.protocols.canonical.request import Request
from gate.protocols.transformers.chain import chain
from gate.protocols.translation import Aim

transformers = chain([{"use": "laconic", "words": 7}])
request = transformers.request(Request(Dialect.OPENAI_CHAT, "m", ()), Aim("m", "acme"))
print(request.messages[0].parts[0].text)
said = transformers.answer().feed([Open(0, Text("")), Delta(0, "yes \\n"), Delta(0, " it is  "), Close(0)])
print(repr("".join(event.text for event in said if isinstance(event, Delta))))
"""


def checked(installed: Environment, folder: Path, options: str) -> tuple[int, str]:
    config = folder / "gate.yaml"
    config.write_text(CONFIG.format(options=options))
    done = installed.run(installed.gate, "check-config", str(config))
    return done.returncode, (done.stdout + done.stderr).strip()


def test_a_configuration_can_use_it(installed: Environment, tmp_path: Path) -> None:
    code, said = checked(installed, tmp_path, "words: 100")
    assert code == 0, said
    assert "valid" in said


def test_its_options_are_checked_by_their_types(installed: Environment, tmp_path: Path) -> None:
    code, said = checked(installed, tmp_path, "words: many")
    assert code == 1
    assert said == "providers.groq.transformers.0: laconic: words: Expected `int`, got `str`"


def test_it_changes_requests_and_answers(installed: Environment) -> None:
    done = installed.run(installed.python, "-c", CODE)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["Answer in at most 7 words.", r"'yes \n it is'"]

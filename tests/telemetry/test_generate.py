"""`registry.json` and `names.py` are what the registry's YAML says now."""

from gate.telemetry import generate, names
from gate.telemetry.registry import COMPILED, load


def test_the_compiled_registry_is_up_to_date() -> None:
    assert COMPILED.read_bytes() == generate.compiled(), "run: python -m gate.telemetry.generate"


def test_the_names_are_up_to_date() -> None:
    assert generate.NAMES.read_text("utf-8") == generate.names(), "run: python -m gate.telemetry.generate"


def test_names_hold_every_attribute() -> None:
    constants = {value for name, value in vars(names).items() if name.isupper()}
    assert set(load().attributes) | set(load().metrics) | set(load().headers) | set(load().events) == constants

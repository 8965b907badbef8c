"""gate.protocols.registry: dialects are found, not listed."""

from __future__ import annotations

import pytest

from gate.core.dialect import Dialect
from gate.protocols import registry
from gate.protocols.registry import codec, codecs


def test_every_dialect_of_this_version_is_found() -> None:
    assert set(codecs()) == set(Dialect)
    for dialect in codecs():
        assert codec(dialect).dialect is dialect


def test_another_one_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "codecs", dict)
    with pytest.raises(LookupError):
        codec(Dialect.GEMINI)

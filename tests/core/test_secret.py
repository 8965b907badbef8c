"""A secret does not get out by accident."""

import json
import pickle

import pytest

from gate.core.secret import Secret

VALUE = "sk-very-secret"


def test_no_rendering_shows_it() -> None:
    secret = Secret(VALUE)
    shown = [str(secret), repr(secret), f"{secret}", f"{secret!r:>20}", repr([secret]), repr({"key": secret})]
    assert all(VALUE not in text for text in shown)


def test_it_is_not_serialised() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret(VALUE))
    with pytest.raises(TypeError):
        json.dumps(Secret(VALUE))


def test_it_compares_by_value() -> None:
    assert Secret(VALUE) == Secret(VALUE)
    assert Secret(VALUE) != Secret("other")
    assert Secret(VALUE).reveal() == VALUE
    assert not Secret("")

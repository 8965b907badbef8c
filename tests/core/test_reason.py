"""Every code has one template, and the template's parameters are all it needs."""

import string

import pytest

from gate.core.reason import TEMPLATES, Reason, ReasonCode, reason


@pytest.mark.parametrize("code", ReasonCode)
def test_every_code_renders_with_its_parameters(code: ReasonCode) -> None:
    names = {name for _, name, _, _ in string.Formatter().parse(TEMPLATES[code]) if name}
    text = reason(code, **dict.fromkeys(names, "x")).text
    assert text and "{" not in text


def test_equal_reasons_compare_equal_whatever_the_order() -> None:
    one = reason(ReasonCode.NO_HEADROOM, limit=2, in_flight=3)
    assert one == reason(ReasonCode.NO_HEADROOM, in_flight=3, limit=2)
    assert isinstance(one, Reason)

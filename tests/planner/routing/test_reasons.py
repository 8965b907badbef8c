"""One template words each code, and says everything it is told."""

import string

import pytest

from gate.planner.routing.reasons import TEMPLATES, RuleCode, because


@pytest.mark.parametrize("code", list(RuleCode))
def test_every_code_has_a_template_that_uses_its_parameters(code: RuleCode) -> None:
    names = [name for _, name, _, _ in string.Formatter().parse(TEMPLATES[code]) if name]
    why = because(code, **{name: f"<{name}>" for name in names})
    assert all(f"<{name}>" in why.text for name in names)


def test_equal_reasons_are_equal_whatever_the_order_of_their_parameters() -> None:
    one = because(RuleCode.FLAG, feature="tools", found="no", wanted="yes")
    assert one == because(RuleCode.FLAG, wanted="yes", found="no", feature="tools")
    assert one.text == "tools is no, the rule wants yes"

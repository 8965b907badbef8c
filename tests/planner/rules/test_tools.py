"""What the model must be able to do; unknown is no reason."""

import pytest

from gate.core.reason import ReasonCode
from gate.core.route import Capabilities
from gate.planner.rules.tools import RULE
from tests.planner.rules.seats import ask, code, seat
from tests.planner.worlds import route


@pytest.mark.parametrize("can", [True, None, False])
@pytest.mark.parametrize("wanted", [True, False])
def test_tools(can: bool | None, wanted: bool) -> None:
    at = seat(route("anth/m", "a/mid", capabilities=Capabilities(tools=can)))
    expected = ReasonCode.NO_TOOLS if wanted and can is False else None
    assert code(RULE, at, ask(tools=wanted)) is expected

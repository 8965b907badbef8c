"""A request for structured output needs a model that can follow a JSON schema. Not known is not excluded."""

from gate.core.reason import Reason, ReasonCode, reason
from gate.planner.rule import Ask, FitRule, Seat


class JsonSchema(FitRule):
    name = "json_schema"
    order = 64

    def check(self, seat: Seat, ask: Ask) -> Reason | None:
        if not ask.request.json_schema or seat.route.capabilities.json_schema is not False:
            return None
        return reason(ReasonCode.NO_JSON_SCHEMA)


RULE = JsonSchema()

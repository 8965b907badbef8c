"""`POST /gate/v1/explain`: the decision a request would get now, without sending anything."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from quart import Blueprint, Response, request

from gate.core.dialect import Dialect, Operation
from gate.core.request import ClientProfile, RequestFeatures
from gate.routes.access import admin, operators_only, problem

AUDIENCE = "operators"
BLUEPRINT = Blueprint("explain", __name__)


class Question(BaseModel):
    """The features of a hypothetical request; what is left out is what a plain request has."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    model: str = Field(min_length=1, max_length=256)
    dialect: Dialect = Dialect.ANTHROPIC_MESSAGES
    operation: Operation = Operation.CHAT
    stream: bool = True
    tools: bool = False
    images: bool = False
    thinking: bool = False
    json_schema: bool = False
    input_tokens: int = Field(default=1_000, ge=0)
    max_tokens: int | None = Field(default=None, ge=1)
    client: ClientProfile = ClientProfile.AUTOMATION
    own_credential: bool = False

    def features(self) -> RequestFeatures:
        return RequestFeatures(
            dialect=self.dialect,
            operation=self.operation,
            model=self.model,
            stream=self.stream,
            body_bytes=self.input_tokens * 4,
            token_estimate=self.input_tokens,
            tools=self.tools,
            images=self.images,
            thinking=self.thinking,
            json_schema=self.json_schema,
            max_tokens=self.max_tokens,
            client=self.client,
            own_credential=self.own_credential,
        )


@BLUEPRINT.post("/gate/v1/explain")
@operators_only
async def explain() -> dict[str, Any] | Response:
    try:
        question = Question.model_validate_json(await request.get_data())
    except ValidationError as error:
        findings = [f"{'.'.join(map(str, item['loc'])) or 'body'}: {item['msg']}" for item in error.errors()]
        return problem(400, "invalid_body", "; ".join(findings))
    return admin().explain(question.features())

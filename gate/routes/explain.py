"""`POST /gate/v1/explain`: the decision a request would get now, without sending anything, and which routing rule made
it. The text of the question is looked at by the rules and then forgotten: it is neither stored nor answered."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from quart import Blueprint, Response, request

from gate.core.dialect import Dialect, Operation
from gate.core.request import ClientProfile
from gate.engine.mock import Mock
from gate.planner.whatif import Supposed
from gate.routes.access import admin, operators_only, problem

AUDIENCE = "operators"
BLUEPRINT = Blueprint("explain", __name__)

HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$")]
HeaderValue = Annotated[str, StringConstraints(pattern=r"^[\x20-\xff]{0,4096}$")]


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
    web_search: bool = False
    input_tokens: int = Field(default=1_000, ge=0)
    max_tokens: int | None = Field(default=None, ge=1)
    client: ClientProfile | None = None
    tenant: str | None = Field(default=None, max_length=64)
    own_credential: bool = False
    headers: dict[HeaderName, HeaderValue] = Field(default={}, max_length=100)
    text: str = Field(default="", max_length=1 << 20)
    at: datetime | None = None
    suppose: dict[str, Supposed] = Field(default={}, max_length=1_000)

    def mock(self) -> Mock:
        return Mock(
            **self.model_dump(exclude={"headers", "at"}),
            headers=tuple((name.lower().encode(), value.encode("latin-1")) for name, value in self.headers.items()),
            at_ns=None if self.at is None else nanoseconds(self.at),
        )


def nanoseconds(at: datetime) -> int:
    """Since 1970. A time without a zone is UTC."""
    seen = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return int(seen.timestamp()) * 1_000_000_000


@BLUEPRINT.post("/gate/v1/explain")
@operators_only
async def explain() -> dict[str, Any] | Response:
    try:
        question = Question.model_validate_json(await request.get_data())
    except ValidationError as error:
        findings = [f"{'.'.join(map(str, item['loc'])) or 'body'}: {item['msg']}" for item in error.errors()]
        return problem(400, "invalid_body", "; ".join(findings))
    return admin().explain(question.mock())

"""`GET /gate/v1/decisions/{id}`, the newest ones at `GET /gate/v1/decisions`, and every route at `GET
/gate/v1/routes`."""

from typing import Any

from quart import Blueprint, Response, request

from gate.routes.access import admin, operators_only, problem

AUDIENCE = "operators"
BLUEPRINT = Blueprint("decisions", __name__)


@BLUEPRINT.get("/gate/v1/decisions/<decision_id>")
@operators_only
async def decision(decision_id: str) -> dict[str, Any] | Response:
    found = await admin().decision(decision_id)
    if found is None:
        return problem(404, "not_found", "no such decision is kept any more (telemetry.decisions_kept, store)")
    return found


@BLUEPRINT.get("/gate/v1/decisions")
@operators_only
async def latest() -> dict[str, Any] | Response:
    text = request.args.get("limit", "20")
    if not text.isdigit() or not 1 <= int(text) <= 1_000:
        return problem(400, "invalid_body", "limit is a whole number from 1 to 1000")
    return {"decisions": await admin().latest(int(text))}


@BLUEPRINT.get("/gate/v1/routes")
@operators_only
async def routes() -> dict[str, Any]:
    return {"routes": admin().routes()}

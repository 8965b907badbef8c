"""`GET /v1/models`: intents under the names clients accept; one object that is the union of all vendors' list
shapes."""

from typing import Any

from quart import Blueprint, Response

from gate.routes.access import admin, problem
from gate.routes.gemini import shown

AUDIENCE = "clients"
BLUEPRINT = Blueprint("models", __name__)


@BLUEPRINT.get("/v1/models")
async def models() -> dict[str, Any]:
    data = list(admin().models())
    ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {"first_id": None, "last_id": None}
    return {"object": "list", "data": data, "has_more": False, **ends, "models": [shown(entry) for entry in data]}


@BLUEPRINT.get("/v1/models/<path:model_id>")
async def model(model_id: str) -> dict[str, Any] | Response:
    for entry in admin().models():
        if entry["id"] == model_id:
            return {**entry, **shown(entry)}
    return problem(404, "not_found_error", "no such model here; GET /v1/models lists them")

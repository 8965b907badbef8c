"""`GET /healthz` (the process is alive), `GET /readyz` (new requests are taken) and `GET|HEAD /`."""

from typing import Any

from quart import Blueprint

from gate import __version__
from gate.routes.access import admin

AUDIENCE = "everyone"
BLUEPRINT = Blueprint("health", __name__)


@BLUEPRINT.get("/")
async def root() -> dict[str, Any]:
    return {"name": "gate", "version": __version__}


@BLUEPRINT.get("/healthz")
async def healthz() -> dict[str, Any]:
    return {"status": "alive"}


@BLUEPRINT.get("/readyz")
async def readyz() -> tuple[dict[str, Any], int]:
    ready, why = admin().ready()
    return {"status": "ready" if ready else "not ready", "reason": why}, 200 if ready else 503

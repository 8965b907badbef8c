"""`GET /metrics`: all workers' numbers, OpenMetrics with exemplars where the scraper asks for it."""

from quart import Blueprint, Response, request

from gate.routes.access import admin, operators_only

AUDIENCE = "operators"
BLUEPRINT = Blueprint("metrics", __name__)


@BLUEPRINT.get("/metrics")
@operators_only
async def metrics() -> Response:
    content_type, body = await admin().metrics(request.headers.get("accept", ""))
    return Response(body, content_type=content_type)

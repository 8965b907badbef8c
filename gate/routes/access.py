"""Who may use the operators' part of the surface, and how a handler reaches the application."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, cast

from quart import Response, current_app, jsonify, request

from gate.engine.admin import Admin
from gate.routes.surface import Surface

Handler = Callable[..., Awaitable[Any]]


def surface() -> Surface:
    """The application that serves the current request."""
    return cast(Surface, current_app._get_current_object())  # type: ignore[attr-defined]


def admin() -> Admin:
    return surface().admin


def problem(status: int, code: str, text: str) -> Response:
    """An error of the operators' API."""
    answer = jsonify({"error": {"code": code, "message": text}})
    answer.status_code = status
    return answer


def operators_only(handler: Handler) -> Handler:
    """On loopback free; elsewhere with an admin key (`Authorization: Bearer` or `x-api-key`). A listener of its own
    without configured admin keys is the operator's own choice of address."""

    @wraps(handler)
    async def checked(*args: Any, **kwargs: Any) -> Any:
        app = surface()
        if app.loopback or (app.role == "admin" and not app.admin.admin_keys_configured):
            return await handler(*args, **kwargs)
        if not app.admin.admin_keys_configured:
            return problem(403, "missing_admin_key", "set keys.admin (or GATE_ADMIN_KEY) to use this from here")
        if not app.admin.admin_key_ok(request.scope["headers"]):
            return problem(401, "missing_admin_key", "send an admin key as `Authorization: Bearer KEY`")
        return await handler(*args, **kwargs)

    return checked

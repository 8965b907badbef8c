"""The surface as one ASGI application per listener: model operations straight to the engine, the rest through Quart.

`Surface` is a Quart subclass whose `__call__` looks a request's path up once. A model operation goes to `edge.serve`;
everything else is dispatched by Quart to the blueprints of this package.
"""

import logging
import time
from functools import lru_cache
from typing import Any, Literal

from quart import Quart, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from gate.core.dialect import Dialect
from gate.core.errors import ErrorCode, GateError
from gate.engine.admin import Admin
from gate.engine.gateway import Gateway
from gate.protocols.registry import codec
from gate.routes import edge
from gate.routes.operation import ModelOperations, model_operations, modules

Role = Literal["public", "admin"]
_DOUBLED = ("/v1/v1/", "/v1/v1beta/", "/v1beta/v1beta/", "/v1beta/v1/")
_GOOGLE = ("/v1beta/", "/v1alpha/")


class Surface(Quart):
    """role: `admin` serves only health, metrics and the API; `public` leaves those two out when `admin_elsewhere`."""

    def __init__(
        self, gateway: Gateway, admin: Admin, *, role: Role, loopback: bool, admin_elsewhere: bool = False
    ) -> None:
        super().__init__("gate", static_folder=None)
        self.json.sort_keys = False  # type: ignore[attr-defined]
        self.gateway = gateway
        self.admin = admin
        self.role: Role = role
        self.loopback = loopback
        self._operations = ModelOperations(model_operations() if role == "public" else ())
        self._normalised = lru_cache(maxsize=1024)(self._normalise)
        for module in modules():
            blueprint = getattr(module, "BLUEPRINT", None)
            audience: str = getattr(module, "AUDIENCE", "")
            if blueprint is None or (audience == "clients" and role == "admin"):
                continue
            if audience == "operators" and role == "public" and admin_elsewhere:
                continue
            self.register_blueprint(blueprint)
        self.register_error_handler(HTTPException, _http_error)
        self.register_error_handler(Exception, _unexpected)
        self.before_request(_begin)
        self.after_request(self._count)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            path = self._normalised(scope["path"])
            found = self._operations.find(path)
            if found is not None:
                await edge.serve(self.gateway, found[0], self.loopback, scope, receive, send, found[1])
                return
            if path != scope["path"]:
                scope = {**scope, "path": path, "raw_path": path.encode()}
        elif scope["type"] == "websocket":
            await refuse_upgrade(receive, send)
            return
        await super().__call__(scope, receive, send)

    def _count(self, response: Response) -> Response:
        """Model operations are counted with their decision; everything else here."""
        rule = request.url_rule
        route = None if rule is None else rule.rule.replace("<", "{").replace(">", "}")
        seconds = time.monotonic() - g.began
        self.admin.answered(request.method, route, request.scheme, response.status_code, seconds)
        return response

    def _normalise(self, path: str) -> str:
        """Without the configured prefix, a doubled version (a base URL with and a client that adds it) and a final
        slash."""
        prefix = self.gateway.snapshot.path_prefix
        if prefix and (path == prefix or path.startswith(prefix + "/")):
            path = path[len(prefix) :] or "/"
        while path.startswith(_DOUBLED):
            path = path[path.index("/", 1) :]
        return path.rstrip("/") or "/"


def _begin() -> None:
    g.began = time.monotonic()


async def refuse_upgrade(receive: Any, send: Any) -> None:
    """426 to any WebSocket upgrade: Codex then goes on over HTTP at once (404, 405 and 501 cost it six seconds)."""
    await receive()
    body = b'{"error":{"message":"Gate speaks HTTP here, not WebSocket","type":"invalid_request_error","param":null,'
    body += b'"code":"upgrade_refused"}}'
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    await send({"type": "websocket.http.response.start", "status": 426, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body, "more_body": False})


async def _http_error(error: HTTPException) -> Response:
    """Whatever is not there: OpenAI's error shape, which every client and person can read; Google's on its paths."""
    status = error.code or 500
    text = f"Gate has no {request.method} {request.path}; docs/reference/http.md lists what it has"
    if request.path.startswith(_GOOGLE):
        return _google_not_found(text)
    kind = "not_found_error" if status == 404 else "invalid_request_error"
    answer = jsonify({"error": {"message": text, "type": kind, "param": None, "code": error.name.lower()}})
    answer.status_code = status
    if status in (400, 401, 403, 404, 413):
        answer.headers["x-should-retry"] = "false"
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        answer.headers["allow"] = ", ".join(sorted(allowed))
    return answer


def _google_not_found(text: str) -> Response:
    status, headers, body = codec(Dialect.GEMINI).error_response(GateError(ErrorCode.NOT_FOUND, text), "")
    return Response(body, status, {name.decode(): value.decode() for name, value in headers})


async def _unexpected(error: Exception) -> Response:
    """No traceback leaves; the log gets the kind and the place, never values."""
    logging.getLogger("gate.routes").error("unexpected error", exc_info=error)
    text = "Gate met an unexpected condition; its log names the place"
    answer = jsonify({"error": {"message": text, "type": "server_error", "param": None, "code": "internal_error"}})
    answer.status_code = 500
    return answer

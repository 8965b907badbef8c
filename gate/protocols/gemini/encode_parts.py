"""Parts that look the same in a request's history and in an answer."""

import msgspec

from gate.core.loss import Feature, Loss, LossAction
from gate.protocols.canonical.parts import ToolCall, Wire
from gate.protocols.fields import UNREADABLE
from gate.protocols.gemini.names import NOTHING
from gate.protocols.gemini.thoughts import write_token
from gate.protocols.splice import mend_surrogates


def thought(text: str, token: str) -> dict[str, object]:
    """A summary of what the model thought. token: its signature, empty for none."""
    made: dict[str, object] = {"text": text, "thought": True}
    return made | {"thoughtSignature": token} if token else made


def merge_signature(parts: list[Wire], token: str) -> bool:
    """Put the signature of a text back on the text it followed. False when there is none."""
    last = parts[-1] if parts else NOTHING
    if "text" not in last or last.get("thought"):
        return False
    held = last.get("thoughtSignature") or last.get("thought_signature")
    if held is None:
        parts[-1] = {**last, "thoughtSignature": token}
    return held is None or held == token


def function_call(call: ToolCall, path: str, losses: list[Loss], vendor: str | None) -> dict[str, object]:
    """vendor: whose signatures may go with it; None = all, for a client keeps everybody's."""
    made: dict[str, object] = {"name": call.name, "args": _arguments(call, path, losses)}
    if call.id:
        made["id"] = call.id
    part: dict[str, object] = {"functionCall": made}
    if call.opaque is not None and vendor in (None, call.opaque.origin):
        token = write_token(call.opaque)
        if token:
            part["thoughtSignature"] = token
    return part


def _arguments(call: ToolCall, path: str, losses: list[Loss]) -> object:
    """`args` is an object. What is none is kept as the text it was."""
    if not call.arguments.strip():
        return {}
    try:
        value = msgspec.json.decode(call.arguments)
    except (*UNREADABLE, UnicodeEncodeError):
        value = _mended(call.arguments)
    if isinstance(value, dict):
        return value  # pyright: ignore[reportUnknownVariableType]
    losses.append(Loss(Feature.OTHER, f"{path}.arguments", LossAction.MOVED))
    return {"arguments": value}


def _mended(arguments: str) -> object:
    """Without lone surrogates, which stand for no character and fit in no body."""
    try:
        return msgspec.json.decode(mend_surrogates(arguments.encode("utf-8", "replace")))
    except UNREADABLE:
        return arguments.encode("utf-8", "replace").decode()

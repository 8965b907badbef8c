"""What of an answer's parts a client of chat gets, whole or streamed.

Thinking goes into `reasoning_content`: the member DeepSeek brought in, which most clients of compatible servers read
(opencode, the AI SDK, OpenClaw, LangChain among them); OpenAI's own clients keep it as an unknown member. Clients of
chat keep no signatures, so opaque tokens of thinking end here. What a vendor's own tools did never becomes a call.
"""

from gate.core.dialect import Dialect
from gate.core.loss import Feature, Loss, LossAction
from gate.protocols.canonical.parts import CallKind, Citation, Foreign, Media, MediaKind, ToolCall, ToolResult, Wire
from gate.protocols.openai_chat.citations import write_annotation
from gate.protocols.openai_chat.media import answer_image

THINKING = "reasoning_content"
Member = tuple[str, object]


def call_head(call: ToolCall, arguments: str) -> dict[str, object]:
    """A call with its id and name."""
    if call.kind is CallKind.CUSTOM:
        return {"id": call.id, "type": "custom", "custom": {"name": call.name, "input": arguments}}
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def whole_part(part: Media | Foreign | ToolResult, path: str, token: str, now: int) -> Member | Loss:
    """A part that comes whole: the member of a message or delta it goes into and its value there, or what became of it.
    token, now: as in `Mint`."""
    if isinstance(part, Media):
        return _media(part, path, token, now)
    if isinstance(part, ToolResult):
        return Loss(Feature.SERVER_TOOLS, path, LossAction.DROPPED)
    own = part.dialect is Dialect.OPENAI_CHAT
    if own and part.kind == "executed_tools":
        return "executed_tools", [part.raw]
    feature = Feature.SERVER_TOOLS if part.server else Feature.OTHER
    return Loss(feature, path, LossAction.DROPPED)


def _media(media: Media, path: str, token: str, now: int) -> Member | Loss:
    if media.kind is MediaKind.IMAGE and (image := answer_image(media)) is not None:
        return "images", [image]
    if media.kind is MediaKind.AUDIO and media.data is not None:
        own = (media.raw or {}).get("audio")
        if own is not None:
            return "audio", own
        made = {"id": f"audio_{token}", "data": media.data, "expires_at": now, "transcript": media.context or ""}
        return "audio", made
    feature = Feature.IMAGES if media.kind is MediaKind.IMAGE else Feature.OTHER
    return Loss(feature, path, LossAction.DROPPED)


def annotation(citation: Citation, start: int, end: int, path: str) -> Wire | Loss:
    """start, end: the range of the whole text that the cited block takes."""
    made = write_annotation(citation, start, end)
    return Loss(Feature.CITATIONS, path, LossAction.DROPPED) if made is None else made

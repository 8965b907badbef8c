"""What a tool returned, as a `functionResponse`.

`response` is an object with the names Google gives to success and failure, `output` and `error`. Media stand in the
response's own `parts` (Gemini 3: ai.google.dev/gemini-api/docs/function-calling, "multimodal function responses"), for
older models beside it in the same turn.
"""

from dataclasses import dataclass, field

from gate.core.loss import Feature, Loss, LossAction
from gate.protocols.canonical.parts import Foreign, Media, Refusal, Text, ToolResult, Wire
from gate.protocols.gemini.encode_media import media_parts
from gate.protocols.gemini.models import Traits
from gate.protocols.translation import Aim


@dataclass(frozen=True, slots=True)
class Made:
    """response: the part. beside: parts that have to stand after it in the same turn."""

    response: Wire
    beside: list[Wire] = field(default_factory=list[Wire])


def function_response(result: ToolResult, name: str, path: str, aim: Aim, traits: Traits, losses: list[Loss]) -> Made:
    """name: of the function that was called."""
    texts: list[str] = []
    media: list[Wire] = []
    for index, part in enumerate(result.content):
        place = f"{path}.content[{index}]"
        match part:
            case Text() | Refusal():
                texts.append(part.text)
                if isinstance(part, Text) and part.cache is not None:
                    losses.append(Loss(Feature.CACHE_HINTS, f"{place}.cache_control", LossAction.DROPPED))
            case Media():
                for made in media_parts(part, place, aim, losses):
                    text = made.get("text")
                    if isinstance(text, str):
                        texts.append(text)
                    else:
                        media.append(made)
            case Foreign():
                losses.append(Loss(Feature.OTHER, place, LossAction.REPLACED if part.text else LossAction.DROPPED))
                texts += [part.text] if part.text else []
            case _:
                losses.append(Loss(Feature.OTHER, place, LossAction.DROPPED))
    held: dict[str, object] = {
        "name": name,
        "response": {"error" if result.error else "output": "\n".join(texts)} if texts or result.error else {},
    }
    if result.id:
        held["id"] = result.id
    inside = [one for one in media if "inlineData" in one] if traits.media_results else []
    beside = [one for one in media if one not in inside]
    if inside:
        held["parts"] = inside
    if beside:
        losses.append(Loss(Feature.IMAGES, path, LossAction.MOVED))
    return Made({"functionResponse": held}, beside)

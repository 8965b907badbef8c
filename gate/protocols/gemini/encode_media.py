"""Media for an upstream: as they are where Gemini takes them, as a text that says what is missing where not."""

import re

from gate.core.loss import Feature, Loss, LossAction
from gate.protocols.canonical.parts import Media, MediaKind, Text, Wire
from gate.protocols.gemini.media import REFUSED_IMAGES, is_own_file, use_of, write_media
from gate.protocols.translation import Aim

_FEATURES = {
    MediaKind.IMAGE: Feature.IMAGES,
    MediaKind.DOCUMENT: Feature.DOCUMENTS,
    MediaKind.AUDIO: Feature.AUDIO,
    MediaKind.VIDEO: Feature.AUDIO,
}
_ADDRESS = re.compile(r"https?://|gs://", re.IGNORECASE)


def media_parts(media: Media, path: str, aim: Aim, losses: list[Loss]) -> list[Wire]:
    """The parts that stand for one image, document, audio or video. Plain text documents are texts."""
    parts: list[Wire] = list(_heading(media, path, losses))
    if media.cite:
        losses.append(Loss(Feature.CITATIONS, f"{path}.citations", LossAction.DROPPED))
    if media.detail not in (None, "auto"):
        losses.append(Loss(Feature.PARAMETERS, f"{path}.detail", LossAction.DROPPED))
    if media.text is not None:
        return [*parts, {"text": media.text}] if media.text else parts
    if media.content is not None:
        for index, part in enumerate(media.content):
            if isinstance(part, Text):
                parts += [{"text": part.text}] if part.text else []
            elif isinstance(part, Media):
                parts += media_parts(part, f"{path}.content[{index}]", aim, losses)
            else:
                losses.append(Loss(Feature.DOCUMENTS, f"{path}.content[{index}]", LossAction.DROPPED))
        return parts
    made = _taken(media, aim)
    if made is not None:
        return [*parts, made]
    losses.append(Loss(_FEATURES[media.kind], path, LossAction.REPLACED))
    return [*parts, {"text": f"[{media.kind.value} left out]"}]


def _taken(media: Media, aim: Aim) -> dict[str, object] | None:
    """None for what Gemini, or this provider, does not read."""
    use = use_of(media.kind, file=media.file_id is not None, url=media.url is not None)
    if use in aim.quirks.cannot or (media.media_type or "").lower() in REFUSED_IMAGES:
        return None
    if media.file_id is not None:
        # Only Google's own files: another vendor's names mean nothing here.
        uri = media.file_id if is_own_file(media.file_id) else None
        told = {} if media.media_type is None else {"mimeType": media.media_type}
        return None if uri is None else {"fileData": {"fileUri": uri, **told}}
    if media.url is not None and not _ADDRESS.match(media.url):
        return None
    return write_media(media)


def _heading(media: Media, path: str, losses: list[Loss]) -> list[Wire]:
    """A document's name and context in words before it: the part itself has no place for them."""
    if media.kind is not MediaKind.DOCUMENT or (media.name is None and media.context is None):
        return []
    lines = [f"Document: {media.name}" if media.name else "Document:", *([media.context] if media.context else [])]
    losses.append(Loss(Feature.DOCUMENTS, f"{path}.title", LossAction.MOVED))
    return [{"text": "\n".join(lines)}]

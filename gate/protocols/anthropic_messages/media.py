"""Images and documents for an upstream of this dialect.

Taken are JPEG, PNG, GIF and WebP pictures (platform.claude.com/docs/en/build-with-claude/vision), PDF and plain text
(.../pdf-support, .../citations), read 2026-11-21. Where something cannot be sent a text says so in its place. Files are
kept by one vendor, so only a client of this dialect can mean one.
"""

import base64
from collections.abc import Mapping

from gate.core.dialect import Dialect
from gate.core.loss import Feature, LossAction, Use
from gate.protocols.anthropic_messages.ledger import Ledger
from gate.protocols.canonical.parts import Foreign, Media, MediaKind, Part, Refusal, Text, Wire
from gate.protocols.translation import Aim

_PDF = "application/pdf"
_PICTURES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
_SAME = {"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/x-png": "image/png"}
# What the first bytes are in base64.
_MAGIC = (
    ("iVBORw0KGgo", "image/png"),
    ("/9j/", "image/jpeg"),
    ("R0lGOD", "image/gif"),
    ("UklGR", "image/webp"),
    ("JVBERi", _PDF),
)
_TEXTS = ("text/", "application/json", "application/xml", "application/yaml", "application/x-yaml")
FEATURES: Mapping[MediaKind, Feature] = {
    MediaKind.IMAGE: Feature.IMAGES,
    MediaKind.DOCUMENT: Feature.DOCUMENTS,
    MediaKind.AUDIO: Feature.AUDIO,
    MediaKind.VIDEO: Feature.AUDIO,
}


class MediaWriter:
    """Writes the media of one request."""

    def __init__(self, aim: Aim, ledger: Ledger, dialect: Dialect) -> None:
        self._cannot = aim.quirks.cannot
        self._ledger = ledger
        self._own = dialect is Dialect.ANTHROPIC_MESSAGES

    def block(self, media: Media, path: str) -> dict[str, object]:
        """The block, or a text in its place."""
        made = self._block(media, path)
        if made is None:
            self._ledger.lose(FEATURES[media.kind], path, LossAction.REPLACED)
            made = dict[str, object](type="text", text=_stand_in(media))
        if media.cache is not None:
            made["cache_control"] = media.cache
        return made

    def _block(self, media: Media, path: str) -> dict[str, object] | None:
        if media.kind is MediaKind.IMAGE:
            source = self._picture(media)
            return None if source is None else {"type": "image", "source": source}
        if media.kind is not MediaKind.DOCUMENT:
            return None
        source = self._document(media, path)
        if source is None:
            return None
        block: dict[str, object] = {"type": "document", "source": source}
        if media.name:
            block["title"] = media.name
        if media.context:
            block["context"] = media.context
        if media.cite:
            block["citations"] = {"enabled": True}
        return block

    def _picture(self, media: Media) -> Wire | None:
        if media.data is not None:
            kind = _kind(media)
            if kind not in _PICTURES or Use.IMAGE_DATA in self._cannot:
                return None
            return {"type": "base64", "media_type": kind, "data": media.data}
        if media.url and Use.IMAGE_URL not in self._cannot:
            return {"type": "url", "url": media.url}
        if media.file_id and self._own and Use.IMAGE_FILE not in self._cannot:
            return {"type": "file", "file_id": media.file_id}
        return None

    def _document(self, media: Media, path: str) -> Wire | None:
        if media.text is not None:
            return _text_source(media.text) if media.text.strip() else None
        if media.content is not None:
            return self._content(media, path)
        if media.data is not None:
            return self._file(media, media.data, path)
        if media.url and (media.media_type or _PDF) == _PDF and Use.DOCUMENT_URL not in self._cannot:
            return {"type": "url", "url": media.url}
        if media.file_id and self._own and Use.DOCUMENT_FILE not in self._cannot:
            return {"type": "file", "file_id": media.file_id}
        return None

    def _content(self, media: Media, path: str) -> Wire | None:
        content: list[Wire] = []
        for at, part in enumerate(media.content or ()):
            inner = f"{path}.content[{at}]"
            if isinstance(part, Media) and part.kind is MediaKind.IMAGE:
                content.append(self.block(part, inner))
                continue
            text = plain(part)
            if not isinstance(part, Text):
                self._ledger.lose(Feature.OTHER, inner, LossAction.REPLACED if text else LossAction.DROPPED)
            if text and text.strip():
                content.append({"type": "text", "text": text})
        return {"type": "content", "content": content} if content else None

    def _file(self, media: Media, data: str, path: str) -> Wire | None:
        kind = _kind(media)
        if kind == _PDF:
            return None if Use.DOCUMENT_DATA in self._cannot else {"type": "base64", "media_type": _PDF, "data": data}
        if kind is None or kind.startswith(_TEXTS):
            text = _decoded(data)
            if text is not None and text.strip():
                if kind != "text/plain":
                    self._ledger.lose(Feature.DOCUMENTS, path, LossAction.APPROXIMATED)
                return _text_source(text)
        return None


def plain(part: Part) -> str | None:
    """The words of a part that has some."""
    if isinstance(part, Text | Refusal | Foreign):
        return part.text
    return None


def _text_source(text: str) -> Wire:
    return {"type": "text", "media_type": "text/plain", "data": text}


def _kind(media: Media) -> str | None:
    """The media type as this dialect spells it. Pictures are refused when they are of another type than is said, so
    their first bytes count for more."""
    data = media.data or ""
    found = next((kind for begins, kind in _MAGIC if data.startswith(begins)), None)
    if found is not None:
        return found
    told = (media.media_type or "").partition(";")[0].strip().lower()
    return _SAME.get(told, told) or None


def _decoded(data: str) -> str | None:
    try:
        return base64.b64decode(data, validate=True).decode()
    except ValueError:
        return None


def _stand_in(media: Media) -> str:
    named = f" {media.name}" if media.name else ""
    where = f" at {media.url}" if media.url and not media.url.startswith("data:") else ""
    return f"[{media.kind.value}{named}{where}: not available here]"

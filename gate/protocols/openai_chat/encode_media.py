"""Media of another dialect's request as chat content parts.

Images go as data or by URL, PDFs and other documents as `file` parts with their data, plain-text documents as text,
WAV and MP3 as `input_audio`. A text stands in the place of what chat (or this provider) has no part for, so that the
model knows that something was there. Parts: github.com/openai/openai-python 3.54.0; Mistral's own (`document_url` for
documents, sound without a format): its openapi.yaml. Both read 2026-11-21.
"""

from collections.abc import Sequence

from gate.core.dialect import Dialect
from gate.core.loss import Feature, LossAction, Use
from gate.protocols.canonical.parts import Foreign, Media, MediaKind, Part, Refusal, Text, Wire
from gate.protocols.openai_chat.ledger import Ledger
from gate.protocols.openai_chat.media import address, audio_format, media_type, plain_text
from gate.protocols.translation import Aim

_FEATURES = {
    MediaKind.IMAGE: Feature.IMAGES,
    MediaKind.DOCUMENT: Feature.DOCUMENTS,
    MediaKind.AUDIO: Feature.AUDIO,
    MediaKind.VIDEO: Feature.AUDIO,
}
_OPENAI = (Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES)


def feature_of(media: Media) -> Feature:
    return _FEATURES[media.kind]


def text_part(text: str) -> Wire:
    return {"type": "text", "text": text}


class MediaWriter:
    """For one request: dialect it came in, and whom it is for."""

    def __init__(self, dialect: Dialect, aim: Aim, ledger: Ledger) -> None:
        self._ledger = ledger
        self._cannot = aim.quirks.cannot
        # Files are kept by the vendor they were given to.
        self._knows_files = aim.vendor == "openai" and dialect in _OPENAI
        self._mistral = aim.vendor == "mistral"

    def parts(self, media: Media, path: str) -> list[Wire]:
        """What is sent for it, at least one part."""
        if media.cache is not None:
            self._ledger.lose(Feature.CACHE_HINTS, f"{path}.cache_control")
        if media.cite:
            self._ledger.lose(Feature.CITATIONS, f"{path}.citations")
        match media.kind:
            case MediaKind.IMAGE:
                found = self._image(media)
            case MediaKind.DOCUMENT:
                return self._document(media, path)
            case MediaKind.AUDIO:
                found = self._audio(media)
            case MediaKind.VIDEO:
                found = None
        return [self._stand_in(media, path) if found is None else found]

    def _stand_in(self, media: Media, path: str) -> Wire:
        self._ledger.lose(feature_of(media), path, LossAction.REPLACED)
        # An address still says something, a file's id or its data does not.
        known = [media.name or "", media.url or ""]
        return text_part(f"[{' '.join([media.kind.value, *filter(None, known)])}: not available to this model]")

    def _image(self, media: Media) -> Wire | None:
        refused = Use.IMAGE_URL if media.data is None else Use.IMAGE_DATA
        url = address(media)
        if url is None or refused in self._cannot:
            return None
        image: dict[str, object] = {"url": url}
        if media.detail is not None:
            image["detail"] = media.detail
        return {"type": "image_url", "image_url": image}

    def _audio(self, media: Media) -> Wire | None:
        spelled = audio_format(media)
        if media.data is None or Use.AUDIO in self._cannot:
            return None
        if self._mistral:
            return {"type": "input_audio", "input_audio": media.data}
        if spelled is None:
            return None
        return {"type": "input_audio", "input_audio": {"data": media.data, "format": spelled}}

    def _document(self, media: Media, path: str) -> list[Wire]:
        """A document's own context and title come before it as text."""
        about = [text_part(media.context)] if media.context else []
        text = plain_text(media)
        if text is not None:
            self._ledger.lose(Feature.DOCUMENTS, path, LossAction.APPROXIMATED)
            return [*about, text_part(_titled(media.name, text))]
        if media.content is not None:
            self._ledger.lose(Feature.DOCUMENTS, path, LossAction.APPROXIMATED)
            titled = [text_part(media.name)] if media.name else []
            return [*about, *titled, *self._inner(media.content, path)]
        found = self._file(media)
        return [*about, self._stand_in(media, path) if found is None else found]

    def _inner(self, content: Sequence[Part], path: str) -> list[Wire]:
        found: list[Wire] = []
        for at, part in enumerate(content):
            if isinstance(part, Media):
                found += self.parts(part, f"{path}.content[{at}]")
            elif (text := plain(part)) is not None:
                found.append(text_part(text))
            else:
                self._ledger.lose(Feature.OTHER, f"{path}.content[{at}]")
        return found

    def _file(self, media: Media) -> Wire | None:
        if self._mistral:
            return self._document_url(media)
        named: dict[str, object] = {} if media.name is None else {"filename": media.name}
        if media.data is not None and Use.DOCUMENT_DATA not in self._cannot:
            kind = media_type(media)
            data = f"data:{kind};base64,{media.data}"
            # OpenAI refuses a file without a name.
            return {"type": "file", "file": {"filename": f"document.{_ending(kind)}", **named, "file_data": data}}
        if media.file_id is not None and self._knows_files and Use.DOCUMENT_FILE not in self._cannot:
            return {"type": "file", "file": {"file_id": media.file_id}}
        return None

    def _document_url(self, media: Media) -> Wire | None:
        url = address(media)
        if url is None or (Use.DOCUMENT_URL if media.data is None else Use.DOCUMENT_DATA) in self._cannot:
            return None
        named = {} if media.name is None else {"document_name": media.name}
        return {"type": "document_url", "document_url": url, **named}


def plain(part: Part) -> str | None:
    """The words of a part that has some."""
    if isinstance(part, Text | Refusal):
        return part.text
    return part.text if isinstance(part, Foreign) else None


def _titled(name: str | None, text: str) -> str:
    return text if name is None else f"{name}\n\n{text}"


def _ending(kind: str) -> str:
    return kind.rpartition("/")[2].rpartition(".")[2]

"""Media parts: `inlineData` (base64) and `fileData` (a URI), both ways.

A URI may be a file of the vendor's own storage (Files API, `gs://`), a YouTube address, or any public or signed https
address: blog.google/innovation-and-ai/technology/developers-tools/gemini-api-new-file-limits, read 2026-11-21.
"""

import base64
import re
from binascii import Error as BinasciiError

from gate.core.loss import Use
from gate.protocols.canonical.parts import Media, MediaKind, Wire
from gate.protocols.gemini.names import object_of, text_of

_OWN_FILE = re.compile(r"gs://|files/|https://generativelanguage\.googleapis\.com/", re.IGNORECASE)
_VIDEO = re.compile(r"https?://(?:www\.|m\.)?(?:youtube\.com|youtu\.be)/", re.IGNORECASE)
_PLAIN = re.compile(r"text/|application/(?:json|xml|javascript|x-javascript|rtf)\b", re.IGNORECASE)
REFUSED_IMAGES = frozenset({"image/gif", "image/svg+xml", "image/tiff"})
"""Images Gemini does not look at (ai.google.dev/gemini-api/docs/image-understanding: PNG, JPEG, WEBP, HEIC, HEIF)."""
_BY_ENDING = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "heic": "image/heic",
    "heif": "image/heif",
    "gif": "image/gif",
    "bmp": "image/bmp",
    "pdf": "application/pdf",
    "txt": "text/plain",
    "md": "text/plain",
    "csv": "text/csv",
    "html": "text/html",
    "json": "application/json",
    "xml": "text/xml",
    "mp3": "audio/mp3",
    "wav": "audio/wav",
    "mp4": "video/mp4",
    "webm": "video/webm",
}
_ENDING = re.compile(r"\.([A-Za-z0-9]{2,5})(?:[?#]|$)")
_USUAL = {
    MediaKind.IMAGE: "image/jpeg",
    MediaKind.DOCUMENT: "application/pdf",
    MediaKind.AUDIO: "audio/wav",
    MediaKind.VIDEO: "video/mp4",
}


def kind_of(media_type: str | None, uri: str = "") -> MediaKind:
    """What a MIME type stands for. Without one the address tells."""
    told = (media_type or _by_ending(uri) or ("video/*" if _VIDEO.match(uri) else "")).lower()
    for kind in (MediaKind.IMAGE, MediaKind.AUDIO, MediaKind.VIDEO):
        if told.startswith(f"{kind.value}/"):
            return kind
    return MediaKind.DOCUMENT


def is_own_file(uri: str) -> bool:
    """Whether only the vendor itself can read it."""
    return _OWN_FILE.match(uri) is not None


def is_plain(media_type: str | None) -> bool:
    """Whether the bytes are text."""
    return _PLAIN.match(media_type or "") is not None


def use_of(kind: MediaKind, *, file: bool, url: bool, plain: bool = False) -> Use:
    """What such a part uses."""
    if kind is MediaKind.IMAGE:
        return Use.IMAGE_FILE if file else Use.IMAGE_URL if url else Use.IMAGE_DATA
    if kind is MediaKind.DOCUMENT:
        if file or url:
            return Use.DOCUMENT_FILE if file else Use.DOCUMENT_URL
        return Use.DOCUMENT_TEXT if plain else Use.DOCUMENT_DATA
    return Use.AUDIO if kind is MediaKind.AUDIO else Use.VIDEO


def read_media(part: Wire, raw: Wire | None) -> Media | None:
    """The media of a part that has some. raw: what to keep of it."""
    blob = object_of(part, "inlineData")
    if blob:
        return _inline(blob, raw)
    file = object_of(part, "fileData")
    uri = text_of(file, "fileUri")
    if uri is None:
        return None
    told = text_of(file, "mimeType")
    name = text_of(file, "displayName")
    kind = kind_of(told, uri)
    if is_own_file(uri):
        return Media(kind, told, file_id=uri, name=name, raw=raw)
    return Media(kind, told, url=uri, name=name, raw=raw)


def _inline(blob: Wire, raw: Wire | None) -> Media | None:
    data = text_of(blob, "data")
    if data is None:
        return None
    told = text_of(blob, "mimeType")
    name = text_of(blob, "displayName")
    kind = kind_of(told)
    # Google reads both alphabets of base64; other vendors only the first.
    data = data.replace("-", "+").replace("_", "/")
    if kind is MediaKind.DOCUMENT and is_plain(told):
        try:
            return Media(kind, told, text=base64.b64decode(data, validate=True).decode(), name=name, raw=raw)
        except (BinasciiError, ValueError):
            pass
    return Media(kind, told, data=data, name=name, raw=raw)


def write_media(media: Media) -> dict[str, object] | None:
    """The part for data and addresses; None for what is neither."""
    if media.data is not None:
        return {"inlineData": {"mimeType": media.media_type or _USUAL[media.kind], "data": media.data}}
    if media.url is None:
        return None
    told = media.media_type or _by_ending(media.url) or (None if _VIDEO.match(media.url) else _USUAL[media.kind])
    return {"fileData": {"fileUri": media.url} if told is None else {"fileUri": media.url, "mimeType": told}}


def _by_ending(uri: str) -> str | None:
    found = _ENDING.search(uri)
    return None if found is None else _BY_ENDING.get(found[1].lower())

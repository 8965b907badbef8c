"""Media as chat parts and as the addresses in them, written."""

import base64

from gate.protocols.canonical.parts import Media, MediaKind, Wire

# What base64 of these formats begins with.
_SIGNS = {"iVBOR": "image/png", "/9j/": "image/jpeg", "R0lGOD": "image/gif", "UklGR": "image/webp"}
_DEFAULTS = {MediaKind.IMAGE: "image/png", MediaKind.DOCUMENT: "application/pdf", MediaKind.AUDIO: "audio/wav"}
_AUDIO_FORMATS = {
    "audio/wav": "wav",
    "audio/wave": "wav",
    "audio/x-wav": "wav",
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
}
_TEXTS = ("application/json", "application/xml")


def address(media: Media) -> str | None:
    """A `data:` URL or the URL; None when it has neither."""
    if media.data is not None:
        return f"data:{media_type(media)};base64,{media.data}"
    return media.url


def media_type(media: Media) -> str:
    """Its MIME type, looked up in its first bytes where none was told."""
    if media.media_type:
        return media.media_type
    found = (kind for sign, kind in _SIGNS.items() if (media.data or "").startswith(sign))
    return next(found, _DEFAULTS.get(media.kind, "application/octet-stream"))


def audio_format(media: Media) -> str | None:
    """OpenAI's word for it; None for a format its models do not take."""
    return _AUDIO_FORMATS.get((media.media_type or "audio/wav").partition(";")[0].strip().lower())


def plain_text(media: Media) -> str | None:
    """The text of a document that is one, whether it came as text or as data; None for any other."""
    kind = (media.media_type or "").partition(";")[0].strip().lower()
    if media.data is None or not (kind.startswith("text/") or kind in _TEXTS):
        return media.text
    try:
        return base64.b64decode(media.data, validate=True).decode()
    except ValueError:  # no base64, or no UTF-8
        return None


def answer_image(media: Media) -> Wire | None:
    """A picture a model made, as OpenRouter gives it (`images`); OpenAI's chat has no place for one."""
    url = address(media)
    return None if url is None else {"type": "image_url", "image_url": {"url": url}}

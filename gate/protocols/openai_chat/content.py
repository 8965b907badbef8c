"""Content parts of chat messages, read. One reader for requests and answers, OpenAI's parts and its imitators'.

Sources, read 2026-11-21: github.com/openai/openai-python 3.54.0 (types/chat), Mistral's openapi.yaml
(`document_url`, `thinking`, images and audio as plain strings), github.com/OpenRouterTeam/typescript-sdk
(`cache_control`, `video_url`), github.com/Cerebras/cerebras-cloud-sdk-python (`image`).
"""

import base64
from collections.abc import Mapping
from typing import cast
from urllib.parse import unquote_to_bytes

from gate.core.dialect import Dialect
from gate.protocols.canonical.parts import Foreign, Media, MediaKind, Part, Refusal, Text, Thinking, Wire
from gate.protocols.fields import mapping

_TYPES_BY_ENDING = {
    "pdf": "application/pdf",
    "txt": "text/plain",
    "md": "text/markdown",
    "csv": "text/csv",
    "html": "text/html",
    "json": "application/json",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_AUDIO_TYPES = {"mp3": "audio/mpeg", "wav": "audio/wav"}
# A breakpoint of OpenAI's prompt cache says what Anthropic's `cache_control` says; its lifetimes are others.
_BREAKPOINT: Wire = {"type": "ephemeral"}


def read_content(content: object) -> list[Part]:
    """The parts of a `content` member: a string, null, or an array. Anything else is nothing."""
    if isinstance(content, str):
        return [Text(content)] if content else []
    if not isinstance(content, list):
        return []
    return [part for value in cast("list[object]", content) if (part := read_part(value)) is not None]


def read_part(value: object) -> Part | None:
    """One part; None for what is no part at all."""
    if isinstance(value, str):
        return Text(value) if value else None
    part = mapping(value)
    if not part:
        return None
    kind = part.get("type")
    if kind == "text" and isinstance(part.get("text"), str):
        return Text(cast("str", part["text"]), cache=_cache(part), raw=part)
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    found = None if reader is None else reader(part)
    return _foreign(part) if found is None else found


def _foreign(part: Wire) -> Foreign:
    text = part.get("text")
    kind = part.get("type")
    said = text if isinstance(text, str) and text else None
    return Foreign(Dialect.OPENAI_CHAT, kind if isinstance(kind, str) else "", part, text=said)


def _cache(part: Wire) -> Wire | None:
    asked = mapping(part.get("cache_control"))
    if asked:
        return asked
    return _BREAKPOINT if mapping(part.get("prompt_cache_breakpoint")) else None


def _refusal(part: Wire) -> Part | None:
    text = part.get("refusal")
    return Refusal(text, raw=part) if isinstance(text, str) else None


def _image(part: Wire) -> Part | None:
    value = part.get("image_url", part.get("image"))
    inner = mapping(value)
    url = value if isinstance(value, str) else inner.get("url")
    if not isinstance(url, str) or not url:
        return None
    detail = inner.get("detail", part.get("detail"))
    media_type, data = data_url(url)
    return Media(
        MediaKind.IMAGE,
        media_type=media_type,
        data=data,
        url=url if data is None else None,
        detail=detail if isinstance(detail, str) else None,
        cache=_cache(part),
        raw=part,
    )


def _audio(part: Wire) -> Part | None:
    value = part.get("input_audio")
    inner = mapping(value)
    found = value if isinstance(value, str) else inner.get("data")
    if not isinstance(found, str) or not found:
        return None
    media_type, data = data_url(found)
    spelled = inner.get("format")
    if media_type is None and isinstance(spelled, str):
        media_type = _AUDIO_TYPES.get(spelled, f"audio/{spelled}")
    url = found if data is None else None
    return Media(MediaKind.AUDIO, media_type=media_type, data=data, url=url, cache=_cache(part), raw=part)


def _file(part: Wire) -> Part | None:
    """`{file: {file_data | file_id, filename}}`; Mistral's has its `file_id` outside."""
    file = mapping(part.get("file")) or part
    named, found, file_id = file.get("filename"), file.get("file_data"), file.get("file_id")
    name = named if isinstance(named, str) else None
    if isinstance(found, str) and found:
        media_type, data = data_url(found)
        media_type = media_type or _type_of(name)
        url = found if data is None else None
        return Media(_kind_of(media_type), media_type, data, url, name=name, cache=_cache(part), raw=part)
    if isinstance(file_id, str) and file_id:
        return Media(MediaKind.DOCUMENT, _type_of(name), file_id=file_id, name=name, cache=_cache(part), raw=part)
    return None


def _document(part: Wire) -> Part | None:
    value = part.get("document_url")
    url = value if isinstance(value, str) else mapping(value).get("url")
    if not isinstance(url, str) or not url:
        return None
    named = part.get("document_name")
    media_type, data = data_url(url)
    return Media(
        MediaKind.DOCUMENT,
        media_type=media_type,
        data=data,
        url=url if data is None else None,
        name=named if isinstance(named, str) else None,
        raw=part,
    )


def _video(part: Wire) -> Part | None:
    value = part.get("video_url", part.get("input_video"))
    url = value if isinstance(value, str) else mapping(value).get("url")
    if not isinstance(url, str) or not url:
        return None
    media_type, data = data_url(url)
    return Media(MediaKind.VIDEO, media_type=media_type, data=data, url=url if data is None else None, raw=part)


def _thinking(part: Wire) -> Part | None:
    """Mistral's: `{type: thinking, thinking: [{type: text, text}, ...]}`."""
    return Thinking(text_of(part.get("thinking")), raw=part)


_READERS = {
    "refusal": _refusal,
    "image_url": _image,
    "image": _image,
    "input_audio": _audio,
    "file": _file,
    "document_url": _document,
    "video_url": _video,
    "input_video": _video,
    "thinking": _thinking,
}


def text_of(value: object) -> str:
    """The text of a string, or of an array of text parts."""
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        return ""
    texts = (mapping(part).get("text") for part in cast("list[object]", value))
    return "".join(text for text in texts if isinstance(text, str))


def data_url(value: str) -> tuple[str | None, str | None]:
    """MIME type and base64 of a `data:` URL (RFC 2397) or of bare base64; nothing of any other address."""
    if value[:5].lower() != "data:":
        # An address has its scheme before the first colon; base64 has no colon.
        return None, None if ":" in value[:64] else value
    comma = value.find(",")
    if comma < 0:
        return None, None
    head = value[5:comma]
    media_type = head.partition(";")[0].strip() or None
    if head.lower().endswith(";base64"):
        return media_type, value[comma + 1 :]
    return media_type or "text/plain", base64.b64encode(unquote_to_bytes(value[comma + 1 :])).decode("ascii")


def _type_of(name: str | None) -> str | None:
    return None if name is None else _TYPES_BY_ENDING.get(name.rpartition(".")[2].lower())


def _kind_of(media_type: str | None) -> MediaKind:
    match (media_type or "").partition("/")[0]:
        case "image":
            return MediaKind.IMAGE
        case "audio":
            return MediaKind.AUDIO
        case "video":
            return MediaKind.VIDEO
        case _:
            return MediaKind.DOCUMENT


def said(message: Mapping[str, object], name: str) -> str:
    """A member that is a string; empty for everything else."""
    value = message.get(name)
    return value if isinstance(value, str) else ""

"""Content of messages and of tool outputs, and the annotations of a text, read into parts.

Shapes: the content unions of https://platform.openai.com/docs/api-reference/responses/create (read 2026-11-21) and the
types of the openai SDK 3.54. What is not known here becomes `Foreign`; nothing raises.
"""

from collections.abc import Mapping, Sequence

from gate.core.dialect import Dialect
from gate.protocols.canonical.parts import Citation, Foreign, Media, MediaKind, Part, Refusal, Text, Wire
from gate.protocols.fields import mapping
from gate.protocols.openai_responses.values import array, filled, integer, string

DIALECT = Dialect.OPENAI_RESPONSES
_TEXTS = frozenset({"input_text", "output_text", "text", "summary_text", "reasoning_text"})
_BY_ENDING = {
    "pdf": "application/pdf",
    "txt": "text/plain",
    "md": "text/markdown",
    "csv": "text/csv",
    "html": "text/html",
    "json": "application/json",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def parts_of(content: object) -> tuple[Part, ...]:
    """content: a string or a list of content parts; of anything else nothing."""
    if isinstance(content, str):
        return (Text(content),) if content else ()
    return tuple([_part(value) for value in array(content)])


def _part(value: object) -> Part:
    part = mapping(value)
    kind = string(part.get("type")) or ""
    if kind in _TEXTS and isinstance(text := part.get("text"), str):
        if len(part) == 2:
            return Text(text, None, (), part)
        citations = annotations(part["annotations"]) if part.get("annotations") else ()
        return Text(text, cache=_breakpoint(part), citations=citations, raw=part)
    if isinstance(value, str):
        return Text(value)
    if kind == "refusal":
        return Refusal(string(part.get("refusal")) or "", raw=part)
    if kind in ("input_image", "computer_screenshot"):
        return _image(part)
    if kind == "input_file":
        return _file(part)
    if kind == "input_audio":
        return _audio(part)
    return Foreign(DIALECT, kind or "unknown", part, text=filled(part.get("text")))


def is_item(part: Foreign) -> bool:
    """Whether this stood among the items of an input or an output, and not in the content of one."""
    return part.dialect is DIALECT and not part.kind.startswith(("input_", "output_"))


def _breakpoint(part: Wire) -> Wire | None:
    """OpenAI's explicit mark that a prefix ends here, in the one word for it that dialects share."""
    return {"type": "ephemeral"} if part.get("prompt_cache_breakpoint") else None


def _image(part: Wire) -> Part:
    # Some clients spell it like the chat dialect.
    given = part.get("image_url")
    url = string(given) or string(mapping(given).get("url"))
    detail, cache = string(part.get("detail")), _breakpoint(part)
    if url is not None:
        media_type, data = read_data_url(url)
        where = url if data is None else None
        return Media(MediaKind.IMAGE, media_type, data=data, url=where, detail=detail, cache=cache, raw=part)
    if (file_id := filled(part.get("file_id"))) is not None:
        return Media(MediaKind.IMAGE, file_id=file_id, detail=detail, cache=cache, raw=part)
    return Foreign(DIALECT, "input_image", part)


def _file(part: Wire) -> Part:
    name, detail, cache = filled(part.get("filename")), string(part.get("detail")), _breakpoint(part)
    given = filled(part.get("file_data"))
    if given is not None:
        media_type, data = read_data_url(given)
        if data is None:
            data, media_type = given, None  # the API also takes base64 alone
        media_type = media_type or _by_name(name)
        return Media(MediaKind.DOCUMENT, media_type, data=data, name=name, detail=detail, cache=cache, raw=part)
    if (url := filled(part.get("file_url"))) is not None:
        return Media(MediaKind.DOCUMENT, _by_name(name), url=url, name=name, detail=detail, cache=cache, raw=part)
    if (file_id := filled(part.get("file_id"))) is not None:
        return Media(MediaKind.DOCUMENT, file_id=file_id, name=name, detail=detail, cache=cache, raw=part)
    return Foreign(DIALECT, "input_file", part)


def _by_name(name: str | None) -> str | None:
    return None if name is None else _BY_ENDING.get(name.rpartition(".")[2].lower())


def _audio(part: Wire) -> Part:
    audio = mapping(part.get("input_audio"))
    data, form = filled(audio.get("data")), string(audio.get("format"))
    if data is None:
        return Foreign(DIALECT, "input_audio", part)
    return Media(MediaKind.AUDIO, None if form is None else AUDIO_TYPES.get(form, f"audio/{form}"), data=data, raw=part)


AUDIO_TYPES: Mapping[str, str] = {"mp3": "audio/mpeg", "wav": "audio/wav"}


def read_data_url(url: str) -> tuple[str | None, str | None]:
    """MIME type and base64 text of a `data:` URL; (None, None) for every other URL."""
    if not url.startswith("data:"):
        return None, None
    head, comma, data = url[5:].partition(",")
    kind, *options = head.split(";")
    if not comma or "base64" not in options:
        return None, None
    return kind or None, data


def annotations(value: object) -> tuple[Citation, ...]:
    """The annotations of a text."""
    return tuple([citation(annotation) for annotation in map(mapping, array(value)) if annotation])


def citation(annotation: Wire) -> Citation:
    """One annotation: `url_citation`, `file_citation`, `container_file_citation`, `file_path`, or a new one."""
    return Citation(
        DIALECT,
        annotation,
        url=string(annotation.get("url")),
        title=string(annotation.get("title")) or string(annotation.get("filename")),
        start=integer(annotation.get("start_index")),
        end=integer(annotation.get("end_index")),
    )


def texts_of(parts: Sequence[object]) -> str:
    """The texts of decoded `{"text": ...}` parts, one paragraph each."""
    return "\n\n".join([text for part in parts if (text := filled(mapping(part).get("text"))) is not None])

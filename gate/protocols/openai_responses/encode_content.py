"""Parts of messages and results written as content of this dialect, with what that costs.

Limits and shapes: https://platform.openai.com/docs/api-reference/responses/create and the guides to images and file
inputs beside it (read 2026-11-21), types of the openai SDK 3.54.
"""

from collections.abc import Sequence

from gate.core.dialect import Dialect
from gate.core.loss import Feature, Loss, LossAction, Use
from gate.core.profile import Quirks
from gate.protocols.canonical.parts import Citation, Foreign, Media, MediaKind, Part, Refusal, Text, ToolResult
from gate.protocols.openai_responses.content import DIALECT

Content = dict[str, object]

_DETAILS = frozenset({"low", "high", "auto", "original"})
_FEATURES = {
    MediaKind.IMAGE: Feature.IMAGES,
    MediaKind.DOCUMENT: Feature.DOCUMENTS,
    MediaKind.AUDIO: Feature.AUDIO,
    MediaKind.VIDEO: Feature.AUDIO,
}
_ENDINGS = {
    "application/pdf": "pdf",
    "text/plain": "txt",
    "text/markdown": "md",
    "text/csv": "csv",
    "text/html": "html",
    "application/json": "json",
}


class ContentWriter:
    """Writes content for one upstream. own: the request came in this dialect, so file ids and unknown parts are known
    there. losses: of everything written so far."""

    def __init__(self, origin: Dialect, quirks: Quirks) -> None:
        self.own = origin is DIALECT
        self._quirks = quirks
        self.losses: list[Loss] = []

    def lose(self, feature: Feature, path: str, action: LossAction) -> None:
        self.losses.append(Loss(feature, path, action))

    def inputs(self, parts: Sequence[Part], path: str) -> list[Content]:
        """What a user, a system or a tool says. path: of the message, each part stands at `.content[i]` of it."""
        made: list[Content] = []
        for at, part in enumerate(parts):
            made.extend(self.input(part, f"{path}.content[{at}]"))
        return made

    def input(self, part: Part, path: str) -> list[Content]:
        """One part, usually as one content part."""
        if self.own and part.raw is not None and not self._refused(part):
            return [dict(part.raw)]
        match part:
            case Text() | Refusal():
                if isinstance(part, Text):
                    self._unsaid(part, path)
                return [{"type": "input_text", "text": part.text}] if part.text else []
            case Media():
                return self._media(part, path)
            case Foreign():
                return self._foreign(part, path)
            case _:
                self.lose(Feature.OTHER, path, LossAction.DROPPED)
                return []

    def outputs(self, part: Text | Refusal, path: str) -> Content:
        """A text or a refusal of the model."""
        if self.own and part.raw is not None:
            return dict(part.raw)
        if isinstance(part, Refusal):
            return {"type": "refusal", "refusal": part.text}
        self._unsaid(part, path)
        annotations = [made for cited in part.citations if (made := annotation(cited, len(part.text))) is not None]
        if len(annotations) < len(part.citations):
            self.lose(Feature.CITATIONS, f"{path}.citations", LossAction.DROPPED)
        return {"type": "output_text", "text": part.text, "annotations": annotations}

    def _unsaid(self, part: Text | Media, path: str) -> None:
        if part.cache is not None:
            self.lose(Feature.CACHE_HINTS, f"{path}.cache_control", LossAction.DROPPED)

    def _foreign(self, part: Foreign, path: str) -> list[Content]:
        feature = Feature.SERVER_TOOLS if part.server else Feature.OTHER
        self.lose(feature, path, LossAction.REPLACED if part.text else LossAction.DROPPED)
        return [{"type": "input_text", "text": part.text}] if part.text else []

    def refuses(self, parts: Sequence[Part]) -> bool:
        """Whether the provider does not take some of these, though the dialect could carry them."""
        return bool(self._quirks.cannot) and any(
            self._refused(part) or (isinstance(part, ToolResult) and self.refuses(part.content)) for part in parts
        )

    def _refused(self, part: Part) -> bool:
        return isinstance(part, Media) and bool(self._quirks.cannot) and _use(part) in self._quirks.cannot

    def _media(self, part: Media, path: str) -> list[Content]:
        self._unsaid(part, path)
        if part.cite:
            self.lose(Feature.CITATIONS, f"{path}.citations", LossAction.DROPPED)
        made: list[Content] | None = None
        if not self._refused(part) and (part.file_id is None or self.own):
            if part.kind is MediaKind.IMAGE:
                made = _image(part)
            elif part.kind is MediaKind.DOCUMENT:
                made = self._document(part, path)
        if made is None:
            self.lose(_FEATURES[part.kind], path, LossAction.DROPPED)
        return made or []

    def _document(self, part: Media, path: str) -> list[Content] | None:
        if part.text is not None or part.content is not None:
            # Told as texts, because plain documents have no content type of their own here.
            self.lose(Feature.DOCUMENTS, path, LossAction.APPROXIMATED)
            head = " ".join(filter(None, (part.name, part.context)))
            named: list[Content] = [{"type": "input_text", "text": head}] if head else []
            if part.text is not None:
                return [*named, {"type": "input_text", "text": part.text}]
            return [*named, *self.inputs(part.content or (), path)]
        made = _file(part)
        if made is not None and part.context:
            made.insert(0, {"type": "input_text", "text": part.context})
        return made


def _use(part: Media) -> Use:
    """What a provider would have to know to take this part."""
    by_data, by_url, by_file = _USES[part.kind]
    if part.file_id is not None:
        return by_file
    if part.text is not None or part.content is not None:
        return Use.DOCUMENT_TEXT
    return by_url if part.url is not None else by_data


_USES = {
    MediaKind.IMAGE: (Use.IMAGE_DATA, Use.IMAGE_URL, Use.IMAGE_FILE),
    MediaKind.DOCUMENT: (Use.DOCUMENT_DATA, Use.DOCUMENT_URL, Use.DOCUMENT_FILE),
    MediaKind.AUDIO: (Use.AUDIO, Use.AUDIO, Use.AUDIO),
    MediaKind.VIDEO: (Use.VIDEO, Use.VIDEO, Use.VIDEO),
}


def _image(part: Media) -> list[Content] | None:
    detail = part.detail if part.detail in _DETAILS else "auto"
    if part.data is not None:
        url = f"data:{part.media_type or 'image/png'};base64,{part.data}"
        return [{"type": "input_image", "image_url": url, "detail": detail}]
    if part.url is not None:
        return [{"type": "input_image", "image_url": part.url, "detail": detail}]
    if part.file_id is not None:
        return [{"type": "input_image", "file_id": part.file_id, "detail": detail}]
    return None


def _file(part: Media) -> list[Content] | None:
    if part.data is not None:
        media_type = part.media_type or "application/pdf"
        name = part.name or f"document.{_ENDINGS.get(media_type, 'pdf')}"
        data = f"data:{media_type};base64,{part.data}"
        return [{"type": "input_file", "filename": name, "file_data": data}]
    if part.url is not None:
        return [{"type": "input_file", "file_url": part.url}]
    if part.file_id is not None:
        return [{"type": "input_file", "file_id": part.file_id}]
    return None


def annotation(cited: Citation, length: int) -> Content | None:
    """A citation as an annotation of a text of that many characters; None when it cannot be told here."""
    if cited.dialect is DIALECT:
        return dict(cited.raw)
    if cited.url is None:
        return None
    start = 0 if cited.start is None else cited.start
    end = length if cited.end is None else cited.end
    title = cited.title or cited.url
    return {"type": "url_citation", "url": cited.url, "title": title, "start_index": start, "end_index": end}

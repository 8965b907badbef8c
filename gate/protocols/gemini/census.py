"""What a Gemini request uses, seen in one typed pass over its bytes: kinds of parts and tools, never a text."""

from dataclasses import dataclass, field

import msgspec

from gate.core.loss import Use
from gate.protocols.canonical.parts import MediaKind
from gate.protocols.fields import ABSENT, begins, decoded, is_null, raw_members, text
from gate.protocols.gemini.media import is_own_file, is_plain, kind_of, use_of
from gate.protocols.gemini.names import snake, whole
from gate.protocols.gemini.thoughts import read_token


class _Object(msgspec.Struct, gc=False):
    """Any object."""


class _Blob(msgspec.Struct, gc=False):
    """The head of `inlineData` or `fileData`."""

    mimeType: str | None = None
    mime_type: str | None = None
    fileUri: str | None = None
    file_uri: str | None = None


class _ResultPart(msgspec.Struct, gc=False):
    inlineData: _Blob | None = None
    inline_data: _Blob | None = None
    fileData: _Blob | None = None
    file_data: _Blob | None = None


class _Result(msgspec.Struct, gc=False):
    parts: list[_ResultPart] | None = None


class _Part(msgspec.Struct, gc=False):
    text: msgspec.Raw = ABSENT
    thought: msgspec.Raw = ABSENT
    thoughtSignature: msgspec.Raw = ABSENT
    thought_signature: msgspec.Raw = ABSENT
    inlineData: _Blob | None = None
    inline_data: _Blob | None = None
    fileData: _Blob | None = None
    file_data: _Blob | None = None
    functionCall: _Object | None = None
    function_call: _Object | None = None
    functionResponse: _Result | None = None
    function_response: _Result | None = None
    executableCode: _Object | None = None
    executable_code: _Object | None = None
    codeExecutionResult: _Object | None = None
    code_execution_result: _Object | None = None
    toolCall: _Object | None = None
    tool_call: _Object | None = None
    toolResponse: _Object | None = None
    tool_response: _Object | None = None


class Content(msgspec.Struct, gc=False):
    """One turn."""

    parts: list[_Part] | _Part | None = None


class Tool(msgspec.Struct, gc=False):
    """One element of `tools`; each kind it may hold. Computer use is the only one a client runs beside functions."""

    functionDeclarations: list[_Object] | None = None
    function_declarations: list[_Object] | None = None
    googleSearch: _Object | None = None
    google_search: _Object | None = None
    googleSearchRetrieval: _Object | None = None
    google_search_retrieval: _Object | None = None
    enterpriseWebSearch: _Object | None = None
    enterprise_web_search: _Object | None = None
    computerUse: _Object | None = None
    computer_use: _Object | None = None
    codeExecution: _Object | None = None
    code_execution: _Object | None = None
    urlContext: _Object | None = None
    url_context: _Object | None = None
    googleMaps: _Object | None = None
    google_maps: _Object | None = None
    fileSearch: _Object | None = None
    file_search: _Object | None = None
    retrieval: _Object | None = None
    mcpServers: msgspec.Raw = ABSENT
    mcp_servers: msgspec.Raw = ABSENT

    @property
    def functions(self) -> bool:
        return bool(self.functionDeclarations or self.function_declarations)

    @property
    def searches(self) -> bool:
        return any(
            one is not None
            for one in (
                self.googleSearch,
                self.google_search,
                self.googleSearchRetrieval,
                self.google_search_retrieval,
                self.enterpriseWebSearch,
                self.enterprise_web_search,
            )
        )

    @property
    def operates(self) -> bool:
        return self.computerUse is not None or self.computer_use is not None

    @property
    def serves(self) -> bool:
        """Whether Google runs some other tool."""
        held = (
            self.codeExecution,
            self.code_execution,
            self.urlContext,
            self.url_context,
            self.googleMaps,
            self.google_maps,
            self.fileSearch,
            self.file_search,
            self.retrieval,
        )
        return any(one is not None for one in held) or not (is_null(self.mcpServers) and is_null(self.mcp_servers))

    @property
    def offers(self) -> bool:
        """Whether there is any tool in it."""
        return self.functions or self.searches or self.operates or self.serves


@dataclass(slots=True)
class Seen:
    """What was found so far. pictures: images or documents."""

    uses: set[Use] = field(default_factory=set[Use])
    pictures: bool = False

    def blob(self, blob: _Blob, *, in_result: bool = False) -> None:
        """Some media."""
        told = blob.mimeType or blob.mime_type
        uri = blob.fileUri or blob.file_uri or ""
        kind = kind_of(told, uri)
        own = bool(uri) and is_own_file(uri)
        self.uses.add(use_of(kind, file=own, url=bool(uri), plain=is_plain(told)))
        if kind is MediaKind.IMAGE and in_result:
            self.uses.add(Use.TOOL_RESULT_IMAGE)
        self.pictures = self.pictures or kind in (MediaKind.IMAGE, MediaKind.DOCUMENT)

    def tool(self, tool: Tool) -> None:
        for held, use in (
            (tool.searches, Use.WEB_SEARCH),
            (tool.operates, Use.CLIENT_TOOL),
            (tool.serves, Use.SERVER_TOOL),
        ):
            if held:
                self.uses.add(use)

    def cached(self) -> None:
        self.uses.add(Use.STORED_STATE)


def look_at(content: Content, seen: Seen) -> None:
    """One turn's parts."""
    parts = content.parts
    for part in parts if isinstance(parts, list) else () if parts is None else (parts,):
        _part(part, seen)


def _part(part: _Part, seen: Seen) -> None:
    called = part.functionCall is not None or part.function_call is not None
    result = part.functionResponse or part.function_response
    blob = part.inlineData or part.inline_data or part.fileData or part.file_data
    if blob is not None:
        seen.blob(blob)
    elif result is not None:
        for inner in result.parts or ():
            held = inner.inlineData or inner.inline_data or inner.fileData or inner.file_data
            if held is not None:
                seen.blob(held, in_result=True)
    elif _is_server_side(part):
        seen.uses.add(Use.SERVER_TOOL_HISTORY)
    elif not called and not begins(part.text, b'"') and is_null(part.thought) and not _signed(part):
        seen.uses.add(Use.OTHER_BLOCK)
    # The signature of a call is no history of thinking: it rides with the call.
    if not called and (begins(part.thought, b"t") or _signed(part)):
        seen.uses.add(Use.THINKING_HISTORY)


def _is_server_side(part: _Part) -> bool:
    return any(
        one is not None
        for one in (
            part.executableCode,
            part.executable_code,
            part.codeExecutionResult,
            part.code_execution_result,
            part.toolCall,
            part.tool_call,
            part.toolResponse,
            part.tool_response,
        )
    )


def _signed(part: _Part) -> bool:
    if is_null(part.thoughtSignature) and is_null(part.thought_signature):
        return False
    return read_token(text(part.thoughtSignature) or text(part.thought_signature)) is not None


JSON_TYPES = ("application/json", "APPLICATION_JSON")


@dataclass(frozen=True, slots=True)
class Config:
    """What the planner needs of `generationConfig`."""

    thinking: bool = False
    json_schema: bool = False
    max_tokens: int | None = None


def config_of(raw: msgspec.Raw | None, seen: Seen) -> Config:
    """Lenient: what cannot be read is the upstream's business."""
    members = _Members(raw)
    thinking = _Members(members.get("thinkingConfig"))
    budget = whole(decoded(thinking.get("thinkingBudget")))
    thinks = (budget is not None and budget > 0) or bool(text(thinking.get("thinkingLevel")))
    if thinks:
        seen.uses.add(Use.THINKING)
    schema = _schema(members)
    if schema:
        seen.uses.add(Use.JSON_SCHEMA)
    elif text(members.get("responseMimeType")) in JSON_TYPES:
        seen.uses.add(Use.JSON_OBJECT)
    choices = whole(decoded(members.get("candidateCount")))
    if choices is not None and choices > 1:
        seen.uses.add(Use.SEVERAL_CHOICES)
    if decoded(members.get("responseLogprobs")) is True:
        seen.uses.add(Use.LOGPROBS)
    return Config(thinks, schema, whole(decoded(members.get("maxOutputTokens"))))


def _schema(members: "_Members") -> bool:
    if any(members.get(name) is not None for name in ("responseSchema", "responseJsonSchema", "_responseJsonSchema")):
        return True
    return _Members(_Members(members.get("responseFormat")).get("text")).get("schema") is not None


class _Members:
    """The members of an object under either spelling; null is absent."""

    def __init__(self, raw: msgspec.Raw | None) -> None:
        self._found = raw_members(raw)

    def get(self, name: str) -> msgspec.Raw | None:
        raw = self._found.get(name)
        if raw is None:
            raw = self._found.get(snake(name))
        return None if raw is None or is_null(raw) else raw

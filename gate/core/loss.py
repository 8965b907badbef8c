"""What a request uses that not every dialect can carry, and what became of what could not be carried.

A `Use` is read of a request before any choice is made; each dialect says which uses it cannot carry, so the losses of
a route are known when it is chosen. A `Loss` is what an encoder really did, with its place.
"""

from dataclasses import dataclass
from enum import StrEnum


class Feature(StrEnum):
    """Groups of losses; what a policy speaks of (`policy.fidelity` in the configuration) and metrics count."""

    IMAGES = "images"
    DOCUMENTS = "documents"
    AUDIO = "audio"
    TOOL_KINDS = "tool_kinds"
    SERVER_TOOLS = "server_tools"
    TOOL_CHOICE = "tool_choice"
    JSON_SCHEMA = "json_schema"
    THINKING = "thinking"
    CACHE_HINTS = "cache_hints"
    CITATIONS = "citations"
    SAMPLING = "sampling"
    STATE = "state"
    PARAMETERS = "parameters"
    OTHER = "other"


class LossAction(StrEnum):
    """What was done. dropped: it is gone. replaced: something lesser stands in its place (a text for a picture).
    approximated: the nearest value the target knows. moved: it stands in another place. emulated: carried by other
    means and put back in the answer."""

    DROPPED = "dropped"
    REPLACED = "replaced"
    APPROXIMATED = "approximated"
    MOVED = "moved"
    EMULATED = "emulated"

    @property
    def hurts(self) -> bool:
        """Whether the target learns less than it was told; only such losses are a policy's business."""
        return self in (LossAction.DROPPED, LossAction.REPLACED)


class Use(StrEnum):
    """One thing a request uses. The value is what `gate.request.uses` and explain show."""

    IMAGE_DATA = "image_data"
    IMAGE_URL = "image_url"
    IMAGE_FILE = "image_file"
    TOOL_RESULT_IMAGE = "tool_result_image"
    DOCUMENT_DATA = "document_data"
    DOCUMENT_URL = "document_url"
    DOCUMENT_FILE = "document_file"
    DOCUMENT_TEXT = "document_text"
    AUDIO = "audio"
    VIDEO = "video"
    CUSTOM_TOOL = "custom_tool"
    NAMESPACE_TOOL = "namespace_tool"
    TOOL_SEARCH = "tool_search"
    DEFERRED_TOOL = "deferred_tool"
    CLIENT_TOOL = "client_tool"
    """A tool the client runs whose schema only its vendor knows (Anthropic's bash, text editor, computer)."""
    WEB_SEARCH = "web_search"
    SERVER_TOOL = "server_tool"
    """A tool the vendor runs, other than web search (code execution, file search, URL context, MCP, ...)."""
    SERVER_TOOL_HISTORY = "server_tool_history"
    JSON_SCHEMA = "json_schema"
    JSON_OBJECT = "json_object"
    THINKING = "thinking"
    THINKING_HISTORY = "thinking_history"
    CACHE_HINTS = "cache_hints"
    CITATIONS = "citations"
    STORED_STATE = "stored_state"
    """An earlier answer or a conversation kept by the vendor (`previous_response_id`, `conversation`, cached
    content)."""
    SEVERAL_CHOICES = "several_choices"
    LOGPROBS = "logprobs"
    CONTEXT_MANAGEMENT = "context_management"
    OTHER_BLOCK = "other_block"

    @property
    def feature(self) -> Feature:
        return _FEATURE[self]


_FEATURE: dict[Use, Feature] = {
    Use.IMAGE_DATA: Feature.IMAGES,
    Use.IMAGE_URL: Feature.IMAGES,
    Use.IMAGE_FILE: Feature.IMAGES,
    Use.TOOL_RESULT_IMAGE: Feature.IMAGES,
    Use.DOCUMENT_DATA: Feature.DOCUMENTS,
    Use.DOCUMENT_URL: Feature.DOCUMENTS,
    Use.DOCUMENT_FILE: Feature.DOCUMENTS,
    Use.DOCUMENT_TEXT: Feature.DOCUMENTS,
    Use.AUDIO: Feature.AUDIO,
    Use.VIDEO: Feature.AUDIO,
    Use.CUSTOM_TOOL: Feature.TOOL_KINDS,
    Use.NAMESPACE_TOOL: Feature.TOOL_KINDS,
    Use.TOOL_SEARCH: Feature.TOOL_KINDS,
    Use.DEFERRED_TOOL: Feature.TOOL_KINDS,
    Use.CLIENT_TOOL: Feature.TOOL_KINDS,
    Use.WEB_SEARCH: Feature.SERVER_TOOLS,
    Use.SERVER_TOOL: Feature.SERVER_TOOLS,
    Use.SERVER_TOOL_HISTORY: Feature.SERVER_TOOLS,
    Use.JSON_SCHEMA: Feature.JSON_SCHEMA,
    Use.JSON_OBJECT: Feature.JSON_SCHEMA,
    Use.THINKING: Feature.THINKING,
    Use.THINKING_HISTORY: Feature.THINKING,
    Use.CACHE_HINTS: Feature.CACHE_HINTS,
    Use.CITATIONS: Feature.CITATIONS,
    Use.STORED_STATE: Feature.STATE,
    Use.SEVERAL_CHOICES: Feature.SAMPLING,
    Use.LOGPROBS: Feature.SAMPLING,
    Use.CONTEXT_MANAGEMENT: Feature.PARAMETERS,
    Use.OTHER_BLOCK: Feature.OTHER,
}


class Fidelity(StrEnum):
    """What a policy says of a feature that would be lost: the route serves anyway, only when no other does as well, or
    not at all."""

    ALLOW = "allow"
    AVOID = "avoid"
    EXCLUDE = "exclude"


DEFAULT_FIDELITY: dict[Feature, Fidelity] = {
    Feature.IMAGES: Fidelity.EXCLUDE,
    Feature.DOCUMENTS: Fidelity.EXCLUDE,
    Feature.AUDIO: Fidelity.EXCLUDE,
    Feature.TOOL_KINDS: Fidelity.EXCLUDE,
    # Coding clients offer a vendor's own web search with every request and do without it.
    Feature.SERVER_TOOLS: Fidelity.AVOID,
    Feature.TOOL_CHOICE: Fidelity.AVOID,
    Feature.JSON_SCHEMA: Fidelity.EXCLUDE,
    Feature.THINKING: Fidelity.AVOID,
    Feature.CACHE_HINTS: Fidelity.ALLOW,
    Feature.CITATIONS: Fidelity.ALLOW,
    Feature.SAMPLING: Fidelity.AVOID,
    # Without what the vendor keeps, the rest of the request is half a conversation.
    Feature.STATE: Fidelity.EXCLUDE,
    Feature.PARAMETERS: Fidelity.ALLOW,
    Feature.OTHER: Fidelity.AVOID,
}


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing that could not be carried as it was.

    path: where it stood in the client's request (or the upstream's answer), e.g. `messages[3].content[0]`; names of
    members and positions only, never a value.
    """

    feature: Feature
    path: str
    action: LossAction

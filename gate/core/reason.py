"""Reasons as codes with parameters. Text comes from one template per code; nothing else words a decision."""

from dataclasses import dataclass
from enum import StrEnum

Param = str | int | float | bool


class ReasonCode(StrEnum):
    """Why a route is out, or why something was done. The rule that emits a code owns it."""

    NOT_REQUESTED = "not_requested"
    OUTSIDE_INTENT = "outside_intent"
    OTHER_DIALECT = "other_dialect"
    WOULD_LOSE = "would_lose"
    NO_CREDENTIAL = "no_credential"
    NOT_OWN_VENDOR = "not_own_vendor"
    PLACEHOLDER_KEY = "placeholder_key"
    DISABLED = "disabled"
    NO_TOOLS = "no_tools"
    NO_IMAGES = "no_images"
    NO_THINKING = "no_thinking"
    NO_STREAMING = "no_streaming"
    NO_JSON_SCHEMA = "no_json_schema"
    CONTEXT_TOO_LONG = "context_too_long"
    OUTPUT_TOO_LONG = "output_too_long"
    BREAKER_OPEN = "breaker_open"
    BREAKER_PROBING = "breaker_probing"
    COOLING_DOWN = "cooling_down"
    GROUP_COOLING_DOWN = "group_cooling_down"
    QUOTA_EXHAUSTED = "quota_exhausted"
    QUOTA_PROBING = "quota_probing"
    KEY_REFUSED = "key_refused"
    NO_HEADROOM = "no_headroom"
    NOT_TOOL_LANE = "not_tool_lane"
    LAST_RESORT = "last_resort"
    ALREADY_FAILED = "already_failed"


TEMPLATES: dict[ReasonCode, str] = {
    ReasonCode.NOT_REQUESTED: "the request names {wanted}",
    ReasonCode.OUTSIDE_INTENT: "lane {lane} is not on a path of intent {intent}",
    ReasonCode.OTHER_DIALECT: "{provider} does not speak {dialect}",
    ReasonCode.WOULD_LOSE: "asking {provider} in {dialect} would lose {features}",
    ReasonCode.NO_CREDENTIAL: "no key for {provider}: set {variable}",
    ReasonCode.NOT_OWN_VENDOR: "the client's own credential belongs to {vendor}, not to {provider}",
    ReasonCode.PLACEHOLDER_KEY: "the key of {provider} is a placeholder: put a real one into {variable}",
    ReasonCode.DISABLED: "switched off in the configuration",
    ReasonCode.NO_TOOLS: "the model cannot call tools",
    ReasonCode.NO_IMAGES: "the model cannot read images",
    ReasonCode.NO_THINKING: "the model cannot think",
    ReasonCode.NO_STREAMING: "the model cannot stream",
    ReasonCode.NO_JSON_SCHEMA: "the model cannot follow a JSON schema",
    ReasonCode.CONTEXT_TOO_LONG: "about {estimate} input tokens do not fit a context window of {window}",
    ReasonCode.OUTPUT_TOO_LONG: "{asked} output tokens asked, {limit} possible",
    ReasonCode.BREAKER_OPEN: "the breaker is open for another {seconds} s after {failures} failures ({last})",
    ReasonCode.BREAKER_PROBING: "the breaker is half open and its one probe is under way",
    ReasonCode.COOLING_DOWN: "left alone for another {seconds} s after a rate limit or by the upstream's wish",
    ReasonCode.GROUP_COOLING_DOWN: "its quota group {group} is left alone for another {seconds} s after a rate limit",
    ReasonCode.QUOTA_EXHAUSTED: "the quota of {group} is used up or not paid; asked again in {seconds} s",
    ReasonCode.QUOTA_PROBING: "one attempt is finding out whether {group} is open again",
    ReasonCode.KEY_REFUSED: "the key of {group} was refused; tried again in {seconds} s",
    ReasonCode.NO_HEADROOM: "{in_flight} attempts in flight of {limit} allowed",
    ReasonCode.NOT_TOOL_LANE: "lane {lane} is not known for tool use, which intent {intent} asks for",
    ReasonCode.LAST_RESORT: "under pressure ({was}), tried because nothing better is left",
    ReasonCode.ALREADY_FAILED: "failed earlier in this request",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """A code with the parameters its template needs, in a fixed order so that equal reasons compare equal."""

    code: ReasonCode
    params: tuple[tuple[str, Param], ...] = ()

    @property
    def text(self) -> str:
        return TEMPLATES[self.code].format_map(dict(self.params))


def reason(code: ReasonCode, **params: Param) -> Reason:
    """A reason with its parameters sorted by name."""
    return Reason(code, tuple(sorted(params.items())))

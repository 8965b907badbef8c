"""The section `routing` as it is written: `gate.config.routing_rules` compiles it."""

from typing import Annotated, Any, Literal, TypeVar, cast

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, StringConstraints
from pydantic_core import CoreSchema

from gate.config.clients import HeaderName
from gate.config.section import Section
from gate.core.dialect import Dialect
from gate.core.request import ClientProfile
from gate.planner.routing.builtin import LONG_CONTEXT_TOKENS, BuiltIn
from gate.planner.routing.rules import OWN_PRIORITY

T = TypeVar("T")


def _several(value: Any) -> Any:
    if isinstance(value, list | tuple):
        if not value:
            raise ValueError("name at least one, or leave it out")
        return cast("Any", value)
    return [value]


class _OrOne:
    """In the JSON Schema: one value stands for a list of one."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        several = handler(schema)
        return {"anyOf": [several["items"], several | {"minItems": 1}]}


OneOrMore = Annotated[tuple[T, ...], Field(max_length=100), BeforeValidator(_several), _OrOne()]

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
Pattern = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Regex = Annotated[str, StringConstraints(min_length=1, max_length=1_000)]
_DAY = "(mon|tue|wed|thu|fri|sat|sun)"
Days = Annotated[str, StringConstraints(pattern=rf"^{_DAY}(-{_DAY})?$")]
Hours = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$")]
Count = Annotated[int, Field(ge=0)]


class TokensSection(Section):
    """Bounds of the rough count of input tokens, both included."""

    min: Count | None = None
    max: Count | None = None


class KeywordsSection(Section):
    """Words in the last user text (its first 8 KiB), in any case."""

    any: OneOrMore[Word] = Field(default=(), description="At least one of these.")
    all: OneOrMore[Word] = Field(default=(), description="Every one of these.")


class TimeSection(Section):
    """When a request arrives, on the clocks of a time zone."""

    days: OneOrMore[Days] = Field(default=(), description="`mon`, or `mon-fri`. Default: every day.")
    hours: Hours | None = Field(
        default=None, description="`09:00-17:00`; `22:00-06:00` goes over midnight and belongs to the day it begins on."
    )
    zone: str = Field(default="UTC", max_length=64, description="An IANA name, e.g. Europe/Berlin.")


class WhenSection(Section):
    """What has to hold, all of it. Patterns are shell patterns with `*` and `?`, in any case."""

    model: OneOrMore[Pattern] = Field(default=(), description="Patterns of the name asked for.")
    client: OneOrMore[ClientProfile] = ()
    dialect: OneOrMore[Dialect] = ()
    tenant: OneOrMore[str] = Field(default=(), description="Names of Gate's own client keys (keys.clients).")
    sub_agent: bool | None = Field(default=None, description="Whether the headers name a sub-agent.")
    agent: OneOrMore[Pattern] = Field(default=(), description="Patterns of the agent's id.")
    tokens: TokensSection = TokensSection()
    tools: bool | None = None
    web_search: bool | None = Field(default=None, description="Whether a vendor's web search is offered.")
    images: bool | None = None
    thinking: bool | None = Field(default=None, description="Whether thinking is asked for.")
    stream: bool | None = None
    keywords: KeywordsSection = KeywordsSection()
    regex: OneOrMore[Regex] = Field(
        default=(), description="RE2 expressions, one of which the last user text holds; needs the extra `rules`."
    )
    headers: dict[HeaderName, OneOrMore[Pattern]] = Field(
        default={}, description="Header -> patterns, one of which its value is like; `*` takes any value."
    )
    time: TimeSection = TimeSection()


class RuleSection(Section):
    """Where requests go for which everything under `when` holds."""

    name: Name
    when: WhenSection = WhenSection()
    to: str | None = Field(
        default=None, max_length=300, description="An intent, lane:NAME or provider/model. This, or custom."
    )
    custom: str | None = Field(default=None, description="A rule that an installed package brings names the target.")
    priority: int = Field(
        default=OWN_PRIORITY, description="Lower first, ties in the order written; the sets have 1000 and more."
    )
    applies_to: Literal["intents", "all"] = Field(
        default="intents", description="`all`: also where an explicit lane or model, or an unknown name, is asked for."
    )


class RoutingSection(Section):
    """Rules that send requests elsewhere than the name they ask for means."""

    use: dict[BuiltIn, str | None] = Field(
        default={},
        description="Set (image, long-context, background, web-search, think, default) -> its target; null: off.",
    )
    long_context_tokens: int = Field(
        default=LONG_CONTEXT_TOKENS, gt=0, description="The set long-context takes what is estimated to have more."
    )
    rules: tuple[RuleSection, ...] = Field(default=(), max_length=200, description="Rules of your own.")

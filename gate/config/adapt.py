"""How one configured provider differs from its kind: the part of the configuration that makes any compatible endpoint
usable without a file of its own."""

from dataclasses import replace
from typing import Any, Literal

from pydantic import Field

from gate.config.section import Section
from gate.core.dialect import Dialect
from gate.core.loss import Use
from gate.core.profile import AuthStyle, Endpoint, ProviderProfile, Quirks

_GENERATE = ":generateContent"


class QuirksSection(Section):
    """How the endpoint's spelling differs, for translated requests; what is left out is as its kind has it."""

    cannot: tuple[Use, ...] | None = Field(default=None, description="What it does not take, e.g. image_url.")
    drops: tuple[str, ...] | None = Field(default=None, description="Members of requests that are left out.")
    max_tokens: str | None = Field(default=None, description="The chat member for the output limit.")
    system_role: str | None = Field(default=None, description="The role for instructions in chat.")
    thinking_field: str | None = Field(default=None, description="The chat member with reasoning in answers.")
    thinking_input: bool | None = Field(default=None, description="That member is taken back in the history.")
    effort: bool | None = Field(default=None, description="It takes a reasoning effort.")
    efforts: tuple[str, ...] | None = Field(default=None, description="The reasoning efforts it takes, weakest first.")
    stop_most: int | None = Field(default=None, ge=0, description="How many stop sequences it takes.")
    json_schema: Literal["full", "openai_strict", "gemini"] | None = Field(
        default=None, description="The subset it takes: full, openai_strict or gemini."
    )
    tool_id: str | None = Field(default=None, description="Pattern that a tool call's id has to match.")
    reasoning_models: tuple[str, ...] | None = Field(
        default=None, description="Models (with `*`) that take no sampling parameters."
    )

    def over(self, quirks: Quirks) -> Quirks:
        """These over the kind's own."""
        said: dict[str, Any] = {name: value for name, value in self.model_dump().items() if value is not None}
        for name in ("cannot", "drops"):
            if name in said:
                said[name] = frozenset(said[name])
        if "json_schema" in said:
            said["schema"] = said.pop("json_schema")
        return replace(quirks, **said)


def adapted(
    profile: ProviderProfile,
    *,
    name: str,
    dialects: tuple[Dialect, ...] | None,
    paths: dict[Dialect, str],
    auth: AuthStyle | None,
    vendor: str | None,
    quirks: QuirksSection,
) -> ProviderProfile:
    """The profile of the configured provider `name`. Raises LookupError with the dialects its kind does not speak."""
    missing = [dialect for dialect in (*(dialects or ()), *paths) if dialect not in profile.endpoints]
    if missing:
        raise LookupError(", ".join(dict.fromkeys(missing)))
    spoken = tuple(profile.endpoints) if dialects is None else dialects
    endpoints = {dialect: _endpoint(profile.endpoints[dialect], paths.get(dialect), auth, quirks) for dialect in spoken}
    # A kind of many servers is nobody's vendor: each of its endpoints reads back its own tokens only.
    own = name if profile.key_env is None else profile.name
    return replace(profile, name=name, endpoints=endpoints, vendor=vendor or profile.vendor or own)


def _endpoint(endpoint: Endpoint, path: str | None, auth: AuthStyle | None, quirks: QuirksSection) -> Endpoint:
    if path is not None:
        endpoint = replace(
            endpoint,
            path=path,
            stream_path=_beside(endpoint.stream_path, endpoint.path, path),
            count_tokens_path=_beside(endpoint.count_tokens_path, endpoint.path, path),
        )
    return replace(endpoint, auth=auth or endpoint.auth, quirks=quirks.over(endpoint.quirks))


def _beside(other: str | None, path: str, moved: str) -> str | None:
    """Where a second path is when the first one has moved: below it, or the same with another verb (Gemini)."""
    if other is None:
        return None
    if other.startswith(path):
        return moved + other[len(path) :]
    base, verb, _ = path.partition(_GENERATE)
    if verb and other.startswith(f"{base}:") and moved.endswith(_GENERATE):
        return moved.removesuffix(_GENERATE) + other[len(base) :]
    return None

"""How an operator's own clients are recognised: rules that are tried before the built-in ones
(gate/admission/profiles.py)."""

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field, StringConstraints

from gate.admission.profiles import DEFAULT_RULES, ProfileRule, Profiles
from gate.config.section import Section
from gate.core.request import ClientProfile

HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$")]
Beginning = Annotated[str, StringConstraints(pattern=r"^[\x20-\x7e]{0,200}$")]


class ClientRule(Section):
    """A client is recognised when all these headers are there and begin so, in any case."""

    headers: dict[HeaderName, Beginning] = Field(
        min_length=1, description="Header -> what its value begins with; empty: any value."
    )
    version_after: Beginning | None = Field(
        default=None, description="In the first header's value, the client's version follows this text."
    )


def profiles_of(rules: Mapping[ClientProfile, tuple[ClientRule, ...]]) -> Profiles:
    """The operator's rules, then the built-in ones."""
    return Profiles((*_own(rules), *DEFAULT_RULES))


def _own(rules: Mapping[ClientProfile, tuple[ClientRule, ...]]) -> Iterator[ProfileRule]:
    for profile, of_profile in rules.items():
        for rule in of_profile:
            markers = tuple((name.lower().encode(), begins.lower().encode()) for name, begins in rule.headers.items())
            after = None if rule.version_after is None else rule.version_after.lower().encode()
            yield ProfileRule(profile, markers, after)

"""Where replicas keep what they share: in their own processes, or in a Redis as well.

A password stands in no configuration file, only behind ${VARIABLE} or file:PATH.
"""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import Field

from gate.config.document import ConfigError
from gate.config.section import Section
from gate.core.secret import Secret
from gate.engine.snapshot import StateSettings

URL, KEY = "GATE_STATE_URL", "GATE_STATE_KEY"
"""Variables that win over the file: with the first, state is shared there; the second is its password."""
_SCHEMES = ("redis", "rediss", "unix")
_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"


class StateSection(Section):
    """What replicas share: health verdicts, sessions' routes, repeated turns. docs/how-to/run-several-replicas.md"""

    kind: Literal["process", "redis"] = Field(
        default="process", description="process: every worker for itself. redis: shared through a Redis or a Valkey."
    )
    url: str | None = Field(
        default=None,
        description="redis://HOST:PORT/DB, rediss:// for TLS, unix:///PATH; whole as ${VARIABLE} or file:PATH if it "
        "holds a password. GATE_STATE_URL wins over it, and means kind redis.",
    )
    user: str | None = Field(default=None, min_length=1, description="Name of an ACL user. Default: Redis's own.")
    key: str | None = Field(
        default=None, description="The password, only as ${VARIABLE} or file:PATH. With GATE_STATE_URL: GATE_STATE_KEY."
    )
    ca_file: str | None = Field(default=None, description="PEM file with a private CA, for rediss://.")
    prefix: str = Field(
        default="gate",
        pattern=_NAME,
        description="Begins all names there. Replicas with different configurations need different ones.",
    )


def state_settings(section: StateSection, env: Mapping[str, str]) -> StateSettings | None:
    """None where nothing is shared. Raises ConfigError: no address, one that is none, a package that is missing."""
    if env.get(URL):
        section = section.model_copy(update={"kind": "redis", "url": env[URL], "key": env.get(KEY) or section.key})
    if section.kind == "process":
        return None
    findings: list[str] = []
    if find_spec("redis") is None:
        findings.append("state: kind redis needs a package that is not installed: pip install 'otelgate[redis]'")
    parts = _split(section.url or "")
    if not section.url:
        findings.append("state: kind redis needs a url, such as redis://HOST:6379/0 or ${REDIS_URL}")
    elif parts is None:
        findings.append(
            f"state.url: is no address of a Redis: one begins with {', '.join(f'{s}://' for s in _SCHEMES)}"
        )
    elif section.ca_file is not None and parts.scheme != "rediss":
        findings.append("state.ca_file: means something for rediss:// only")
    elif parts.password and section.key:
        findings.append("state.key: the url holds a password already")
    if findings or parts is None:
        raise ConfigError(findings)
    socket = parts.scheme == "unix"
    password = section.key or unquote(parts.password or "")
    return StateSettings(
        url=Secret(section.url or ""),
        place=parts.path if socket else f"{parts.hostname}:{parts.port or 6379}",
        database=0 if socket else int(parts.path.strip("/") or 0),
        prefix=section.prefix,
        user=section.user or unquote(parts.username or "") or None,
        password=Secret(password) if password else None,
        ca_file=section.ca_file,
    )


def _split(url: str) -> SplitResult | None:
    """The parts of an address, None when it is not one of a Redis."""
    try:
        parts = urlsplit(url)
        whole = parts.port is None or parts.port > 0
    except ValueError:
        return None
    there = parts.path if parts.scheme == "unix" else parts.hostname
    database = parts.path.strip("/")
    numbered = parts.scheme == "unix" or not database or database.isdigit()
    plain = not parts.query and not parts.fragment
    return parts if parts.scheme in _SCHEMES and there and whole and numbered and plain else None

"""Settings of the clouds: where an account is and whose credentials it is asked with.

A cloud is there only when the configuration names it: nothing is looked for in the environment, and no metadata server
is asked, because a machine happens to have credentials. Which settings a kind takes is read off its profile: the places
in its addresses, and the way it is authorized.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from pydantic import Field

from gate.config.document import ConfigError
from gate.config.section import Section
from gate.core.profile import AuthStyle, Endpoint, ProviderProfile
from gate.engine.snapshot import CloudAccount

NO_ACCOUNT = CloudAccount()
_PLACE = re.compile(r"\{(region|project|resource)\}")
_NAME = r"^[A-Za-z0-9][A-Za-z0-9.:_-]{0,127}$"


class CloudSettings(Section):
    """Settings of providers that are an account in a cloud. docs/how-to/clouds.md"""

    region: str | None = Field(
        default=None, pattern=_NAME, description="Bedrock: the AWS Region. Vertex AI: the location, e.g. global."
    )
    project: str | None = Field(default=None, pattern=_NAME, description="Vertex AI: the Google Cloud project.")
    resource: str | None = Field(default=None, pattern=_NAME, description="Azure: the resource, if not a base_url.")
    profile: str | None = Field(
        default=None, min_length=1, description="Bedrock: a profile of the AWS files. Default: AWS's default chain."
    )
    credentials_file: str | None = Field(
        default=None, min_length=1, description="Vertex AI: a credentials file. Default: Google's default ones."
    )
    betas: tuple[str, ...] | None = Field(
        default=None, description="Anthropic's models: the anthropic-beta values (with `*`) the cloud is told of."
    )


def placed(
    name: str, profile: ProviderProfile, base_url: str, settings: CloudSettings, *, keyless: bool
) -> tuple[ProviderProfile, str, CloudAccount]:
    """The profile with its places filled in, its address and its account. keyless: no key is configured. Raises
    ConfigError: a setting that is missing, or that means nothing to this kind; a package that is not installed."""
    base_url = profile.regions.get(settings.region or "", base_url) if base_url == profile.base_url else base_url
    endpoints = profile.endpoints.values()
    needed = _places([base_url, *(path for endpoint in endpoints for path in _paths(endpoint))])
    styles = {endpoint.auth for endpoint in endpoints} if keyless else set[AuthStyle]()
    if AuthStyle.AWS_SIGV4 in styles:
        needed.add("region")
    values = {place: getattr(settings, place) or "" for place in ("region", "project", "resource")}
    findings = [f"providers.{name}: needs a {place}" for place in sorted(needed) if not values[place]]
    findings += [
        f"providers.{name}: {setting} means nothing to this kind of provider"
        for setting in sorted(_given(settings) - needed - _understood(profile))
    ]
    findings += [f"providers.{name}: {missing}" for missing in _missing_packages(styles)]
    if settings.credentials_file is not None and not Path(settings.credentials_file).expanduser().is_file():
        findings.append(f"providers.{name}: credentials_file: there is no such file")
    if findings:
        raise ConfigError(findings)
    filled = {dialect: _filled(endpoint, values, settings.betas) for dialect, endpoint in profile.endpoints.items()}
    account = CloudAccount(settings.region or "", settings.profile, settings.credentials_file)
    return replace(profile, endpoints=filled), _fill(base_url, values), account


def _given(settings: CloudSettings) -> set[str]:
    return {setting for setting in CloudSettings.model_fields if getattr(settings, setting) is not None}


def _understood(profile: ProviderProfile) -> set[str]:
    """Settings this kind may have without needing them."""
    endpoints = profile.endpoints.values()
    found = _places([profile.base_url])
    if any(endpoint.auth is AuthStyle.AWS_SIGV4 for endpoint in endpoints):
        found |= {"region", "profile"}
    if any(endpoint.auth is AuthStyle.GOOGLE_OAUTH for endpoint in endpoints):
        found |= {"region", "credentials_file"}
    if any(endpoint.envelope.betas is not None for endpoint in endpoints):
        found.add("betas")
    return found


def _places(templates: Iterable[str]) -> set[str]:
    return {place for template in templates for place in _PLACE.findall(template)}


def _paths(endpoint: Endpoint) -> list[str]:
    paths = (endpoint.path, endpoint.stream_path, endpoint.count_tokens_path)
    return [path for path in paths if path is not None]


def _fill(template: str, values: dict[str, str]) -> str:
    return _PLACE.sub(lambda found: values[found[1]], template)


def _filled(endpoint: Endpoint, values: dict[str, str], betas: tuple[str, ...] | None) -> Endpoint:
    stream, count = endpoint.stream_path, endpoint.count_tokens_path
    envelope = endpoint.envelope
    if betas is not None and envelope.betas is not None:
        envelope = replace(envelope, betas=betas)
    return replace(
        endpoint,
        path=_fill(endpoint.path, values),
        stream_path=None if stream is None else _fill(stream, values),
        count_tokens_path=None if count is None else _fill(count, values),
        envelope=envelope,
    )


def _missing_packages(styles: set[AuthStyle]) -> list[str]:
    needs = sorted({style.package for style in styles if style.package is not None})
    return [f"needs {module}: pip install 'otelgate[{extra}]'" for module, extra in needs if not _installed(module)]


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # a package around it is missing
        return False

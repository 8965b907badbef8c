"""What a provider's file has to say before Gate believes it."""

from gate.core.profile import AuthStyle, ProviderProfile
from gate.core.route import RouteType


def findings(profile: ProviderProfile) -> tuple[str, ...]:
    """What is missing or wrong in a profile, in words for whoever writes one; empty when it is complete.

    A profile without a key variable stands for an endpoint that only a configuration can name (`compatible`) or that
    has no network (`simulated`), so it needs no address of its own and no place to get a key.
    """
    faults: list[str] = []
    if not profile.name or profile.name != profile.name.lower() or "/" in profile.name:
        faults.append("name: lower case, no slash: it is the first part of route ids")
    for field, value in (("title", profile.title), ("gen_ai_name", profile.gen_ai_name)):
        if not value:
            faults.append(f"{field}: is missing")
    if not profile.endpoints:
        faults.append("endpoints: none")
    for dialect, endpoint in profile.endpoints.items():
        for path in (endpoint.path, endpoint.count_tokens_path):
            if path is not None and not path.startswith("/"):
                faults.append(f"endpoints.{dialect}: the path {path} does not start with a slash")
        if any(name != name.lower() for name, _ in endpoint.headers):
            faults.append(f"endpoints.{dialect}: header names are lower case")
    if profile.base_url.endswith(("/", "/v1")):
        faults.append("base_url: without a final slash and without /v1, which the paths carry")
    if profile.key_env is not None:
        faults += _reachable(profile)
    return tuple(faults)


def _reachable(profile: ProviderProfile) -> list[str]:
    """What a provider out there needs beside its endpoints."""
    faults: list[str] = []
    if not profile.base_url.startswith("https://"):
        faults.append("base_url: an https address")
    for field, value in (
        ("base_url_env", profile.base_url_env),
        ("key_hint", profile.key_hint),
        ("sources", profile.sources),
    ):
        if not value:
            faults.append(f"{field}: is missing")
    for dialect, endpoint in profile.endpoints.items():
        if not endpoint.source.startswith("https://"):
            faults.append(f"endpoints.{dialect}: needs the page it was read on")
        if endpoint.auth is AuthStyle.NONE and profile.route_type is not RouteType.LOCAL:
            faults.append(f"endpoints.{dialect}: says nothing of how the key is sent")
    return faults

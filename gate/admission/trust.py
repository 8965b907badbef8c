"""Whose trace a request may continue, and which addresses are this machine's own."""

import ipaddress
from enum import StrEnum


class TraceTrust(StrEnum):
    """continue: the inbound trace is carried on. link: a new trace begins, with a link to the inbound one."""

    CONTINUE = "continue"
    LINK = "link"


def trace_trust(*, loopback: bool, client_key: str | None) -> TraceTrust:
    """Strangers must not write into an operator's traces. loopback: the listener is reachable from this machine only.
    client_key: name of the client key used."""
    return TraceTrust.CONTINUE if loopback or client_key is not None else TraceTrust.LINK


def is_loopback(host: str) -> bool:
    """Whether an address or host name means this machine only: `localhost` and names under it (RFC 6761), 127/8, ::1,
    and these inside IPv6 (`::ffff:127.0.0.1`). Brackets and a zone are allowed. Anything unknown is not."""
    name = host.strip().removeprefix("[").removesuffix("]").partition("%")[0].rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback

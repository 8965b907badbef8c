"""Requests that come round again. Gate adds `Via: 1.1 gate-<8 hex>` to what it sends; the same token in a request that
comes in means that some provider's address leads back to this very Gate."""

from collections.abc import Sequence

Header = tuple[bytes, bytes]


def via_token(instance: str) -> bytes:
    """The name by which a Gate goes in `Via`. instance: eight hex digits, the same for all its workers."""
    return b"gate-" + instance.encode("ascii")


def via_value(instance: str) -> bytes:
    """The `Via` value Gate adds to its own requests (RFC 9110, section 7.6.3)."""
    return b"1.1 " + via_token(instance)


def is_loop(headers: Sequence[Header], instance: str) -> bool:
    """Whether a request has passed through this Gate before."""
    for name, value in headers:
        if name == b"via" and b"gate-" in value and _received_by(value, via_token(instance)):
            return True
    return False


def _received_by(value: bytes, token: bytes) -> bool:
    """Whether one element of a `Via` list (`protocol received-by [comment]`) was received by `token`."""
    return any(token in element.split()[1:2] for element in value.split(b","))

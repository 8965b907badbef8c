"""Which requests go through a proxy: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, in either case.

Promises: a proxy's credential is in the header it is sent in and nowhere else: not in a repr, not in an error. What the
variables mean follows curl (https://everything.curl.dev/usingcurl/proxies/env.html): the lower-case name wins, a
scheme's own variable wins over ALL_PROXY, and NO_PROXY's `example.com` also means its subdomains. Beyond curl,
upper-case HTTP_PROXY is read too, except in a CGI process, where a request header could have set it
(https://httpoxy.org).
"""

import base64
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote_to_bytes, urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class ProxyConfigError(ValueError):
    """A proxy setting that cannot be used. The message names the setting, never its value."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """One proxy. scheme: how Gate talks to the proxy itself. header: its credential as a header line, or nothing."""

    scheme: Literal["http", "https"]
    host: str
    port: int
    header: bytes = field(default=b"", repr=False)

    @classmethod
    def parse(cls, text: str, setting: str = "the proxy") -> "Proxy":
        """From `[http[s]://][user[:password]@]host[:port]`, user and password percent-encoded.

        setting: what the text is called in a ProxyConfigError.
        """
        if "://" not in text:
            text = f"http://{text}"
        try:
            parts = urlsplit(text)
            scheme, host, port = parts.scheme.lower(), parts.hostname, parts.port
        except ValueError:
            raise ProxyConfigError(f"{setting} is not a proxy address") from None
        if scheme not in ("http", "https"):
            raise ProxyConfigError(f"{setting}: only http:// and https:// proxies are supported")
        if not host or not host.isascii() or any(c.isspace() for c in host):
            raise ProxyConfigError(f"{setting} names no host")
        header = b""
        if parts.username is not None:
            pair = unquote_to_bytes(parts.username) + b":" + unquote_to_bytes(parts.password or "")
            header = b"Proxy-Authorization: Basic " + base64.b64encode(pair) + b"\r\n"
        return cls("http" if scheme == "http" else "https", host, port or _DEFAULT_PORTS[scheme], header)

    @property
    def address(self) -> str:
        """host:port, for messages."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class _Exception:
    """One entry of NO_PROXY. Exactly one of name and network is set."""

    name: str = ""
    network: Network | None = None
    port: int | None = None
    only_subdomains: bool = False

    def covers(self, host: str, address: Address | None, port: int) -> bool:
        if self.port is not None and self.port != port:
            return False
        if self.network is not None:
            return address is not None and address.version == self.network.version and address in self.network
        return host.endswith(f".{self.name}") or (host == self.name and not self.only_subdomains)


class ProxyMap:
    """The proxy of each target, or none."""

    __slots__ = ("_exceptions", "_never", "_proxies")

    def __init__(self, *, http: Proxy | None = None, https: Proxy | None = None, no_proxy: str = "") -> None:
        """no_proxy: entries separated by commas or spaces: `*`, a domain (with its subdomains; with a leading dot only
        those), an address, a CIDR network; each but `*` may end with a port. What is none of these matches nothing."""
        entries = [entry for entry in re.split(r"[,\s]+", no_proxy) if entry]
        self._never = "*" in entries
        self._exceptions = [exception for entry in entries if (exception := _parse_exception(entry)) is not None]
        self._proxies = {"http": http, "https": https}

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "ProxyMap":
        """Raises ProxyConfigError."""

        def proxy(scheme: str) -> Proxy | None:
            names = [f"{scheme}_proxy", f"{scheme.upper()}_PROXY", "all_proxy", "ALL_PROXY"]
            if scheme == "http" and "REQUEST_METHOD" in env:
                names.remove("HTTP_PROXY")
            for name in names:
                if text := env.get(name, "").strip():
                    return Proxy.parse(text, name)
            return None

        no_proxy = env.get("no_proxy") or env.get("NO_PROXY") or ""
        return cls(http=proxy("http"), https=proxy("https"), no_proxy=no_proxy)

    def find(self, scheme: str, host: str, port: int) -> Proxy | None:
        """host: ASCII, without brackets."""
        proxy = self._proxies.get(scheme)
        if proxy is None or self._never:
            return None
        host = host.lower().rstrip(".")
        address = _address(host)
        if any(exception.covers(host, address, port) for exception in self._exceptions):
            return None
        return proxy

    def __repr__(self) -> str:
        return f"ProxyMap(http={self._proxies['http']!r}, https={self._proxies['https']!r})"


def _address(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _parse_exception(entry: str) -> _Exception | None:
    if entry == "*":
        return None
    entry = entry.lower()
    network = _network(entry)
    if network is not None:  # before looking for a port: an IPv6 address is full of colons
        return _Exception(network=network)
    name, port = entry, None
    match = re.fullmatch(r"(.*):(\d{1,5})", entry)
    if match is not None:
        name, port = match[1], int(match[2])
    network = _network(name)
    if network is not None:
        return _Exception(network=network, port=port)
    bare = name.removeprefix("*").strip(".")
    if not bare:
        return None
    return _Exception(name=bare, port=port, only_subdomains=name.startswith((".", "*.")))


def _network(text: str) -> Network | None:
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None

"""The proxy variables, and which target goes which way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.upstream.proxy import Proxy, ProxyConfigError, ProxyMap

PASSWORD = "p@ss:w/rd"
WITH_PASSWORD = "http://us%40er:p%40ss%3Aw%2Frd@proxy.example:3128"
HEADER = b"Proxy-Authorization: Basic dXNAZXI6cEBzczp3L3Jk\r\n"


def address(env: dict[str, str], scheme: str = "https", host: str = "api.example", port: int = 443) -> str | None:
    proxy = ProxyMap.from_env(env).find(scheme, host, port)
    return proxy.address if proxy else None


def test_credential_is_decoded_and_shown_nowhere() -> None:
    proxy = Proxy.parse(WITH_PASSWORD)
    assert proxy == Proxy("http", "proxy.example", 3128, HEADER)
    shown = repr(proxy) + str(proxy) + repr(ProxyMap(http=proxy)) + proxy.address
    for secret in (PASSWORD, "us@er", "us%40er", "dXNAZXI6", "Basic"):
        assert secret not in shown


@pytest.mark.parametrize(
    ("text", "proxy"),
    [
        ("proxy.example", Proxy("http", "proxy.example", 80)),
        ("proxy.example:8080", Proxy("http", "proxy.example", 8080)),
        ("HTTP://Proxy.Example/", Proxy("http", "proxy.example", 80)),
        ("https://proxy.example", Proxy("https", "proxy.example", 443)),
        ("http://[::1]:3128", Proxy("http", "::1", 3128)),
        ("http://user@proxy.example", Proxy("http", "proxy.example", 80, b"Proxy-Authorization: Basic dXNlcjo=\r\n")),
    ],
)
def test_spellings(text: str, proxy: Proxy) -> None:
    assert Proxy.parse(text) == proxy


@pytest.mark.parametrize(
    "text",
    ["socks5://u:hunter2@h:1", "http://", "http://u:hunter2@", "http://u:hunter2@h:hunter2", "http://[hunter2", "a b"],
)
def test_unusable_settings_are_named_and_not_shown(text: str) -> None:
    with pytest.raises(ProxyConfigError, match="HTTPS_PROXY") as caught:
        ProxyMap.from_env({"HTTPS_PROXY": text})
    assert "hunter2" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_variables_in_their_order() -> None:
    env = {"ALL_PROXY": "all-upper:1"}
    assert address(env) == address(env, "http") == "all-upper:1"
    env["all_proxy"] = "all-lower:1"
    assert address(env) == "all-lower:1"
    env["HTTPS_PROXY"] = "upper:1"
    assert (address(env), address(env, "http")) == ("upper:1", "all-lower:1")
    env["https_proxy"] = "lower:1"
    assert address(env) == "lower:1"
    env |= {"HTTP_PROXY": "plain:1", "https_proxy": ""}
    assert (address(env), address(env, "http")) == ("upper:1", "plain:1")
    env["REQUEST_METHOD"] = "GET"
    assert address(env, "http") == "all-lower:1"
    assert address({}) is None
    assert address(env, "ftp") is None


@pytest.mark.parametrize(
    ("no_proxy", "host", "port", "direct"),
    [
        ("*", "api.example", 443, True),
        ("other, *", "api.example", 443, True),
        ("", "api.example", 443, False),
        ("example", "api.example", 443, True),
        ("example", "example", 443, True),
        ("example", "notexample", 443, False),
        ("API.Example", "api.example", 443, True),
        ("api.example", "API.EXAMPLE.", 443, True),
        (".api.example", "api.example", 443, False),
        (".api.example", "eu.api.example", 443, True),
        ("*.api.example", "eu.api.example", 443, True),
        ("*.api.example", "api.example", 443, False),
        ("a.b,api.example ,c", "api.example", 443, True),
        ("a.b api.example", "api.example", 443, True),
        ("api.example:443", "api.example", 443, True),
        ("api.example:8443", "api.example", 443, False),
        ("localhost", "localhost", 11434, True),
        ("127.0.0.1", "127.0.0.1", 80, True),
        ("127.0.0.1:80", "127.0.0.1", 81, False),
        ("10.0.0.0/8", "10.200.3.4", 80, True),
        ("10.0.0.0/8", "11.0.0.1", 80, False),
        ("10.1.2.3/8", "10.200.3.4", 80, True),
        ("10.0.0.0/8:80", "10.1.1.1", 80, True),
        ("10.0.0.0/8:80", "10.1.1.1", 81, False),
        ("10.0.0.0/8", "ten.example", 80, False),
        ("::1", "::1", 80, True),
        ("[::1]", "::1", 80, True),
        ("[::1]:80", "::1", 80, True),
        ("[::1]:80", "::1", 81, False),
        ("fd00::/8", "fd12::1", 80, True),
        ("fd00::/8", "10.0.0.1", 80, False),
        (".", "api.example", 443, False),
        (",, ,", "api.example", 443, False),
    ],
)
def test_no_proxy(no_proxy: str, host: str, port: int, direct: bool) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        env = {"HTTPS_PROXY": "proxy.example:1", name: no_proxy}
        assert address(env, "https", host, port) == (None if direct else "proxy.example:1")


@given(st.text(max_size=40), st.text(max_size=20), st.integers(0, 65535))
def test_any_exception_list_is_read(no_proxy: str, host: str, port: int) -> None:
    ProxyMap(http=Proxy("http", "p", 1), no_proxy=no_proxy).find("http", host, port)


@given(st.text(max_size=40))
def test_any_setting_is_a_proxy_or_an_error_that_does_not_show_it(text: str) -> None:
    try:
        Proxy.parse(text, "S")
    except ProxyConfigError as error:
        assert str(error) in ("S is not a proxy address", "S names no host") or "only http:// and" in str(error)

"""gate.server.application: settings that cannot be served are refused; addresses read as URLs."""

import pytest

from gate.server.application import BoundAddress, Listener, ServerSettings, StartFailed

LISTENERS = (Listener("127.0.0.1", 0, "public"),)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"listeners": ()}, "no listener"),
        ({"workers": 0}, "at least 1"),
        ({"drain_timeout_s": -1}, "negative"),
        ({"flush_timeout_s": -0.1}, "negative"),
        ({"keep_alive_s": 0}, "positive"),
    ],
)
def test_settings_that_cannot_be_served(settings, why):
    with pytest.raises(ValueError, match=why):
        ServerSettings(**({"listeners": LISTENERS} | settings))


def test_an_immediate_drain_is_legal():
    assert ServerSettings(LISTENERS, drain_timeout_s=0).drain_timeout_s == 0


@pytest.mark.parametrize(("host", "url"), [("127.0.0.1", "http://127.0.0.1:80"), ("::1", "http://[::1]:80")])
def test_url(host, url):
    assert BoundAddress(host, 80, "public").url == url


def test_start_failed_has_an_exit_code():
    assert StartFailed("no").exit_code == 1
    assert StartFailed("no", exit_code=3).exit_code == 3

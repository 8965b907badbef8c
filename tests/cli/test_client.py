from __future__ import annotations

import argparse
from collections.abc import Iterator

import pytest

from gate.cli.client import address, ask, exposition, extra_headers, fetch, readiness
from gate.cli.main import Failed
from tests.cli import traces
from tests.cli.traces import Store


@pytest.fixture
def store() -> Iterator[Store]:
    with traces.store() as running:
        yield running


def asking(store: Store) -> argparse.Namespace:
    return argparse.Namespace(url=store.url)


def sent(store: Store) -> dict[str, str]:
    return {name.lower(): value for name, value in store.asked[-1][1].items()}


def test_the_admin_key_is_sent_to_gate_and_to_nobody_else(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATE_ADMIN_KEY", "an-admin-key-of-the-test")
    store.gives("/gate/v1/routes", {"routes": []})
    assert ask(asking(store), "/gate/v1/routes") == {"routes": []}
    assert sent(store)["authorization"] == "Bearer an-admin-key-of-the-test"
    with traces.store() as elsewhere:
        elsewhere.gives("/caught", {"routes": []})
        store.redirects("/gate/v1/routes", f"{elsewhere.url}/caught")
        ask(asking(store), "/gate/v1/routes")
        assert elsewhere.asked
        assert "authorization" not in sent(elsewhere)


def test_no_proxy_stands_before_gate(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    store.gives("/gate/v1/routes", {"routes": []})
    assert ask(asking(store), "/gate/v1/routes") == {"routes": []}
    assert fetch(f"{store.url}/elsewhere").status == 404


def test_a_missing_admin_key_is_told(store: Store) -> None:
    refusal = {"error": {"code": "missing_admin_key", "message": "send an admin key as `Authorization: Bearer KEY`"}}
    store.gives("/gate/v1/routes", refusal, 401)
    with pytest.raises(Failed, match=r"send an admin key .*; GATE_ADMIN_KEY is what this command sends"):
        ask(asking(store), "/gate/v1/routes")


def test_what_is_no_gate_is_told(store: Store) -> None:
    store.page("/gate/v1/routes")
    with pytest.raises(Failed, match="is no Gate"):
        ask(asking(store), "/gate/v1/routes")
    with pytest.raises(Failed, match="answered 404; is it a Gate"):
        exposition(asking(store))
    store.gives("/readyz", {"status": "ok"})
    with pytest.raises(Failed, match="is no Gate"):
        readiness(asking(store))


def test_readiness_has_a_reason(store: Store) -> None:
    store.gives("/readyz", {"status": "not ready", "reason": "draining"}, 503)
    assert readiness(asking(store)) == (False, "draining")


def test_the_command_line_names_before_variables_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATE_JAEGER_URL", "http://jaeger")
    options = argparse.Namespace(jaeger=None, tempo="http://tempo")
    assert address(options, "jaeger", "tempo") == ("tempo", "http://tempo")
    options.tempo = None
    assert address(options, "jaeger", "tempo") == ("jaeger", "http://jaeger")
    monkeypatch.delenv("GATE_JAEGER_URL")
    assert address(options, "jaeger", "tempo") is None


def test_headers_for_stores(monkeypatch: pytest.MonkeyPatch) -> None:
    assert extra_headers("jaeger") == {}
    monkeypatch.setenv("GATE_JAEGER_HEADERS", "a=1, b=x=y,")
    assert extra_headers("jaeger") == {"a": "1", "b": "x=y"}

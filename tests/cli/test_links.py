from __future__ import annotations

import json
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from gate.cli.link_targets import TARGETS, Places, of_decision, of_name, overview
from gate.cli.links import Grafana, JaegerPages, Range, moment
from gate.cli.main import Failed
from tests.cli.running import cli
from tests.harness.gate import ROOT

NOW = 1_795_248_000.0
GRAFANA = Grafana("http://grafana/", "prometheus", "tempo")
JAEGER = JaegerPages("http://jaeger/")
PLACES = Places(GRAFANA, JAEGER, Range(), NOW)


def query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def pane(url: str) -> dict[str, object]:
    """What Explore is told to show."""
    asked = query(url)
    assert asked["schemaVersion"] == "1"
    (found,) = json.loads(asked["panes"]).values()
    return found


def test_a_dashboard_keeps_variables_and_time() -> None:
    link = GRAFANA.dashboard("Providers", "gate-providers", Range("now-6h", "now"), {"provider": "a b&c"})
    assert link.url.startswith("http://grafana/d/gate-providers?var-provider=a%20b%26c&")
    assert query(link.url) == {"var-provider": "a b&c", "from": "now-6h", "to": "now"}


def test_explore_is_told_as_its_page_says() -> None:
    found = pane(GRAFANA.traceql("", '{ span.gate.outcome = "served" }', Range("1", "2")).url)
    assert found["datasource"] == "tempo"
    assert found["range"] == {"from": "1", "to": "2"}
    (asked,) = found["queries"]  # type: ignore[misc]
    assert asked["refId"] == "A"
    assert asked["datasource"] == {"type": "tempo", "uid": "tempo"}
    assert (asked["queryType"], asked["query"]) == ("traceql", '{ span.gate.outcome = "served" }')
    (asked,) = pane(GRAFANA.promql("", "up == 1", Range()).url)["queries"]  # type: ignore[misc]
    assert (asked["datasource"], asked["expr"]) == ({"type": "prometheus", "uid": "prometheus"}, "up == 1")


def test_jaeger_search_has_microseconds() -> None:
    url = JAEGER.search("", {"gate.attempt.route": "a/b"}, Range(), NOW).url
    assert url.startswith("http://jaeger/search?")
    asked = query(url)
    assert asked["tags"] == '{"gate.attempt.route":"a/b"}'
    assert (asked["start"], asked["end"]) == ("1795244400000000", "1795248000000000")
    assert (asked["service"], asked["lookback"], asked["limit"]) == ("gate", "custom", "20")


@pytest.mark.parametrize(
    ("text", "is_at"),
    [("now", NOW), ("now-90s", NOW - 90), ("now-2d", NOW - 172_800), ("1795248000123", 1_795_248_000.123)],
)
def test_times(text: str, is_at: float) -> None:
    assert moment(text, NOW) == is_at


@pytest.mark.parametrize("text", ["", "yesterday", "now-1y", "now+1h", "2026-01-01"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(Failed, match="is no time"):
        moment(text, NOW)


@pytest.mark.parametrize("kind", TARGETS)
def test_every_kind_leads_somewhere(kind: str) -> None:
    links = list(of_name(kind, 'a"b', PLACES))
    dashboards = [link for link in links if "/d/" in link.url]
    assert dashboards
    for link in dashboards:
        assert query(link.url)[f"var-{TARGETS[kind].variable}"] == 'a"b'
    explored = [pane(link.url)["queries"][0]["query"] for link in links if "/explore" in link.url]  # type: ignore[index]
    assert explored == [
        f'{{ span.{TARGETS[kind].attribute} = "a\\"b" && status = error }}',
        f'{{ span.{TARGETS[kind].attribute} = "a\\"b" }}',
    ]
    searched = [json.loads(query(link.url)["tags"]) for link in links if "/search" in link.url]
    assert searched == [{TARGETS[kind].attribute: 'a"b'}]


def test_dashboards_have_what_links_choose() -> None:
    boards = {}
    for path in (ROOT / "dashboards" / "grafana").glob("*/*.json"):
        board = json.loads(path.read_text())
        boards.setdefault(board["uid"], []).append({variable["name"] for variable in board["templating"]["list"]})
    chosen = [(uid, {target.variable}) for target in TARGETS.values() for uid in target.dashboards]
    for uid, variables in [*chosen, ("gate-overview", set()), ("gate-requests", set())]:
        assert boards[uid]
        assert all(variables <= known for known in boards[uid]), uid


def test_a_decision_of_which_nothing_is_known_is_searched_for() -> None:
    titles = [link.title for link in of_decision("gd-0-1", None, None, PLACES)]
    assert titles == [
        "The trace, by search (Jaeger)",
        "The trace, by search (Tempo)",
        "Requests at that time (dashboard gate-requests)",
    ]


def test_a_decision_leads_to_who_served_it() -> None:
    view = {"serving_provider": "second", "client_profile": "claude", "chosen_lane": "home/mid"}
    links = list(of_decision("gd-0-1", "a" * 32, view, PLACES))
    assert links[0].url == f"http://jaeger/trace/{'a' * 32}"
    assert [query(link.url).get("var-provider") for link in links if "gate-providers" in link.url] == ["second"]
    assert [query(link.url).get("var-client") for link in links if "gate-clients" in link.url] == ["claude"]


def test_the_overview_needs_a_grafana() -> None:
    with pytest.raises(Failed, match="--grafana URL"):
        list(overview(Places(None, JAEGER, Range(), NOW)))


def test_the_command() -> None:
    env = {"GATE_GRAFANA_URL": "http://grafana", "GATE_GRAFANA_TEMPO_UID": "my-tempo"}
    done = cli("link", "lane", "home/mid", "--from", "now-3h", env=env)
    assert done.returncode == 0, done.stderr
    title, url = done.stdout.splitlines()[:2]
    assert title == "Routes (dashboard gate-routes)"
    assert parse_qs(urlsplit(url.strip()).query)["from"] == ["now-3h"]
    assert "my-tempo" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("provider", "x"), 1, "name a Grafana or a Jaeger"),
        (("provider",), 1, "say what is meant"),
        (("overview", "x"), 1, "say what is meant"),
        (("planet", "x"), 2, "invalid choice"),
        (("provider", "x", "--grafana", "http://g", "--to", "soon"), 1, "soon is no time"),
    ],
)
def test_wrong_uses_say_what_to_do(arguments: tuple[str, ...], code: int, said: str) -> None:
    done = cli("link", *arguments)
    assert done.returncode == code
    assert said in done.stderr

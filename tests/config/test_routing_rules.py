"""The section `routing`: what it compiles to, and everything that is found wrong with it."""

import sys

import pytest
from pydantic import TypeAdapter

from gate.config import routing_rules
from gate.config.compile import compile_config
from gate.config.document import ConfigError
from gate.config.load import load_text
from gate.config.schema import Config
from gate.core.plugins import PluginError
from gate.engine.snapshot import Snapshot
from gate.planner.routing.conditions import (
    AgentLike,
    Among,
    Answered,
    Flag,
    Like,
    Matched,
    ModelLike,
    SubAgent,
    Tokens,
    Within,
)
from gate.planner.routing.reasons import RuleCode, because
from gate.planner.routing.rules import RoutingRule

KEY = "gate-" + "k" * 40


def compiled(text: str, **env: str) -> Snapshot:
    env = {"CI_KEY": KEY, **env}
    return compile_config(load_text(text, "gate.yaml", env), env)


def findings(text: str, **env: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        compiled(text, **env)
    return caught.value.findings


def rules(text: str) -> dict[str, RoutingRule]:
    return {rule.name: rule for rule in compiled(text).world.routing}


EVERYTHING = r"""
keys: {clients: [{name: ci, key: "${CI_KEY}"}]}
routing:
  rules:
    - name: everything
      priority: 7
      applies_to: all
      to: lane:anthropic/sonnet-5.5
      when:
        model: [claude-*, gpt-?]
        client: claude
        dialect: [anthropic_messages]
        tenant: ci
        sub_agent: true
        agent: build*
        tokens: {min: 10, max: 20}
        tools: true
        web_search: false
        images: true
        thinking: false
        stream: true
        keywords: {any: [plan, build], all: now}
        regex: ['\d+', 'x']
        headers: {X-Team: [core, infra*], x-app: cli}
        time: {days: [fri-mon, wed], hours: "22:00-06:00", zone: Europe/Berlin}
"""


def test_every_kind_of_condition_cheap_ones_first() -> None:
    (rule,) = rules(EVERYTHING).values()
    assert (rule.priority, rule.everywhere, rule.target, rule.built_in) == (7, True, "lane:anthropic/sonnet-5.5", False)
    assert rule.conditions == (
        Flag("tools", True),
        Flag("web_search", False),
        Flag("images", True),
        Flag("thinking", False),
        Flag("stream", True),
        SubAgent(True),
        Among("client", frozenset({"claude"})),
        Among("dialect", frozenset({"anthropic_messages"})),
        Among("client_key", frozenset({"ci"})),
        Tokens(10, 20),
        ModelLike(Like(["claude-*", "gpt-?"])),
        AgentLike(Like(["build*"])),
        Within(frozenset({4, 5, 6, 0, 2}), 1_320, 360, "Europe/Berlin"),
        Matched("everything.header.x-team", because(RuleCode.HEADER, header="x-team", wanted="core or infra*")),
        Matched("everything.header.x-app", because(RuleCode.HEADER, header="x-app", wanted="cli")),
        Matched("everything.keywords", because(RuleCode.KEYWORDS, wanted="any of plan, build; all of now")),
        Matched("everything.regex", because(RuleCode.REGEX), asks="\\d+\nx"),
    )


def test_the_edge_looks_at_what_rules_ask_for_and_at_nothing_where_they_do_not() -> None:
    assert compiled(EVERYTHING).matching
    assert not compiled("routing: {use: {think: premium}}").matching
    assert not compiled("").matching


def test_a_rule_that_says_little_has_the_defaults() -> None:
    (rule,) = rules("routing: {rules: [{name: all-of-it, to: eco}]}").values()
    assert rule == RoutingRule("all-of-it", "eco")
    (whole_day,) = rules("routing: {rules: [{name: r, to: eco, when: {time: {days: sun}}}]}")["r"].conditions
    assert whole_day == Within(frozenset({6}))
    (to_midnight,) = rules('routing: {rules: [{name: r, to: eco, when: {time: {hours: "18:00-24:00"}}}]}')[
        "r"
    ].conditions
    assert to_midnight == Within(start=1_080, end=1_440)


def test_sets_come_behind_own_rules_and_can_be_switched_off() -> None:
    found = rules(
        "routing: {use: {think: premium, background: null, image: lane:openai/gpt-5}, long_context_tokens: 9}"
    )
    assert {name: rule.target for name, rule in found.items()} == {"image": "lane:openai/gpt-5", "think": "premium"}
    assert all(rule.built_in and rule.priority >= 1_000 for rule in found.values())
    (long,) = rules("routing: {use: {long-context: eco}, long_context_tokens: 9}").values()
    assert long.conditions == (Tokens(least=10),)


def test_the_simulated_world_has_the_same_rules() -> None:
    simulated = compiled("routing: {use: {think: premium}}").simulated
    assert simulated is not None
    assert [rule.name for rule in simulated.routing] == ["think"]


def test_rules_are_a_part_of_what_the_configuration_means() -> None:
    assert compiled("routing: {use: {think: premium}}").version != compiled("").version


@pytest.mark.parametrize(
    ("routing", "expected"),
    [
        (
            "{use: {think: nowhere}}",
            "routing.use.think: nowhere is neither an intent, lane:NAME nor provider/model",
        ),
        (
            "{rules: [{name: r, to: lane:nowhere}]}",
            "routing.rules.r.to: lane:nowhere is neither an intent, lane:NAME nor provider/model",
        ),
        (
            "{rules: [{name: r, to: nobody/model}]}",
            "routing.rules.r.to: nobody/model is neither an intent, lane:NAME nor provider/model",
        ),
        ("{rules: [{name: r}]}", "routing.rules.r: give either `to` or `custom`"),
        ("{rules: [{name: r, to: eco}, {name: r, to: auto}]}", "routing.rules.r: the name is there twice"),
        ("{rules: [{name: think, to: eco}]}", "routing.rules.think: the name belongs to a built-in set"),
        (
            "{rules: [{name: r, custom: tiers}]}",
            "routing.rules.r.custom: no installed package brings a rule tiers; there: none",
        ),
        (
            "{rules: [{name: r, to: eco, when: {tenant: nobody}}]}",
            "routing.rules.r.when.tenant: there is no client key nobody",
        ),
        (
            "{rules: [{name: r, to: eco, when: {headers: {Authorization: 'Bearer x*'}}}]}",
            "routing.rules.r.when.headers: Authorization holds a credential; a rule goes by the key's name: tenant",
        ),
        (
            "{rules: [{name: r, to: eco, when: {tokens: {min: 2, max: 1}}}]}",
            "routing.rules.r.when.tokens: min is more than max: no request is both",
        ),
        (
            "{rules: [{name: r, to: eco, when: {time: {days: mon, zone: Mars/Base}}}]}",
            "routing.rules.r.when.time.zone: Mars/Base is no time zone that this machine knows "
            "(IANA, e.g. Europe/Berlin)",
        ),
        (
            '{rules: [{name: r, to: eco, when: {time: {hours: "09:00-09:00"}}}]}',
            "routing.rules.r.when.time.hours: 09:00-09:00 is no time at all; leave hours out for the whole day",
        ),
        (
            "{rules: [{name: r, to: eco, when: {regex: '(?=a)'}}]}",
            "routing.rules.r.when.regex: RE2 does not take the expression: invalid perl operator: (?=",
        ),
    ],
)
def test_what_stands_for_nothing_is_found(routing: str, expected: str) -> None:
    assert findings(f"routing: {routing}") == [expected]


def test_all_findings_at_once() -> None:
    broken = "{name: b, to: eco, when: {regex: ['(', '[', 'x']}}"
    assert len(findings(f"routing: {{use: {{think: none}}, rules: [{{name: a, to: none}}, {broken}]}}")) == 4


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        ("{name: Big Name, to: eco}", "routing.rules.0.name"),
        ("{name: r, to: eco, when: {modell: x}}", "unknown key routing.rules.0.when.modell; did you mean model?"),
        ("{name: r, to: eco, when: {model: []}}", "routing.rules.0.when.model"),
        ("{name: r, to: eco, when: {client: vi}}", "routing.rules.0.when.client.0"),
        ("{name: r, to: eco, when: {time: {hours: 9-17}}}", "routing.rules.0.when.time.hours"),
        ("{name: r, to: eco, when: {time: {days: monday}}}", "routing.rules.0.when.time.days.0"),
        ("{name: r, to: eco, when: {headers: {'x y': z}}}", "routing.rules.0.when.headers"),
        ("{name: r, to: eco, applies_to: some}", "routing.rules.0.applies_to"),
        ("{name: r, to: eco, when: {tokens: {min: -1}}}", "routing.rules.0.when.tokens.min"),
    ],
)
def test_what_is_written_wrongly_is_found_where_it_stands(rule: str, place: str) -> None:
    (finding,) = findings(f"routing:\n  rules:\n    - {rule}\n")
    assert finding.startswith("gate.yaml:3: ")
    assert place in finding


def test_a_rule_with_an_expression_needs_re2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "re2", None)
    (finding,) = findings("routing: {rules: [{name: r, to: eco, when: {regex: x}}]}")
    assert finding.startswith("routing.rules.r.when.regex: expressions need RE2: install Gate with its extra `rules`")
    assert compiled("routing: {rules: [{name: r, to: eco, when: {keywords: {any: x}}}]}").matching


class Tiers:
    name = "tiers"

    def match(self, features: object) -> str | None:
        return "eco"


def test_a_rule_of_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing_rules, "installed_rules", lambda: {"tiers": Tiers()})
    snapshot = compiled("routing: {rules: [{name: mine, custom: tiers, when: {tools: true}}]}")
    (rule,) = snapshot.world.routing
    assert rule == RoutingRule("mine", None, (Flag("tools", True), Answered("mine", "tiers")))
    assert snapshot.matching
    both = findings("routing: {rules: [{name: mine, custom: tiers, to: eco}]}")
    assert both == ["routing.rules.mine: give either `to` or `custom`"]
    other = findings("routing: {rules: [{name: mine, custom: other}]}")
    assert other == ["routing.rules.mine.custom: no installed package brings a rule other; there: tiers"]


def test_a_package_that_is_broken_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> dict[str, Tiers]:
        raise PluginError("gate-acme 1.0 (entry point tiers): has no `match(features)`")

    monkeypatch.setattr(routing_rules, "installed_rules", broken)
    assert findings("") == ["gate-acme 1.0 (entry point tiers): has no `match(features)`"]


def test_the_json_schema_takes_one_for_a_list_of_one() -> None:
    schema = TypeAdapter(Config).json_schema()
    model = schema["$defs"]["WhenSection"]["properties"]["model"]
    assert [option.get("type") for option in model["anyOf"]] == ["string", "array"]

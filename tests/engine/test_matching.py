"""What rules ask of texts, headers and Python, at the edge: names go on, words do not."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.config.expressions import searcher
from gate.core.request import RequestFeatures
from gate.engine.matching import (
    MAX_TARGET,
    NO_MATCHING,
    Expression,
    HeaderCheck,
    Keywords,
    Matching,
    UserText,
)
from gate.planner.routing.conditions import Like
from tests.planner.worlds import request


@pytest.mark.parametrize(
    ("some", "every", "text", "holds"),
    [
        (["refactor"], [], "Please REFACTOR this", True),
        (["refactor"], [], "refactoring", False),
        (["refactor"], [], "prefactor and refactor", True),
        (["plan"], [], "explain", False),
        (["plan"], [], "plan9", False),
        (["plan"], [], "the plan.", True),
        (["clean up"], [], "so clean up now", True),
        (["a", "b"], [], "only b", True),
        ([], ["a", "b"], "only b", False),
        ([], ["a", "b"], "b and a", True),
        (["c"], ["a", "b"], "b and a", False),
        (["straße"], [], "die STRASSE", True),
        (["c++"], [], "some c++17", True),
        (["重构"], [], "请重构代码", True),
        (["план"], [], "ПЛАН!", True),
        (["план"], [], "планы", False),
        ([], [], "", True),
    ],
)
def test_keywords(some: list[str], every: list[str], text: str, holds: bool) -> None:
    assert Keywords(some, every).holds(UserText(text)) is holds


@given(st.text(max_size=50), st.text(min_size=1, max_size=4))
def test_a_keyword_alone_is_found_and_one_that_is_not_there_is_not(text: str, word: str) -> None:
    assert Keywords([word]).holds(UserText(f"{text} {word} {text}"))
    if word.casefold() not in text.casefold():
        assert not Keywords([word]).holds(UserText(text))


def test_expressions() -> None:
    check = Expression((searcher(r"\bABC-\d+"), searcher("(?i)ärger")))
    assert check.holds(UserText("see ABC-12"))
    assert check.holds(UserText("so viel ÄRGER"))
    assert not check.holds(UserText("see abc-12"))
    assert not check.holds(UserText("\ud800"))


def test_headers_are_there_with_a_value_like_a_pattern() -> None:
    check = HeaderCheck(b"x-team", Like(["core*", "infra"]))
    assert check.holds([(b"x-team", b"Core-7")])
    assert check.holds([(b"x-team", b"other"), (b"x-team", b"infra")])
    assert not check.holds([(b"x-team", b"infra2"), (b"x-tea", b"infra")])
    assert not check.holds([])
    assert HeaderCheck(b"x-any", Like(["*"])).holds([(b"x-any", b"\xff")])


class Custom:
    """A rule of a package."""

    name = "custom"

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.seen: list[RequestFeatures] = []

    def match(self, features: RequestFeatures) -> Any:
        self.seen.append(features)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def applied(matching: Matching, *, headers: Any = (), text: str = "", told: Any = None) -> frozenset[str]:
    return matching.applied(request(), headers, lambda: text, told or (lambda where, error: None)).matched


def never() -> str:
    raise AssertionError("nobody asked for the text")


def test_only_names_go_on() -> None:
    matching = Matching(
        {"r.keywords": Keywords(["secret"]), "q.keywords": Keywords(["other"])},
        {"r.header.x-team": HeaderCheck(b"x-team", Like(["core"]))},
    )
    assert matching
    found = applied(matching, headers=[(b"x-team", b"core")], text="a secret plan")
    assert found == {"r.keywords", "r.header.x-team"}


def test_without_rules_on_texts_none_is_read() -> None:
    assert not NO_MATCHING
    assert NO_MATCHING.applied(request(), [], never, lambda where, error: None) == request()
    headers_only = Matching(headers={"r.header.a": HeaderCheck(b"a", Like(["*"]))})
    assert headers_only.applied(request(), [], never, lambda where, error: None) == request()


def test_of_body_reads_the_last_text() -> None:
    matching = Matching({"r.keywords": Keywords(["refactor"])})
    body = b'{"model":"m","messages":[{"role":"user","content":"refactor"}]}'
    told: list[str] = []
    found = matching.of_body(request(), [], body, lambda where, error: told.append(where))
    assert found.matched == {"r.keywords"}
    assert not told
    asked = request()
    assert NO_MATCHING.of_body(asked, [], body, lambda where, error: told.append(where)) is asked


def test_a_rule_in_python_is_asked_with_what_else_matched_and_its_answer_stands_among_the_names() -> None:
    custom = Custom("lane:big")
    matching = Matching(headers={"h.header.a": HeaderCheck(b"a", Like(["*"]))}, customs={"tiers": custom})
    assert applied(matching, headers=[(b"a", b"1")]) == {"h.header.a", "tiers=lane:big"}
    assert custom.seen[0].matched == {"h.header.a"}
    assert applied(Matching(customs={"tiers": Custom(None)})) == frozenset()


@pytest.mark.parametrize(
    "answer", [RuntimeError("no"), 7, "", "x" * (MAX_TARGET + 1), "two\nlines", b"eco", KeyError("secret")]
)
def test_a_rule_in_python_that_raises_or_answers_nonsense_is_passed_over_and_told_of_once(answer: Any) -> None:
    told: list[tuple[str, str]] = []
    matching = Matching(customs={"tiers": Custom(answer), "fine": Custom("eco")})
    for _ in range(3):
        found = applied(matching, told=lambda where, error: told.append((where, type(error).__name__)))
        assert found == {"tiers!", "fine=eco"}
    assert told == [("rule tiers", type(answer).__name__ if isinstance(answer, Exception) else "TypeError")]

"""What routing rules say of texts and headers, looked at before the plan and only where a rule asks for it.

The last user text (its first 8 KiB, `gate.protocols.last_text`) and headers are read here and nowhere else; what goes
on are the names of the conditions that hold (`RequestFeatures.matched`), never a word of what was read. Rules written
in Python are asked here too, for what a package does is neither total nor pure: they see features, no texts, and their
answers stand among the same names, so that `plan` stays a function of what is recorded.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from gate.core.request import RequestFeatures
from gate.planner.routing.conditions import Like, answered, failed
from gate.protocols.last_text import last_user_text

Header = tuple[bytes, bytes]
Told = Callable[[str, BaseException], None]
"""Is told where an exception nobody expected came from."""

MAX_TARGET = 300


class CustomRule(Protocol):
    """A rule an installed package brings (entry point of the group `gate.rules`)."""

    @property
    def name(self) -> str: ...

    def match(self, features: RequestFeatures) -> str | None:
        """The target (an intent, `lane:NAME`, `provider/model`), or None. Called in the event loop for every request:
        quick, without IO."""
        ...


class UserText:
    """The last user text in the forms conditions look at, each made once."""

    __slots__ = ("_folded", "_utf8", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._folded: str | None = None
        self._utf8: bytes | None = None

    @property
    def folded(self) -> str:
        if self._folded is None:
            self._folded = self.text.casefold()
        return self._folded

    @property
    def utf8(self) -> bytes:
        if self._utf8 is None:
            self._utf8 = self.text.encode("utf-8", "replace")
        return self._utf8


class TextCheck(Protocol):
    """A condition on the text."""

    def holds(self, said: UserText) -> bool: ...


class Keywords:
    """Words, in any case: at least one of `some` (unless there are none) and all of `every`.

    A word stands by itself: `plan` is not in `explain`. Where a script does not part words (Chinese, Thai), or a
    keyword ends in a sign (`c++`), it is found anywhere.
    """

    __slots__ = ("every", "some")

    def __init__(self, some: Sequence[str] = (), every: Sequence[str] = ()) -> None:
        self.some = tuple(word.casefold() for word in some)
        self.every = tuple(word.casefold() for word in every)

    def holds(self, said: UserText) -> bool:
        text = said.folded
        if self.some and not any(_stands_in(word, text) for word in self.some):
            return False
        return all(_stands_in(word, text) for word in self.every)


def _stands_in(word: str, text: str) -> bool:
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if not (at > 0 and _joined(text[at - 1], word[0])) and not (end < len(text) and _joined(word[-1], text[end])):
            return True
        at = text.find(word, at + 1)
    return False


def _joined(one: str, next_: str) -> bool:
    """Whether two neighbours belong to one word, in a script whose words are parted by spaces: one that has cases."""
    return _of_word(one) and _of_word(next_)


def _of_word(character: str) -> bool:
    return character.islower() or character.isdigit() or character == "_"


@dataclass(frozen=True, slots=True)
class Expression:
    """Regular expressions of which one is found. search: linear in the text's length, on UTF-8."""

    search: tuple[Callable[[bytes], object | None], ...]

    def holds(self, said: UserText) -> bool:
        text = said.utf8
        return any(search(text) is not None for search in self.search)


@dataclass(frozen=True, slots=True)
class HeaderCheck:
    """A header that is there with a value like one of the patterns. name: in lower case."""

    name: bytes
    like: Like

    def holds(self, headers: Sequence[Header]) -> bool:
        return any(name == self.name and self.like(value.decode("latin-1")) for name, value in headers)


class Matching:
    """All that one configuration's rules ask of texts and headers, by the names of the conditions. customs: by the
    name of the routing rule that uses them. Not for several threads at once."""

    def __init__(
        self,
        texts: dict[str, TextCheck] | None = None,
        headers: dict[str, HeaderCheck] | None = None,
        customs: dict[str, CustomRule] | None = None,
    ) -> None:
        self._texts = texts or {}
        self._headers = headers or {}
        self._customs = customs or {}
        self._reported: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._texts or self._headers or self._customs)

    def applied(
        self, features: RequestFeatures, headers: Sequence[Header], text: Callable[[], str], told: Told
    ) -> RequestFeatures:
        """The features with the names of what holds. text: the last user text, asked for only if some rule looks at
        it. told: of a rule that raised, once for each rule."""
        matched = [name for name, check in self._headers.items() if check.holds(headers)]
        if self._texts:
            said = UserText(text())
            matched += [name for name, check in self._texts.items() if check.holds(said)]
        if matched:
            features = replace(features, matched=frozenset(matched))
        if self._customs:
            answers = [self._asked(name, rule, features, told) for name, rule in self._customs.items()]
            features = replace(features, matched=frozenset([*matched, *(one for one in answers if one is not None)]))
        return features

    def of_body(self, features: RequestFeatures, headers: Sequence[Header], body: bytes, told: Told) -> RequestFeatures:
        """`applied` to a request as it came; the features as they are when there is nothing to look at."""
        if not self:
            return features
        return self.applied(features, headers, lambda: last_user_text(features.dialect, body), told)

    def _asked(self, name: str, rule: CustomRule, features: RequestFeatures, told: Told) -> str | None:
        try:
            return _answer(name, rule.match(features))
        except Exception as error:  # a package's mistake must cost its rule and no request
            if name not in self._reported:
                self._reported.add(name)
                told(f"rule {name}", error)
            return failed(name)


NO_MATCHING = Matching()


def _answer(name: str, target: Any) -> str | None:
    if target is None:
        return None
    if not isinstance(target, str) or not 0 < len(target) <= MAX_TARGET or not target.isprintable():
        raise TypeError("match() has to give a target's name or None")
    return answered(name, target)

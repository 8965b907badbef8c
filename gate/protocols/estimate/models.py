"""What is known of how a model counts, by its name."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from gate.protocols.estimate.pictures import ClaudeRule, FlatRule, GeminiTiles, PatchRule, Rule, TileRule
from gate.protocols.estimate.text import CLAUDE, CLAUDE_3, DEEPSEEK, O200K, QWEN, TEKKEN, Weights

_CLOUD = re.compile(r"^(?:(?:us|eu|apac|jp|au|ca|us-gov|global)\.)?(?:[a-z][a-z0-9]*\.)(?=[a-z])")
_REVISION = re.compile(r"(?:\[\d+[km]\]|[:@].*|-v\d+|-20\d{6}|-20\d\d-\d\d-\d\d|-latest|-preview)$")
_VERSION = re.compile(r"(\d+)(?:[-.](\d{1,2})(?![\d.]))?")
MAX_NAME = 256
_TILES = TileRule(85, 170)


@dataclass(frozen=True, slots=True)
class Counting:
    """weights: of its tokenizer. picture: tokens of a picture; usual_picture: of one whose size is not known. page:
    tokens of a PDF page, as text and picture. message: what frames each message. tools: what comes with the first
    tool."""

    weights: Weights = O200K
    picture: Rule = _TILES
    usual_picture: int = 765
    page: int = 1_200
    message: int = 4
    tools: int = 10


OTHER = Counting()
"""Of a model of which nothing is known: like OpenAI's."""

_CLAUDE_3 = Counting(CLAUDE_3, ClaudeRule(1568, 1568), usual_picture=1_500, page=2_100, tools=330)
# The tokens that come with tools: what the example of platform.claude.com/docs/en/build-with-claude/token-counting has
# (403) beyond its texts. Pages: between those measured and the 1,500 to 3,000 that .../pdf-support speaks of.
_CLAUDE = Counting(CLAUDE, ClaudeRule(2576, 4784), usual_picture=2_500, page=2_350, tools=330)
_GEMINI_2 = Counting(picture=GeminiTiles(), usual_picture=1_032, page=258)
_GEMINI_3 = Counting(picture=FlatRule(1_120), usual_picture=1_120, page=560)
_MINI, _NANO = PatchRule(1.62), PatchRule(2.46)
_OPENAI: tuple[tuple[str, Rule], ...] = (
    (r"gpt-4o-mini", TileRule(2833, 5667)),
    (r"o4-mini|codex-mini", PatchRule(1.72)),
    (r"(?:gpt-4\.1|gpt-5(?:\.\d+)?)-mini", _MINI),
    (r"(?:gpt-4\.1|gpt-5(?:\.\d+)?)-nano", _NANO),
    (r"gpt-5(?:-chat)?$", TileRule(70, 140)),
    (r"o[13](?:-|$)", TileRule(75, 150)),
    (r"computer-use", TileRule(65, 129)),
    (r"gpt-5(?:\.[0-3])?(?:-|$)", PatchRule()),
    (r"gpt-5\.4", PatchRule(high=2_500, auto=2_500)),
    (r"gpt-5\.5", PatchRule(high=2_500, auto=10_000)),
    (r"gpt-(?:5\.|[6-9])", PatchRule(high=2_500, auto=30_000)),
)


@lru_cache(maxsize=1_024)
def family_of(model: str) -> str:
    """The name under which what is learned of a model is kept: without vendor, cloud region, date and revision, so that
    `us.anthropic.claude-sonnet-5-20260101-v1:0` and `anthropic/claude-sonnet-5` are one."""
    name = model.strip().lower()[:MAX_NAME].rpartition("/")[2]
    name = _CLOUD.sub("", name)
    shorter = _REVISION.sub("", name)
    while shorter != name and shorter:
        name, shorter = shorter, _REVISION.sub("", shorter)
    return name


@lru_cache(maxsize=1_024)
def counting_of(family: str) -> Counting:
    """How a family (as `family_of` names it) counts. Total: of an unknown one the usual."""
    for pattern, found in _KNOWN:
        if pattern.search(family):
            return found(family)
    return OTHER


def _claude(family: str) -> Counting:
    """Opus 4.7 came with another tokenizer and a higher resolution, and so did every model after it."""
    return _CLAUDE if _version(family, (4, 7)) >= (4, 7) else _CLAUDE_3


def _gemini(family: str) -> Counting:
    return _GEMINI_3 if _version(family, (3, 0)) >= (3, 0) else _GEMINI_2


def _openai(family: str) -> Counting:
    for pattern, rule in _OPENAI:
        if re.match(pattern, family):
            return Counting(picture=rule, usual_picture=rule((1024, 1024), None))
    return OTHER


def _version(family: str, unknown: tuple[int, int]) -> tuple[int, int]:
    """The first number in a name, with the one behind it."""
    found = _VERSION.search(family)
    return unknown if found is None else (int(found[1]), int(found[2] or 0))


def _known(counting: Counting) -> Callable[[str], Counting]:
    return lambda family: counting


_KNOWN: tuple[tuple[re.Pattern[str], Callable[[str], Counting]], ...] = (
    (re.compile(r"claude"), _claude),
    (re.compile(r"^(?:gpt|chatgpt|o\d|computer-use|codex)"), _openai),
    (re.compile(r"gemini"), _gemini),
    (re.compile(r"deepseek"), _known(Counting(DEEPSEEK))),
    (re.compile(r"^(?:open-)?(?:mistral|ministral|magistral|devstral|codestral|pixtral)"), _known(Counting(TEKKEN))),
    (re.compile(r"^(?:qwen|qwq)"), _known(Counting(QWEN))),
)

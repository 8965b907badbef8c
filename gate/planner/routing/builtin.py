"""The built-in sets: routing rules an operator switches on by naming a target (`routing.use`).

They are the kinds of request that claude-code-router told apart in its versions 1 and 2 (`Router` in its config.json:
README.md of github.com/musistudio/claude-code-router and src/utils/router.ts, src/agents/image.agent.ts there, read
2026-11-21), in the order it asked about them. Where Gate's differ, it says so below.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum

from gate.core.dialect import Dialect
from gate.planner.routing.conditions import Among, Condition, Flag, Like, ModelLike, Tokens
from gate.planner.routing.rules import RoutingRule

LONG_CONTEXT_TOKENS = 60_000
"""As in claude-code-router."""
FIRST_PRIORITY = 1_000
_STEP = 10


class BuiltIn(StrEnum):
    """The sets, in the order they are asked."""

    IMAGE = "image"
    LONG_CONTEXT = "long-context"
    BACKGROUND = "background"
    WEB_SEARCH = "web-search"
    THINK = "think"
    DEFAULT = "default"


Made = Callable[[int], tuple[Condition, ...]]

_CONDITIONS: dict[BuiltIn, Made] = {
    # A picture anywhere in the conversation, not only in its last message: the model has to read them all.
    BuiltIn.IMAGE: lambda long: (Flag("images", True),),
    BuiltIn.LONG_CONTEXT: lambda long: (Tokens(least=long + 1),),
    # Claude Code asks a haiku for titles, summaries and the like.
    BuiltIn.BACKGROUND: lambda long: (ModelLike(Like(["*haiku*"])),),
    # Codex, the client of the other dialect, offers a web search with every request, which tells nothing.
    BuiltIn.WEB_SEARCH: lambda long: (
        Flag("web_search", True),
        Among("dialect", frozenset(set(Dialect) - {Dialect.OPENAI_RESPONSES})),
    ),
    # Thinking that is asked for: Claude Code says `adaptive` with every request, which asks for nothing.
    BuiltIn.THINK: lambda long: (Flag("thinking", True),),
    BuiltIn.DEFAULT: lambda long: (),
}


def built_in(targets: Mapping[BuiltIn, str], long_context_tokens: int = LONG_CONTEXT_TOKENS) -> tuple[RoutingRule, ...]:
    """The rules of the sets that have a target. long_context_tokens: more than so many are a long context."""
    return tuple(
        RoutingRule(
            name=kind.value,
            target=targets[kind],
            conditions=_CONDITIONS[kind](long_context_tokens),
            priority=FIRST_PRIORITY + _STEP * place,
            built_in=True,
        )
        for place, kind in enumerate(BuiltIn)
        if kind in targets
    )

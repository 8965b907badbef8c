"""How clients of chat ask a model to think.

`reasoning_effort`: OpenAI and most others; Groq's `default` is its own choice. `reasoning`: OpenRouter (`effort`,
`max_tokens`, `enabled`, `exclude`). `thinking`: DeepSeek and Z.ai (`type`), as Anthropic spells it. `enable_thinking`
and `thinking_budget`: Qwen. `reasoning_format` and `include_reasoning`: whether Groq, Cerebras and OpenRouter show it.
Read 2026-11-21: api-docs.deepseek.com/guides/thinking_mode.md, github.com/OpenRouterTeam/typescript-sdk,
github.com/groq/groq-python, github.com/Cerebras/cerebras-cloud-sdk-python.
"""

from collections.abc import Mapping

from gate.protocols.canonical.parts import Wire
from gate.protocols.canonical.request import Effort, Reasoning
from gate.protocols.fields import mapping, tokens

ASKED = frozenset(
    {
        "reasoning_effort",
        "reasoning",
        "thinking",
        "enable_thinking",
        "thinking_budget",
        "reasoning_format",
        "include_reasoning",
    }
)
_SHOWN = {"hidden": "omitted", "parsed": "auto", "raw": "auto"}
_EFFORTS = {effort.value: effort for effort in Effort}


def read_reasoning(asked: Mapping[str, object]) -> Reasoning | None:
    """What was asked; None when nothing was that has a canonical word."""
    spelled = {name: asked[name] for name in ASKED if asked.get(name) is not None}
    if not spelled:
        return None
    inner, thinking = mapping(spelled.get("reasoning")), mapping(spelled.get("thinking"))
    effort = _effort(spelled.get("reasoning_effort")) or _effort(inner.get("effort"))
    found = Reasoning(
        on=_switch(spelled, inner, thinking),
        adaptive=thinking.get("type") == "adaptive",
        budget=tokens(inner.get("max_tokens") or thinking.get("budget_tokens") or spelled.get("thinking_budget")),
        effort=effort,
        summary=_shown(spelled, inner),
        raw=spelled,
    )
    return None if found == Reasoning(raw=spelled) else found


def _effort(value: object) -> Effort | None:
    return _EFFORTS.get(value) if isinstance(value, str) else None


def _switch(spelled: Wire, inner: Wire, thinking: Wire) -> bool | None:
    switches = (inner.get("enabled"), spelled.get("enable_thinking"))
    for switch in switches:
        if isinstance(switch, bool):
            return switch
    return {"enabled": True, "adaptive": True, "disabled": False}.get(str(thinking.get("type")))


def _shown(spelled: Wire, inner: Wire) -> str | None:
    if inner.get("exclude") is True or spelled.get("include_reasoning") is False:
        return "omitted"
    summary = inner.get("summary")
    if isinstance(summary, str) and summary:
        return summary
    return _SHOWN.get(str(spelled.get("reasoning_format")))


def as_spelled(reasoning: Reasoning) -> Wire | None:
    """The members this was read of, unless it was changed since."""
    if reasoning.raw is None:
        return None
    return reasoning.raw if read_reasoning(reasoning.raw) == reasoning else None

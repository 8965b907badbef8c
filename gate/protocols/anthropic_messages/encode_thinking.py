"""How hard to think, in the words a model of Anthropic's takes. https://platform.claude.com/docs/en/build-with-claude/
thinking, .../effort, .../extended-thinking (read 2026-11-21)

Models from 4.6 on are told an effort and decide themselves (`adaptive`); older ones get a budget of tokens, at least
1,024 and less than `max_tokens`. Between efforts and budgets stands Google's published table (ai.google.dev/gemini-api/
docs/openai, read 2026-11-21: 1,024, 8,192 and 24,576 tokens for low, medium and high); the two above high get 32,000,
beyond which Anthropic advises batches. A fifth of `max_tokens` is left for the answer.
"""

import msgspec

from gate.core.loss import Feature, LossAction
from gate.protocols.anthropic_messages.body import array
from gate.protocols.anthropic_messages.ledger import Ledger
from gate.protocols.anthropic_messages.models import Traits
from gate.protocols.canonical.parts import Wire
from gate.protocols.canonical.request import Effort, Reasoning
from gate.protocols.efforts import nearest_effort
from gate.protocols.fields import mapping

LEAST_BUDGET = 1024
_BUDGETS = {
    Effort.MINIMAL: 1024,
    Effort.LOW: 1024,
    Effort.MEDIUM: 8192,
    Effort.HIGH: 24576,
    Effort.XHIGH: 32000,
    Effort.MAX: 32000,
}
_THOUGHTS = frozenset({"thinking", "redacted_thinking"})


class Plan(msgspec.Struct, frozen=True, gc=False):
    """thinking: the member, None to leave it out. effort: of `output_config`. on: the model will think, so far as is
    known; None where the request does not say."""

    thinking: Wire | None = None
    effort: str | None = None
    on: bool | None = None


def planned(asked: Reasoning | None, traits: Traits, ledger: Ledger, *, limit: int, forced: bool, broken: bool) -> Plan:
    """limit: `max_tokens`. forced: the choice forces a tool, which thinking excludes. broken: the running loop of calls
    has lost its thinking, without which a budget is refused."""
    if asked is None:
        return Plan()
    if asked.on is False or asked.effort is Effort.NONE or asked.budget == 0:
        return _off(traits, ledger)
    if forced:
        ledger.setting(Feature.THINKING, "reasoning", LossAction.DROPPED)
        return Plan(_switched_off(traits), on=False)
    if traits.adaptive:
        return _adaptive(asked, traits, ledger)
    if broken:
        ledger.setting(Feature.THINKING, "reasoning", LossAction.DROPPED)
        return Plan(on=False)
    return _budget(asked, traits, ledger, limit)


def _switched_off(traits: Traits) -> Wire | None:
    return None if traits.off is None else {"type": traits.off}


def _off(traits: Traits, ledger: Ledger) -> Plan:
    if traits.thinks:
        ledger.setting(Feature.THINKING, "reasoning", LossAction.APPROXIMATED)
        return Plan(effort=Effort.LOW.value, on=True)
    return Plan(_switched_off(traits), on=False)


def _adaptive(asked: Reasoning, traits: Traits, ledger: Ledger) -> Plan:
    effort = asked.effort
    if effort is None and asked.budget is not None and asked.budget > 0:
        effort = _effort_for(asked.budget)
        ledger.setting(Feature.THINKING, "reasoning", LossAction.APPROXIMATED)
    told = None if effort is None else _nearest(effort, traits)
    if told is not effort:
        ledger.setting(Feature.THINKING, "effort", LossAction.APPROXIMATED)
    thinking: dict[str, object] = {"type": "adaptive"}
    display = _display(asked.summary)
    if display is not None:
        thinking["display"] = display
    return Plan(thinking, None if told is None else told.value, on=True)


def _display(summary: str | None) -> str | None:
    """Newer models keep their thinking to themselves unless they are asked to show it."""
    if summary is None:
        return None
    return "omitted" if summary in ("omitted", "none", "off") else "summarized"


def _budget(asked: Reasoning, traits: Traits, ledger: Ledger, limit: int) -> Plan:
    effort = None if asked.effort is None else _nearest(asked.effort, traits)
    if (asked.adaptive or not asked.on) and asked.budget is None and asked.effort is None:
        # Clients say this to every model; one that cannot decide by itself does as it would.
        ledger.setting(Feature.THINKING, "reasoning", LossAction.APPROXIMATED)
        return Plan()
    fits = min(max(_tokens(asked), LEAST_BUDGET), limit - limit // 5)
    if fits < LEAST_BUDGET:
        ledger.setting(Feature.THINKING, "reasoning", LossAction.DROPPED)
        return Plan(effort=None if effort is None else effort.value, on=False)
    if asked.budget is not None and fits != asked.budget:
        ledger.setting(Feature.THINKING, "reasoning", LossAction.APPROXIMATED)
    elif asked.effort is not None and effort is not asked.effort:
        ledger.setting(Feature.THINKING, "effort", LossAction.APPROXIMATED)
    thinking = {"type": "enabled", "budget_tokens": fits}
    return Plan(thinking, None if effort is None else effort.value, on=True)


def needed(asked: Reasoning | None) -> int:
    """Tokens that thinking by a budget takes of `max_tokens`, beside those for the answer, where a client gave no
    limit."""
    if asked is None or asked.on is False or asked.effort is Effort.NONE or asked.budget == 0:
        return 0
    return _tokens(asked)


def _tokens(asked: Reasoning) -> int:
    if asked.budget is not None and asked.budget > 0:
        return asked.budget
    return _BUDGETS.get(asked.effort or Effort.MEDIUM, LEAST_BUDGET)


def _nearest(effort: Effort, traits: Traits) -> Effort | None:
    """None where the model takes no efforts."""
    return nearest_effort(effort, traits.efforts) if traits.efforts else None


def _effort_for(budget: int) -> Effort:
    return next((effort for effort in (Effort.LOW, Effort.MEDIUM) if budget <= _BUDGETS[effort]), Effort.HIGH)


def lacks_thinking(turns: object) -> bool:
    """Whether the last assistant turn calls tools and does not begin with its thinking: with a budget the API answers
    400 to that (`Expected thinking or redacted_thinking, but found tool_use`)."""
    first: Wire | None = None
    calls = False
    for value in reversed(array(turns)):
        turn = mapping(value)
        if turn.get("role") != "assistant":
            if first is not None:
                break
            continue
        blocks = [mapping(block) for block in array(turn.get("content"))]
        if blocks:
            first = blocks[0]
            calls = calls or any(block.get("type") == "tool_use" for block in blocks)
    return calls and first is not None and first.get("type") not in _THOUGHTS

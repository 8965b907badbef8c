"""Why a routing rule did or did not decide, as codes with parameters. One template words each code."""

from dataclasses import dataclass
from enum import StrEnum

from gate.core.reason import Param


class RuleCode(StrEnum):
    """The value is what explain shows. The condition that emits a code owns it."""

    FIRED = "rule_fired"
    OUTRANKED = "rule_outranked"
    TARGET_UNUSABLE = "rule_target_unusable"
    EXPLICIT_MODEL = "rule_explicit_model"
    MODEL = "rule_model"
    AMONG = "rule_among"
    FLAG = "rule_flag"
    AGENT = "rule_agent"
    TOO_FEW_TOKENS = "rule_too_few_tokens"
    TOO_MANY_TOKENS = "rule_too_many_tokens"
    TIME = "rule_time"
    KEYWORDS = "rule_keywords"
    REGEX = "rule_regex"
    HEADER = "rule_header"
    CUSTOM_SILENT = "rule_custom_silent"
    CUSTOM_FAILED = "rule_custom_failed"


TEMPLATES: dict[RuleCode, str] = {
    RuleCode.FIRED: "every condition holds",
    RuleCode.OUTRANKED: "every condition holds, but the rule {rule} comes first",
    RuleCode.TARGET_UNUSABLE: "every condition holds, but no route of {target} fits this request",
    RuleCode.EXPLICIT_MODEL: "the name asked for, {model}, means no intent, and the rule applies to intents only",
    RuleCode.MODEL: "the name asked for, {model}, is not like {wanted}",
    RuleCode.AMONG: "{feature} is {found}, not {wanted}",
    RuleCode.FLAG: "{feature} is {found}, the rule wants {wanted}",
    RuleCode.AGENT: "the agent's id, {found}, is not like {wanted}",
    RuleCode.TOO_FEW_TOKENS: "about {estimate} input tokens, the rule wants {least} or more",
    RuleCode.TOO_MANY_TOKENS: "about {estimate} input tokens, the rule wants {most} or fewer",
    RuleCode.TIME: "{found} in {zone} is not within {wanted}",
    RuleCode.KEYWORDS: "the last user text does not hold the rule's keywords ({wanted})",
    RuleCode.REGEX: "the last user text does not match the rule's expression",
    RuleCode.HEADER: "the header {header} is not there, or not like {wanted}",
    RuleCode.CUSTOM_SILENT: "the Python rule {custom} gave no target",
    RuleCode.CUSTOM_FAILED: "the Python rule {custom} failed; Gate's log says how",
}


@dataclass(frozen=True, slots=True)
class RuleReason:
    """A code with the parameters its template needs."""

    code: RuleCode
    params: tuple[tuple[str, Param], ...] = ()

    @property
    def text(self) -> str:
        return TEMPLATES[self.code].format_map(dict(self.params))


def because(code: RuleCode, **params: Param) -> RuleReason:
    """A reason with its parameters sorted by name."""
    return RuleReason(code, tuple(sorted(params.items())))

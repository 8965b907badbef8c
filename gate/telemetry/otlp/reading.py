"""Single variables of the environment, read strictly. An empty one is an unset one, words are compared in any case."""

import math
from collections.abc import Mapping, Sequence


class SettingsError(ValueError):
    """A variable whose value Gate cannot follow. `variable` is its name."""

    def __init__(self, variable: str, problem: str) -> None:
        super().__init__(f"{variable}: {problem}")
        self.variable = variable


def text(env: Mapping[str, str], variable: str) -> str:
    """Without spaces around it."""
    return env.get(variable, "").strip()


def flag(env: Mapping[str, str], variable: str) -> bool:
    """Only `true` is true, anything else is false: so the specification has it."""
    return text(env, variable).lower() == "true"


def one_of(env: Mapping[str, str], variable: str, accepted: Sequence[str], default: str) -> str:
    """One word of `accepted`."""
    value = text(env, variable).lower()
    if not value:
        return default
    if value not in accepted:
        raise SettingsError(variable, f"takes {_listed(accepted)}, not {_quoted(value)}")
    return value


def choices(env: Mapping[str, str], variable: str, accepted: Sequence[str]) -> frozenset[str]:
    """Words between commas; `none` stands alone. Empty when unset."""
    words = frozenset(word.strip().lower() for word in text(env, variable).split(",") if word.strip())
    for word in sorted(words):
        if word not in accepted:
            raise SettingsError(variable, f"takes {_listed(accepted)}, not {_quoted(word)}")
    if "none" in words and len(words) > 1:
        raise SettingsError(variable, "none cannot stand beside another exporter")
    return words


def whole(env: Mapping[str, str], variable: str, default: int) -> int:
    """A whole number from 1 to a million."""
    value = text(env, variable)
    if not value:
        return default
    if not (value.isascii() and value.isdigit()) or len(value) > 9 or not 1 <= int(value) <= 1_000_000:
        raise SettingsError(variable, f"takes a whole number from 1 to 1000000, not {_quoted(value)}")
    return int(value)


def milliseconds(env: Mapping[str, str], variable: str, default_s: float) -> float:
    """Seconds, of a variable in milliseconds: whole, more than none, up to a day."""
    value = text(env, variable)
    if not value:
        return default_s
    if not (value.isascii() and value.isdigit()) or len(value) > 9 or not 1 <= int(value) <= 86_400_000:
        raise SettingsError(variable, f"takes milliseconds from 1 to 86400000, not {_quoted(value)}")
    return int(value) / 1000


def ratio(env: Mapping[str, str], variable: str, default: float) -> float:
    """A number from 0 to 1."""
    value = text(env, variable)
    if not value:
        return default
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not 0.0 <= number <= 1.0:
        raise SettingsError(variable, f"takes a number from 0 to 1, not {_quoted(value)}")
    return number


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _quoted(value: str) -> str:
    return repr(value[:40])

"""The nearest of the reasoning efforts that a provider takes (`Quirks.efforts`)."""

from collections.abc import Sequence

from gate.protocols.canonical.request import Effort

_RANK = {effort: rank for rank, effort in enumerate(Effort)}


def nearest_effort(effort: Effort, taken: Sequence[str]) -> Effort:
    """taken: what the provider takes, in any order; empty = everything. Of two equally near ones the weaker, which
    costs less. Thinking is not turned off by being asked for little: `none` is only the nearest of `none`."""
    known = [Effort(word) for word in taken]
    if not known or effort in known:
        return effort
    thinking = [word for word in known if word is not Effort.NONE]
    return min(thinking or known, key=lambda word: (abs(_RANK[word] - _RANK[effort]), _RANK[word]))

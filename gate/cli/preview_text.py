"""A preview in words: a few lines that say it all, then what moves where, then examples to look into."""

from collections.abc import Mapping
from datetime import UTC, datetime

from gate.cli.preview import Preview, in_short, usd
from gate.cli.text import NOTHING, Style, columns, count, listed, printable, seconds, several, share, table, wrapped
from gate.cli.text import usd as shown_usd
from gate.planner.comparison import Change, Compared, Latency, Money, telling

_WORDS = {
    Change.ROUTE: "another route",
    Change.LANE: "another lane",
    Change.RELATION: "another relation",
    Change.NO_ROUTE: "no route any more",
    Change.SERVED: "a route where there was none",
}
_LABEL = 12
MOST_MOVES = 10


def lines(made: Preview, style: Style, examples: int) -> list[str]:
    width = columns()
    total = made.summary
    if not total.decisions:
        return [f"no decisions in {made.source.place}", *made.source.notes]
    found = [
        *_fact("decisions", f"{count(total.decisions)} from {made.source.place}{_period(made)}", width),
        *_fact("changed", style("warn", _changed(made)) if total.changed else "none", width),
    ]
    if total.undecided:
        names = listed({name: float(number) for name, number in total.unknown.items()})
        text = f"{count(total.undecided)} hang on conditions that nobody looked at then: {names}"
        found += _fact("unknown", style("warn", text), width)
    found += [
        *_fact("cost", _money(total.money), width),
        *_fact("latency", _latency(total.latency), width),
        *_fact("premium", f"{total.premium[0]} -> {total.premium[1]} escalations", width),
    ]
    for note in _notes(made):
        found += _fact("note", note, width)
    found += _moves("lanes that move", total.lanes, width)
    found += _moves("first routes that move", total.routes, width)
    found += _examples(telling(made.compared, examples), total.changed, width)
    return found


def _fact(name: str, text: str, width: int) -> list[str]:
    return wrapped(text, width, f"{name:<{_LABEL}}", " " * _LABEL)


def _period(made: Preview) -> str:
    period = in_short(made.source.recordings)
    return "" if period is None else f", {_time(period[0])} to {_time(period[1])} UTC"


def _time(ns: int) -> str:
    return datetime.fromtimestamp(ns // 10**9, UTC).strftime("%Y-%m-%d %H:%M")


def _changed(made: Preview) -> str:
    total = made.summary
    kinds = ", ".join(f"{count(total.kinds[change])} {_WORDS[change]}" for change in Change if total.kinds.get(change))
    return f"{count(total.changed)} ({share(total.changed, total.decisions)}): {kinds}"


def _money(money: Money) -> str:
    left_out = [
        text
        for number, text in ((money.unknown, "unknown"), (money.unmeasured, "without reported usage"))
        if number
        for text in [f"{count(number)} {text}"]
    ]
    rest = f"; {', '.join(left_out)}" if left_out else ""
    if not money.known:
        return f"unknown{rest}"
    before, after = usd(money.before), usd(money.after)
    change = "no change" if money.before == money.after else _signed(usd(money.after - money.before))
    part = f", {share(abs(money.after - money.before), money.before)}" if money.before != money.after else ""
    return f"{shown_usd(before)} -> {shown_usd(after)} ({change}{part}) for {several(money.known, 'decision')}{rest}"


def _signed(amount: float | None) -> str:
    if amount is None:
        return "unknown"
    return f"{'-' if amount < 0 else '+'}{shown_usd(abs(amount))}"


def _latency(latency: Latency) -> str:
    rest = f"; {count(latency.unknown)} unknown" if latency.unknown else ""
    if latency.before is None or latency.after is None:
        return f"unknown{rest}"
    return f"{seconds(latency.before)} -> {seconds(latency.after)} expected, mean of {count(latency.known)}{rest}"


def _longer(difference: float | None) -> str:
    if difference is None:
        return "unknown"
    return NOTHING if difference == 0 else f"{'-' if difference < 0 else '+'}{seconds(abs(difference))}"


def _notes(made: Preview) -> list[str]:
    notes = list(made.source.notes)
    if made.source.unreadable:
        notes.append(f"{several(made.source.unreadable, 'decision')} could not be read and were left out")
    if len(made.versions) > 1:
        versions = listed({name: float(number) for name, number in made.versions.items()})
        notes.append(f"decided under several configurations: {versions}")
    if made.alike is not None and made.alike < made.summary.decisions:
        notes.append(
            f"the base decides {count(made.alike)} of {count(made.summary.decisions)} as they were decided; "
            "both sides are replays"
        )
    if made.lent:
        notes.append(f"keys that are not in this environment were taken to be there: {', '.join(made.lent)}")
    return notes


def _moves(title: str, moves: Mapping[tuple[str | None, str | None], int], width: int) -> list[str]:
    if not moves:
        return []
    ordered = sorted(moves.items(), key=lambda move: (-move[1], str(move[0])))
    rows = [[count(number), f"{_name(one)} -> {_name(other)}"] for (one, other), number in ordered[:MOST_MOVES]]
    rest = len(ordered) - MOST_MOVES
    more = [f"  and {several(rest, 'other move')}"] if rest > 0 else []
    return ["", title, *table(rows, width, right=(0,), indent="  "), *more]


def _examples(shown: list[Compared], changed: int, width: int) -> list[str]:
    if not shown:
        return []
    rows = [["decision", "model", "before", "after", "cost", "latency"]]
    for one in shown:
        after = one.after
        cost = NOTHING if one.pico == 0 else _signed(usd(one.pico))
        rows.append(
            [
                one.id,
                printable(one.model),
                _name(one.before.route),
                _name(None if after is None else after.route) + _relation(one),
                cost,
                _longer(one.seconds),
            ]
        )
    title = f"examples ({len(shown)} of {count(changed)}); `gate explain --decision ID` says why it was as it was"
    return ["", *wrapped(title, width), *table(rows, width, right=(0, 4, 5), indent="  ")]


def _relation(one: Compared) -> str:
    """Only said where it is all that changes."""
    if one.after is None or one.changes != (Change.RELATION,):
        return ""
    return f" ({one.before.relation} -> {one.after.relation})"


def _name(name: str | None) -> str:
    return "none" if name is None else printable(name)

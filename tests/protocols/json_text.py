"""JSON as clients really spell it, for hypothesis: odd white space, numbers and escapes, lone surrogates, repeated
unknown keys. Everything is text built from parts, so that a test knows exactly which bytes belong to which member."""

from __future__ import annotations

from hypothesis import strategies as st

spaces = st.sampled_from(["", "", "", " ", "\n", "\t", "\r\n  "])
numbers = st.sampled_from(["0", "-0", "1e999", "-1E+2", "3.10", "123456789012345678901234567890"]) | st.integers(
    -(10**9), 10**9
).map(str)
_pieces = st.sampled_from(
    [
        "a",
        "model",
        "image",
        " ",
        "é",
        "語",
        "😀",
        "/",
        "{",
        "}",
        "]",
        ",",
        ":",
        "stream",
        r"\"",
        r"\\",
        r"\n",
        r"\/",
        r"\u0000",
        r"\ud83d\ude00",
        r"\ud800",
        r"\uDFFF",
        r"\\ud800",
        r"mod\u0065l",
    ]
)
strings = st.lists(_pieces, max_size=6).map(lambda parts: '"' + "".join(parts) + '"')
scalars = st.one_of(numbers, strings, st.sampled_from(["true", "false", "null"]))


def _array(parts: list[tuple[str, str, str]]) -> str:
    return "[" + ",".join(before + value + after for before, value, after in parts) + "]" if parts else "[ ]"


def _object(parts: list[tuple[str, str, str]]) -> str:
    return "{" + ",".join(f"{space}{key}{space}:{space}{value}" for key, space, value in parts) + "}"


values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(st.tuples(spaces, inner, spaces), max_size=4).map(_array)
        | st.lists(st.tuples(strings, spaces, inner), max_size=4).map(_object)
    ),
    max_leaves=12,
)
# Keys no dialect controls, the same ones again and again so that they repeat.
unknown_keys = st.sampled_from(['"x"', '"y"', '"x-\\u0061"', '"temperature"', '"é"', '"\\ud800"', '"Model"', '""'])
members = st.tuples(unknown_keys, values)


def join(parts: list[tuple[str, str]], space: list[str]) -> bytes:
    """A body from members (key and value as text) and the white space to use, again from the start when used up."""
    supply = iter(space * (len(parts) * 4 + 2) if space else [""] * (len(parts) * 4 + 2))
    text = ",".join(f"{next(supply)}{key}{next(supply)}:{next(supply)}{value}{next(supply)}" for key, value in parts)
    return (next(supply) + "{" + text + "}" + next(supply)).encode()

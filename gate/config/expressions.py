"""Regular expressions of the configuration, compiled by RE2: it takes time in proportion to the text, whatever the
expression and the text are, so that no request can hold a worker up.

Its Python package (google-re2) is an extra of Gate's, needed only where a rule has an expression. Syntax:
github.com/google/re2/wiki/Syntax; there are no look-arounds and no back-references (read 2026-11-21).
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

MISSING = "expressions need RE2: install Gate with its extra `rules` (pip install 'otelgate[rules]')"


class ExpressionError(Exception):
    """An expression cannot be used. The text says why."""


def searcher(pattern: str) -> Callable[[bytes], object | None]:
    """What finds the expression anywhere in a UTF-8 text. Raises ExpressionError."""
    try:
        re2: Any = import_module("re2")
    except ImportError:
        raise ExpressionError(MISSING) from None
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    try:
        return re2.compile(pattern, options=options).search
    except (re2.error, UnicodeEncodeError) as error:
        raise ExpressionError(f"RE2 does not take the expression: {_said(error)}") from None


def _said(error: Exception) -> str:
    """What RE2 said, which its package hands on as bytes."""
    first: object = error.args[0] if error.args else ""
    text = first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first)
    return "".join(character if character.isprintable() else "?" for character in text)

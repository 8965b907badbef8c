"""Members of decoded JSON by the type that is wanted; None, or nothing, for every other type."""

from collections.abc import Mapping, Sequence
from typing import TypeGuard, TypeVar, cast

import msgspec

from gate.protocols.splice import mend_surrogates

T = TypeVar("T")


def read_json(data: bytes, decoder: msgspec.json.Decoder[T]) -> T | None:
    """What an upstream sent, characters that are none replaced; None when it does not fit."""
    try:
        return decoder.decode(data)
    except (msgspec.ValidationError, RecursionError):
        return None
    except UnicodeDecodeError:
        mended = data.decode("utf-8", "replace").encode()
    except msgspec.DecodeError:
        mended = mend_surrogates(data)
    return None if mended == data else read_json(mended, decoder)


def is_object(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, dict)


def string(value: object) -> str | None:
    return value if isinstance(value, str) else None


def filled(value: object) -> str | None:
    """A string that is not empty."""
    return value if isinstance(value, str) and value else None


def boolean(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def integer(value: object) -> int | None:
    """An integer, also one written as a float; a boolean is none."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def array(value: object) -> Sequence[object]:
    return cast("list[object]", value) if isinstance(value, list) else ()


def strings(value: object) -> list[str]:
    """The strings of an array."""
    return [item for item in array(value) if isinstance(item, str)]

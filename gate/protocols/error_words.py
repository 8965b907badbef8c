"""What an error answer says of itself, whatever shape its body has: types and codes, the message, how long to wait.

Vendors behind one dialect word their errors in each other's shapes (and proxies in HTML), so there is one reading of
all of them. Nothing here decides what an error means; that is `gate.protocols.classify`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import cast

from gate.protocols.codec import Header
from gate.protocols.fields import decoded, mapping
from gate.protocols.rate_limits import duration_s

_TEXT_AT_MOST = 8192


@dataclass(frozen=True, slots=True)
class Words:
    """What an error says of itself. codes: its types and codes, in lower case; message: its text, cut. wait_s: how long
    to wait, where the body says so; None when it does not. per_day: a quota of a day is used up (Google)."""

    codes: str = ""
    message: str = ""
    wait_s: float | None = None
    per_day: bool = False

    @property
    def all(self) -> str:
        return f"{self.codes} {self.message}"


def read_words(body: bytes) -> Words:
    """The words of an error body of any shape; of one that is not JSON, its text."""
    value = decoded(body[: 1 << 20])
    if value is None:
        return _read("", body[:_TEXT_AT_MOST].decode("utf-8", "replace"))
    return words_of(value)


def words_of(value: object) -> Words:
    """The same of a decoded body, or of its error object alone."""
    if isinstance(value, list) and value:
        outer = mapping(cast("list[object]", value)[0])  # Google's OpenAI dialect
    else:
        outer = mapping(cast("object", value))
    inner = outer.get("error", outer)
    if isinstance(inner, str):
        return _read(_codes(outer), inner)
    error = mapping(inner)
    # OpenRouter keeps what the vendor behind it said in metadata.raw; FastAPI servers say it in `detail`.
    parts = (error.get("message"), mapping(error.get("metadata")).get("raw"), error.get("detail"), outer.get("detail"))
    message = " ".join(dict.fromkeys(part for part in parts if isinstance(part, str)))
    return _read(f"{_codes(error)} {_codes(outer)}", message, error.get("details"))


def _read(codes: str, message: str, details: object = None) -> Words:
    text = message[:_TEXT_AT_MOST]
    google = [mapping(one) for one in cast("list[object]", details)] if isinstance(details, list) else []
    wait = _retry_delay(google)
    return Words(codes, text, _told_wait(text) if wait is None else wait, _per_day(google))


def _codes(error: Mapping[str, object]) -> str:
    # Anthropic's `details` tell which limit of spending was met.
    parts = (error.get("type"), error.get("code"), error.get("status"), mapping(error.get("details")).get("error_code"))
    return " ".join(part for part in parts if isinstance(part, str))[:_TEXT_AT_MOST].lower()


# OpenAI and Groq: `Please try again in 7m12.5s`; Google: `Please retry in 34.07s`; Azure: `... after 6 seconds`.
_WAIT = re.compile(
    r"(?:try again|retry) (?:in|after) (?:(?P<go>(?:\d{1,9}(?:\.\d{1,9})?(?:ms|h|m|s))+)(?![a-z])"
    r"|(?P<number>\d{1,9}(?:\.\d{1,9})?) ?(?P<unit>second|minute|hour)s?\b)",
    re.IGNORECASE,
)
_UNITS = {"second": 1.0, "minute": 60.0, "hour": 3600.0}


def _told_wait(message: str) -> float | None:
    match = _WAIT.search(message)
    if match is None:
        return None
    if match["go"]:
        return duration_s(match["go"].lower())
    return float(match["number"]) * _UNITS[match["unit"].lower()]


_DELAY = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s")
_PER_DAY = re.compile(r"per_?day", re.IGNORECASE)


def _retry_delay(details: Sequence[Mapping[str, object]]) -> float | None:
    """A google.rpc.RetryInfo."""
    for detail in details:
        delay = detail.get("retryDelay")
        found = _DELAY.fullmatch(delay) if isinstance(delay, str) else None
        if found is not None:
            return float(found[1])
    return None


def _per_day(details: Sequence[Mapping[str, object]]) -> bool:
    """A google.rpc.QuotaFailure whose quota is one of a day."""
    for detail in details:
        violations = detail.get("violations")
        for violation in cast("list[object]", violations) if isinstance(violations, list) else ():
            quota = mapping(violation).get("quotaId")
            if isinstance(quota, str) and _PER_DAY.search(quota):
                return True
    return False


_SECONDS = re.compile(rb"\d{1,9}(?:\.\d{1,9})?")


def retry_after(headers: Sequence[Header]) -> float | None:
    """Seconds to wait, as asked by `retry-after-ms` (OpenAI, Azure) or `retry-after` (RFC 9110: seconds or a date);
    None when not asked. A date only counts beside a `date` header, the one clock it can be compared with here."""
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        found.setdefault(name.lower(), value.strip())
    for name, unit in ((b"retry-after-ms", 1000.0), (b"retry-after", 1.0)):
        value = found.get(name, b"")
        if _SECONDS.fullmatch(value):
            return float(value) / unit
    until, now = (_date(found.get(name, b"")) for name in (b"retry-after", b"date"))
    return _between(now, until)


_REGAINED = re.compile(r"regain access on (\d{4}-\d\d-\d\d) at (\d\d:\d\d) UTC", re.IGNORECASE)


def regained_after(message: str, headers: Sequence[Header]) -> float | None:
    """Seconds until the moment an account may go on, as Anthropic words it; None when it says none."""
    match = _REGAINED.search(message)
    if match is None:
        return None
    try:
        until = datetime.fromisoformat(f"{match[1]}T{match[2]}").replace(tzinfo=UTC)
    except ValueError:
        return None
    return _between(_date(next((value for name, value in headers if name.lower() == b"date"), b"")), until)


def _date(value: bytes) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value.decode("ascii"))
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else None


def _between(now: datetime | None, until: datetime | None) -> float | None:
    return None if now is None or until is None else max(0.0, (until - now).total_seconds())

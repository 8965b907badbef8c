"""The log: one JSON object per line, no secrets, no bodies, never in the way."""

import io
import json
import logging
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import use_span

from gate.telemetry import logs
from gate.telemetry.logs import (
    FIELDS,
    JsonFormatter,
    Redaction,
    decision_line,
    describe,
    log_rejected,
    log_request,
    set_up,
    timestamp,
)
from gate.telemetry.metrics.record import HttpFacts
from gate.telemetry.view import view
from tests.telemetry import samples

SECRET = "sk-ant-0123456789abcdef"
PROMPT = "the prompt nobody may read"


def line_of(**record: Any) -> dict[str, Any]:
    made = logging.makeLogRecord({"name": "gate.test", "levelname": "INFO", "levelno": logging.INFO, **record})
    text = JsonFormatter().format(made)
    assert "\n" not in text
    return json.loads(text)


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger, put back afterwards."""
    logger = logging.getLogger()
    handlers, level = list(logger.handlers), logger.level
    yield logger
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
    for handler in handlers:
        logger.addHandler(handler)
    logger.setLevel(level)
    logging.captureWarnings(False)


def test_a_line() -> None:
    line = line_of(msg="hello %s", args=("you",), created=1_700_000_000.25, **{FIELDS: {"attempts": 2, "level": "x"}})
    assert line == {
        "ts": "2023-11-14T22:13:20.250000Z",
        "level": "INFO",
        "logger": "gate.test",
        "message": "hello you",
        "attempts": 2,
    }


def test_the_current_trace_is_on_the_line() -> None:
    span = TracerProvider(shutdown_on_exit=False).get_tracer("t").start_span("s")
    with use_span(span):
        line = line_of(msg="x")
    assert line["trace_id"] == f"{span.get_span_context().trace_id:032x}"
    assert line["span_id"] == f"{span.get_span_context().span_id:016x}"
    assert line_of(msg="x", trace_id="a" * 32, span_id="b" * 16)["trace_id"] == "a" * 32
    assert "trace_id" not in line_of(msg="x")


def failing(body: str) -> None:
    local = body
    try:
        raise KeyError(local)
    except KeyError as error:
        raise ValueError(f"cannot read {local}") from error


def test_an_exception_is_its_type_and_its_frames_only() -> None:
    try:
        failing(PROMPT)
    except ValueError as error:
        line = line_of(msg="failed", exc_info=(ValueError, error, error.__traceback__))
        described = describe(error)
    assert PROMPT not in json.dumps(line)
    assert line["exception"] == described
    assert described["type"] == "ValueError"
    assert described["causes"][0]["type"] == "KeyError"
    assert described["frames"][-1].startswith("tests/telemetry/test_logs.py:")
    assert described["frames"][-1].endswith(" failing")
    assert not any(frame.startswith("/") for frame in described["frames"])


def test_other_formatters_of_the_class_do_not_say_more() -> None:
    try:
        failing(PROMPT)
    except ValueError:
        assert PROMPT not in JsonFormatter().formatException(sys.exc_info())


def test_a_cycle_of_causes_ends() -> None:
    one, two = ValueError("a"), ValueError("b")
    one.__cause__, two.__cause__ = two, one
    assert len(describe(one)["causes"]) == 1


@given(st.text(), st.lists(st.text()), st.dictionaries(st.text(), st.text() | st.floats() | st.binary() | st.none()))
def test_formatting_never_raises(message: str, args: list[str], given_fields: dict[str, Any]) -> None:
    line_of(msg=message, args=tuple(args), **{FIELDS: given_fields})


@pytest.mark.parametrize("value", [object(), {1: 2}, {"\ud800": "\ud800"}, float("nan"), {1, 2}, ValueError(PROMPT)])
def test_odd_values_do_not_raise_or_speak(value: Any) -> None:
    assert PROMPT not in json.dumps(line_of(msg="x", **{FIELDS: {"value": value}}))


def test_what_looks_like_a_credential_is_replaced() -> None:
    fields = {"header": f"Authorization: Bearer {SECRET}", "nested": {"list": [SECRET, 1]}}
    line = line_of(msg=f"sent {SECRET}", **{FIELDS: fields})
    assert SECRET not in json.dumps(line)
    assert line["nested"]["list"][1] == 1


def test_the_filter_cleans_records_for_other_handlers() -> None:
    record = logging.makeLogRecord({"msg": "key %s", "args": (SECRET,), FIELDS: {"x-api-key": SECRET}})
    assert Redaction().filter(record)
    assert SECRET not in record.getMessage()
    assert SECRET not in str(getattr(record, FIELDS))


def test_the_line_of_a_request() -> None:
    line = decision_line(view(*samples.downgraded()))
    assert line["downgrade_reason"] == "provider_error"
    assert line["attempts"] == 4
    assert "error_code" not in line
    assert "losses" not in line
    assert None not in line.values()


def test_lines_are_written_in_order_by_another_thread(root: logging.Logger) -> None:
    out = io.StringIO()
    stop = set_up("INFO", out)
    log_request(view(*samples.one_attempt()), "a" * 32, "b" * 16)
    log_rejected(HttpFacts("POST", "/v1/messages", "http"), "invalid_json", "rejected", 400, 0.1, None, None)
    logging.getLogger("gate.x").warning("third")
    logging.getLogger("gate.x").debug("not shown")
    stop()
    stop()
    lines = [json.loads(text) for text in out.getvalue().splitlines()]
    assert [line["message"] for line in lines] == ["request", "request", "third"]
    assert (lines[0]["decision_id"], lines[0]["trace_id"]) == ("gd-0-0123456789abcdef0123", "a" * 32)
    assert (lines[1]["error_code"], lines[1]["status"]) == ("invalid_json", 400)


class Stuck(io.StringIO):
    """A reader that does not read."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()

    def write(self, s: str) -> int:
        self.go.wait(10)
        return super().write(s)


def test_a_reader_that_hangs_costs_lines_not_time(root: logging.Logger) -> None:
    out, dropped = Stuck(), 0

    def count(lines: int) -> None:
        nonlocal dropped
        dropped += lines

    stop = set_up("INFO", out, capacity=10, dropped=count)
    started = time.monotonic()
    for number in range(500):
        logging.getLogger("gate.x").info("line %d", number)
    assert time.monotonic() - started < 2
    out.go.set()
    stop()
    assert len(out.getvalue().splitlines()) + dropped == 500
    assert dropped >= 480


class Broken(io.StringIO):
    def write(self, s: str) -> int:
        raise BrokenPipeError


def test_stopping_does_not_wait_for_a_reader_that_hangs(root: logging.Logger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_STOP_S", 0.1)
    out = Stuck()
    stop = set_up("INFO", out, capacity=2)
    for _ in range(5):
        logging.getLogger("gate.x").info("x")
    started = time.monotonic()
    stop()
    assert time.monotonic() - started < 1
    out.go.set()


def test_a_broken_pipe_is_ignored(root: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    stop = set_up("INFO", Broken())
    logging.getLogger("gate.x").info("x")
    stop()
    assert capsys.readouterr().err == ""


def test_times_are_utc_with_microseconds() -> None:
    assert timestamp(0) == "1970-01-01T00:00:00.000000Z"
    assert timestamp(1_795_239_844.951) == "2026-11-21T05:44:04.951000Z"


@given(samples.pairs())
def test_the_short_way_to_the_line_of_a_request_is_the_long_one(pair: Any) -> None:
    flat = view(*pair)
    ids = {"trace_id": "a" * 32, "span_id": "b" * 16}
    short = line_of(msg="request", created=1.5, **{FIELDS: flat}, **ids)
    assert short == line_of(msg="request", created=1.5, **{FIELDS: decision_line(flat)}, **ids)


def test_a_request_line_with_a_secret_is_cleaned() -> None:
    flat = replace(view(*samples.one_attempt()), requested_model=SECRET)
    assert SECRET not in json.dumps(line_of(msg="request", **{FIELDS: flat}))

"""gate.server.trouble: a log line names the kind and the place of an exception, and no value."""

import errno

from gate.server.application import StartFailed
from gate.server.trouble import describe

SECRET = "sk-do-not-log-me"


def caught(error):
    try:
        raise error
    except BaseException as raised:
        return raised


def test_kind_and_place_without_the_text():
    text = describe(caught(ValueError(SECRET)))
    assert SECRET not in text
    assert text.startswith("ValueError at test_trouble.py:")
    assert text.endswith(" in caught")


def test_an_exception_that_was_never_raised():
    assert describe(ValueError(SECRET)) == "ValueError"


def test_a_system_error_keeps_its_reason():
    assert "No space left on device" in describe(caught(OSError(errno.ENOSPC, "No space left on device")))


def test_a_start_failure_is_written_for_the_reader():
    assert describe(caught(StartFailed("set GATE_PORT"))) == "set GATE_PORT"


def test_the_first_of_a_group_however_deep():
    group = BaseExceptionGroup(SECRET, [ExceptionGroup(SECRET, [KeyError(SECRET)]), ValueError()])
    assert describe(caught(group)) == "KeyError"

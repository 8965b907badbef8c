"""gate.server.signals: every signal arrives as a value, and the handlers of before come back."""

import os
import signal
import threading
import time

import pytest

from gate.server.signals import SignalInbox


@pytest.fixture
def inbox():
    made = SignalInbox([signal.SIGUSR1, signal.SIGUSR2])
    yield made
    made.close()


@pytest.fixture
def pipe():
    read, write = os.pipe()
    yield read, write
    os.close(read)
    os.close(write)


def test_signals_come_in_order(inbox, pipe):
    os.kill(os.getpid(), signal.SIGUSR2)
    os.kill(os.getpid(), signal.SIGUSR1)
    assert inbox.wait(5, pipe[0]) == [signal.SIGUSR2, signal.SIGUSR1]
    assert inbox.wait(0, pipe[0]) == []


def test_the_wait_ends_at_its_time_and_when_the_other_descriptor_can_be_read(inbox, pipe):
    started = time.monotonic()
    assert inbox.wait(0.05, pipe[0]) == []
    assert time.monotonic() - started >= 0.04
    os.write(pipe[1], b"x")
    assert inbox.wait(60, pipe[0]) == []


def test_held_signals_come_afterwards(inbox, pipe):
    with inbox.held():
        # To this thread: another one, left over from another test, would not hold it.
        signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)
        assert inbox.wait(0.01, pipe[0]) == []
    assert inbox.wait(5, pipe[0]) == [signal.SIGUSR1]


def test_a_child_can_take_over_what_was_held(inbox):
    with inbox.held():
        pid = os.fork()
        if pid == 0:
            inbox.leave_to_child()
            signal.signal(signal.SIGUSR1, lambda *_: os._exit(3))
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR1})
            time.sleep(10)
            os._exit(4)
        os.kill(pid, signal.SIGUSR1)  # perhaps before the child has a handler
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 3


def test_the_handlers_of_before_come_back():
    before = signal.getsignal(signal.SIGUSR1)
    SignalInbox([signal.SIGUSR1]).close()
    assert signal.getsignal(signal.SIGUSR1) is before

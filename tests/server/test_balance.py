"""gate.server.balance: who has more connections than another worker gives way; the dead do not count."""

import os

from hypothesis import given
from hypothesis import strategies as st

from gate.server.balance import LoadBoard


@given(st.lists(st.none() | st.integers(0, 10_000), min_size=1, max_size=8))
def test_the_least_busy_worker_never_gives_way(counts):
    board = LoadBoard(len(counts))
    for index, count in enumerate(counts):
        if count is not None:
            board.say(index, count)
    present = [count for count in counts if count is not None]
    for index, count in enumerate(counts):
        if count is not None:
            assert board.gives_way(index) == (count > min(present))


def test_a_worker_that_left_is_not_waited_for():
    board = LoadBoard(2)
    board.say(0, 0)
    board.say(1, 5)
    assert board.gives_way(1)
    board.leave(0)
    assert not board.gives_way(1)


def test_forked_processes_see_each_other():
    board = LoadBoard(2)
    board.say(0, 3)
    pid = os.fork()
    if pid == 0:
        board.say(1, 1)
        os._exit(0 if not board.gives_way(1) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert board.gives_way(0)

"""gate.server.worker: the loop, the garbage collector, and stops that cut no answer; by real processes."""

import asyncio
import signal
import subprocess
import sys
import time

import pytest

from gate.server import worker
from gate.server.application import StartFailed
from tests.server.running import ROOT, DemoProcess, read_stream, silent_client

WORKERS = [1, 4]


def test_loops(monkeypatch):
    for kind in ("auto", "uvloop", "asyncio"):
        loop = worker.new_loop(kind)
        assert type(loop).__module__.startswith("asyncio" if kind == "asyncio" else "uvloop")
        loop.close()
    monkeypatch.setitem(sys.modules, "uvloop", None)
    loop = worker.new_loop("auto")
    assert type(loop).__module__.startswith("asyncio")
    loop.close()
    with pytest.raises(StartFailed, match="not installed"):
        worker.new_loop("uvloop")


def test_gc_is_out_of_the_way():
    """In a process of its own: it is for the process."""
    program = (
        "import gc; from gate.server.worker import tune_gc; tune_gc();"
        "assert gc.get_freeze_count() > 10_000 and gc.get_threshold()[0] == 20_000 and gc.isenabled()"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def drive(demo, *, seconds, ended, unfinished=0):
    """SIGTERM with streams open: `ended` of them end by themselves within a second, the others run for ever; one client
    does not read. Gives how they ended, the exit code and the seconds it took."""

    async def run():
        opened = asyncio.Semaphore(0)
        paths = ["/stream?events=10&gap=0.1"] * ended + ["/stream?events=100000&gap=0.05"] * unfinished
        streams = [asyncio.create_task(read_stream(demo.port, path, opened)) for path in paths]
        for _ in streams:
            await opened.acquire()
        await asyncio.sleep(0.2)
        started = time.monotonic()
        demo.signal(signal.SIGTERM)
        await asyncio.sleep(0.2)
        if seconds:
            status, body = await asyncio.to_thread(demo.get, "/readyz")
            assert (status, body["ready"]) == (503, False)
            assert (await asyncio.to_thread(demo.get, "/who"))[0] == 503
        ends = await asyncio.gather(*streams)
        code = await asyncio.to_thread(demo.wait)
        return ends, code, time.monotonic() - started

    return asyncio.run(run())


@pytest.mark.parametrize(("workers", "loop"), [(1, "auto"), (4, "auto"), (4, "asyncio")])
def test_no_stream_is_cut(workers, loop):
    """50 streams and a client that does not read: all finish, or end with an error event at the drain limit."""
    with DemoProcess(workers=workers, loop=loop, drain_s=1.5) as demo, silent_client(demo.port):
        ends, code, seconds = drive(demo, seconds=1.5, ended=25, unfinished=25)
        assert ends == ["done"] * 25 + ["error"] * 25
        assert code == 0
        assert 1.5 <= seconds < 1.5 + 5
        assert [index for index, _, _ in sorted(demo.notes("shutdown"))] == list(range(workers))
        assert "1 cut" in demo.output
        assert demo.process.poll() == 0


@pytest.mark.parametrize("workers", WORKERS)
def test_a_drain_ends_as_soon_as_all_is_done(workers):
    with DemoProcess(workers=workers, drain_s=30) as demo:
        ends, code, seconds = drive(demo, seconds=30, ended=50)
        assert ends == ["done"] * 50
        assert code == 0
        assert seconds < 3
        assert len(demo.notes("end_streams:0")) == 0


def test_a_drain_of_no_time_ends_streams_with_an_error_at_once():
    with DemoProcess(workers=2, drain_s=0) as demo:
        ends, code, seconds = drive(demo, seconds=0, ended=0, unfinished=20)
        assert ends == ["error"] * 20
        assert code == 0
        assert seconds < 3


def test_a_flush_that_hangs_is_bounded():
    with DemoProcess(flush_s=1, faults={"shutdown": "hang"}) as demo:
        started = time.monotonic()
        demo.signal(signal.SIGTERM)
        assert demo.wait() == 0
        assert 1 <= time.monotonic() - started < 2
        assert "worker_impatient" in demo.events()


def test_a_worker_that_is_stuck_is_ended_by_the_system():
    with DemoProcess(drain_s=0.1, flush_s=0.1, faults={"shutdown": "block"}) as demo:
        started = time.monotonic()
        demo.signal(signal.SIGTERM)
        assert demo.wait() == 1
        assert time.monotonic() - started < 7
        assert "SIGALRM" in demo.output


def test_a_stop_during_the_start():
    with DemoProcess(wait=False, flush_s=1, faults={"startup": "hang"}) as demo:
        while not demo.notes("build"):
            time.sleep(0.02)
        demo.signal(signal.SIGTERM)
        assert demo.wait() == 0
        assert len(demo.notes("shutdown")) == 1
        assert demo.process.stdout.read() == b""


def test_a_crash_of_the_application_is_logged_without_its_text():
    with DemoProcess() as demo:
        assert demo.get("/crash") == (500, None)
        assert demo.get("/who")[0] == 200
        assert "application_failed" in demo.events()
        assert "sk-do-not-log-me" not in demo.output

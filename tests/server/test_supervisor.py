"""gate.server.supervisor: workers are started, restarted, told and ended; by real processes."""

import os
import signal
import socket
import stat
import time
from pathlib import Path

import pytest

from gate.server import supervisor
from tests.server.running import DemoProcess, alive, until


def pids(demo):
    return [pid for _, _, pid in sorted(demo.notes("build"))]


def test_every_worker_answers_on_every_listener():
    with DemoProcess(workers=4, ports=[[0, "public"], [0, "admin"]]) as demo:
        assert [role for _, _, role in demo.addresses] == ["public", "admin"]
        for _, port, role in demo.addresses:
            assert demo.get("/readyz", port) == (200, {"ready": True, "role": role})
        answers = demo.get("/peers")[1]
        assert [answers[str(index)]["pid"] for index in range(4)] == pids(demo)


def test_the_runtime_directory_is_private_and_goes_with_the_server():
    with DemoProcess() as demo:
        directory = Path(demo.get("/who")[1]["runtime_dir"])
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
        demo.signal(signal.SIGTERM)
        assert demo.wait() == 0
        assert not directory.exists()


def test_a_runtime_directory_leaves_room_for_socket_names(monkeypatch, tmp_path):
    deep = tmp_path / ("d" * 90)
    deep.mkdir()
    monkeypatch.setattr(supervisor.tempfile, "gettempdir", lambda: str(deep))
    directory = supervisor._runtime_dir()
    try:
        assert len(str(directory / "worker-9999.sock")) < 104
    finally:
        directory.rmdir()


@pytest.mark.parametrize("workers", [1, 4])
def test_a_killed_worker_is_replaced_and_the_port_keeps_answering(workers):
    with DemoProcess(workers=workers) as demo:
        victim = demo.get("/who")[1]
        os.kill(victim["pid"], signal.SIGKILL)
        while not any(note[:2] == (victim["index"], 1) for note in demo.notes("startup")):
            assert demo.get("/who")[0] == 200
        until(lambda: demo.events().count("worker_ready") == workers + 1)
        answers = demo.get("/peers")[1]
        assert len(answers) == workers
        assert answers[str(victim["index"])]["pid"] != victim["pid"]
        demo.signal(signal.SIGTERM)
        assert demo.wait() == 0
        assert len(demo.notes("shutdown")) == workers


def test_a_worker_stopped_by_hand_drains_and_is_replaced():
    with DemoProcess(workers=2) as demo:
        (pid, _) = pids(demo)
        os.kill(pid, signal.SIGTERM)
        until(lambda: demo.events().count("worker_ready") == 3)
        assert (0, 0, pid) in demo.notes("shutdown")
        assert demo.get("/peers")[1]["0"]["pid"] != pid


def test_a_replacement_that_cannot_start_is_tried_again_with_pauses():
    with DemoProcess(workers=2, faults={"startup@1": "fail", "startup@2": "fail"}) as demo:
        (pid, _) = pids(demo)
        os.kill(pid, signal.SIGKILL)
        until(lambda: (0, 3) in [note[:2] for note in demo.notes("startup")])
        assert demo.process.poll() is None
        assert demo.events().count("worker_cannot_start") == 2
        assert demo.get("/who")[0] == 200


def test_sighup_reaches_all():
    with DemoProcess(workers=4) as demo:
        for round_ in (1, 2):
            demo.signal(signal.SIGHUP)
            until(lambda: len(demo.notes("reload")) == 4 * round_)  # noqa: B023 - used at once
        assert sorted(index for index, _, _ in demo.notes("reload")) == [0, 0, 1, 1, 2, 2, 3, 3]
        assert demo.get("/who")[1]["reloads"] == 2


def test_an_address_in_use_is_one_clear_line():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with DemoProcess(wait=False, ports=[[0, "admin"], [port, "public"]]) as demo:
            assert demo.wait() == 1
            assert f"127.0.0.1:{port}: address already in use; another program listens there" in demo.output
            assert demo.output.count("\n") == 1
            assert "Traceback" not in demo.output


@pytest.mark.parametrize("step", ["build", "startup"])
@pytest.mark.parametrize("workers", [1, 3])
def test_an_application_that_cannot_start_ends_the_server_with_its_exit_code(step, workers):
    with DemoProcess(wait=False, workers=workers, faults={step: "fail"}) as demo:
        assert demo.wait() == 7
        assert demo.process.stdout.read() == b""  # nobody was told that it serves
        assert "the demo was told to fail: tell it otherwise" in demo.output
        assert len(demo.notes("build")) <= workers


def test_an_unexpected_exception_at_the_start_is_named_without_its_text():
    with DemoProcess(wait=False, faults={"startup": "value"}) as demo:
        assert demo.wait() == 1
        assert "ValueError at demo.py:" in demo.output
        assert "sk-do-not-log-me" not in demo.output
        assert "Traceback" not in demo.output


def test_a_second_signal_ends_everything_at_once():
    with DemoProcess(workers=2, drain_s=60) as demo:
        workers = pids(demo)
        with socket.create_connection(("127.0.0.1", demo.port)) as client:
            client.sendall(b"GET /stream?events=100000&gap=0.05 HTTP/1.1\r\nHost: demo\r\n\r\n")
            client.recv(100)
            demo.signal(signal.SIGTERM)
            until(lambda: len(demo.notes("begin_drain")) == 2)
            started = time.monotonic()
            demo.signal(signal.SIGINT)
            assert demo.wait() == 128 + signal.SIGINT
            assert time.monotonic() - started < 1
        assert not any(alive(pid) for pid in workers)


def test_ctrl_c_and_a_signal_to_the_whole_group_are_one_stop():
    """A terminal sends SIGINT, systemd SIGTERM, to all processes at once."""
    for number in (signal.SIGINT, signal.SIGTERM):
        with DemoProcess(workers=2, drain_s=10) as demo, socket.create_connection(("127.0.0.1", demo.port)) as client:
            client.settimeout(5)
            client.sendall(b"GET /stream?events=10&gap=0.05 HTTP/1.1\r\nHost: demo\r\n\r\n")
            client.recv(100)
            os.killpg(demo.process.pid, number)
            data = b""
            while more := client.recv(65_536):
                data += more
            assert b"event: done" in data
            assert demo.wait() == 0
            assert len(demo.notes("shutdown")) == 2


def test_workers_go_when_the_supervisor_is_killed():
    """Politely, so that their streams get an end; and the port is free for the next server."""
    with DemoProcess(workers=4, drain_s=60) as demo, socket.create_connection(("127.0.0.1", demo.port)) as client:
        client.settimeout(5)
        workers = pids(demo)
        directory = Path(demo.get("/who")[1]["runtime_dir"])
        client.sendall(b"GET /stream?events=100000&gap=0.05 HTTP/1.1\r\nHost: demo\r\n\r\n")
        data = client.recv(100)
        demo.signal(signal.SIGKILL)
        while more := client.recv(65_536):
            data += more
        assert b"event: error" in data
        until(lambda: not any(alive(pid) for pid in workers), timeout=4)
        assert len(demo.notes("shutdown")) == 4
        assert not directory.exists()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", demo.port))

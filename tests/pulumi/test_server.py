"""The plugin's process: it serves whoever started it, loses no operation, and never outlives its engine."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import grpc
import pexpect
import pytest
from engine_side import Plugin, plugin
from google.protobuf.empty_pb2 import Empty

from antiaffinity import __version__
from pulumi_antiaffinity.messages import provider_pb2
from pulumi_antiaffinity.server import engine_address

TOY = (sys.executable, str(Path(__file__).parent / "toy_plugin.py"))


def toy(**pace: float) -> AbstractContextManager[Plugin]:
    """A plugin, with some of the server's times set."""
    return plugin(*TOY, json.dumps(pace))


SHARP = {"GLANCE": 0.05}
"""Looks after its engine twenty times as often, so that a test need not wait."""


def creating(toy: Plugin, folder: Path, seconds: float) -> grpc.Future[provider_pb2.CreateResponse]:
    """A Create that has begun and takes so long."""
    answer = toy.stub.Create.future(
        provider_pb2.CreateRequest(name=str(folder), timeout=seconds, urn="urn:a")
    )
    appears(folder / "begun")
    return answer


def appears(file: Path, within: float = 15) -> None:
    eventually(file.exists, within)


def eventually(holds: Callable[[], bool], within: float = 15) -> None:
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


# What the engine passes


@pytest.mark.parametrize(
    ("argv", "address"),
    [
        ("127.0.0.1:4711", "127.0.0.1:4711"),
        ("--logtostderr -v=9 127.0.0.1:4711", "127.0.0.1:4711"),
        ("--tracing http://localhost:9411/x 127.0.0.1:4711", "127.0.0.1:4711"),
        ("--tracing=http://localhost:9411/x 127.0.0.1:4711", "127.0.0.1:4711"),
        ("--logflow --something-new 127.0.0.1:4711", "127.0.0.1:4711"),
        ("--tracing http://localhost:9411/x", None),
        ("", None),
    ],
)
def test_the_engines_address_is_found_among_the_flags(argv: str, address: str | None) -> None:
    assert engine_address(argv.split()) == address


def test_it_answers_where_it_says_and_prints_nothing_else(tmp_path: Path) -> None:
    with toy() as running:
        assert running.stub.GetPluginInfo(Empty()).version == "1.2.3"
        running.stub.Create(provider_pb2.CreateRequest(name=str(tmp_path)))
        running.signal(signal.SIGINT)
        assert running.ended() == 0
        assert running.process.stdout is not None
        assert running.process.stdout.read() == ""
        assert "a careless SDK prints" in running.stderr


def test_the_user_is_told_through_the_engine_that_started_it(tmp_path: Path) -> None:
    with toy() as running:
        running.stub.Create(provider_pb2.CreateRequest(name=str(tmp_path), urn="urn:a"))
        assert [(told.message, told.urn) for told in running.logs] == [(f"creating {tmp_path.name}", "urn:a")]


def test_a_message_of_a_large_state_passes_both_ways() -> None:
    request = provider_pb2.CheckRequest()
    request.news.update({"text": "x" * 20_000_000})
    with toy() as running:
        assert running.stub.Check(request).inputs == request.news


def test_blocked_operations_hold_up_nobody(tmp_path: Path) -> None:
    with toy() as running:
        for n in range(100):
            folder = tmp_path / str(n)
            folder.mkdir()
            creating(running, folder, 60)
        running.stub.Cancel(Empty(), timeout=15)
        running.process.kill()


# How it ends


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_ends_at_once_and_quietly_when_the_engine_is_done(number: signal.Signals) -> None:
    with toy(LINGER=60) as running:
        running.stub.Cancel(Empty())
        running.signal(number)
        assert running.ended() == 0
        assert running.stderr == ""


def test_it_ends_also_under_an_engine_that_a_script_put_into_the_background() -> None:
    with plugin("sh", "-c", "trap '' INT; exec \"$@\"", "sh", *TOY, "{}") as running:
        running.stub.Cancel(Empty())
        running.signal(signal.SIGINT)
        assert running.ended() == 0


def test_an_engine_that_got_the_signal_too_can_still_say_cancel() -> None:
    with toy() as running:
        running.stub.GetPluginInfo(Empty())
        running.signal(signal.SIGTERM)
        time.sleep(0.3)
        running.stub.Cancel(Empty(), timeout=15)
        assert running.ended() == 0


def test_ctrl_c_which_the_engine_tells_as_cancel_ends_nothing(tmp_path: Path) -> None:
    with toy() as running:
        answer = creating(running, tmp_path, 1)
        running.stub.Cancel(Empty(), timeout=15)
        assert answer.result(15).id == "a-toy"
        time.sleep(0.3)
        assert running.process.poll() is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_a_running_operation_finish(tmp_path: Path, number: signal.Signals) -> None:
    with toy() as running:
        answer = creating(running, tmp_path, 2)
        running.signal(number)
        assert answer.result(15).id == "a-toy"
        running.stub.Cancel(Empty(), timeout=15)
        assert running.ended() == 0
        assert running.stderr == "a careless SDK prints\n"


def test_a_signal_that_others_got_too_leaves_the_engine_all_the_time_it_takes(tmp_path: Path) -> None:
    with toy(GLANCE=0.05, GRACE=0.2) as running:
        answer = creating(running, tmp_path, 1.5)
        running.signal(signal.SIGTERM)
        assert answer.result(15).id == "a-toy"
        assert running.ended() == 0


def test_a_second_signal_ends_it_although_an_operation_hangs(tmp_path: Path) -> None:
    with toy() as running:
        answer = creating(running, tmp_path, 600)
        running.signal(signal.SIGINT)
        time.sleep(0.3)
        assert running.process.poll() is None
        running.signal(signal.SIGINT)
        assert running.ended() == 0
        assert isinstance(answer.exception(15), grpc.RpcError)


def test_an_engine_that_hung_up_is_no_end_of_the_operation_it_asked_for(tmp_path: Path) -> None:
    with toy() as running:
        creating(running, tmp_path, 2)
        running.channel.close()
        running.signal(signal.SIGINT)
        assert running.ended() == 0
        assert (tmp_path / "done").exists()


# The engine is gone

STARTER = """
import subprocess, sys, time
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, process_group=0)
print(child.pid, child.stdout.readline().decode().strip(), flush=True)
time.sleep(600)
"""


@contextmanager
def parent(*command: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A process that has started a plugin, and the plugin's id."""
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, *command], stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout is not None
        child = int(starter.stdout.readline().split()[0])
        try:
            yield starter, child
        finally:
            starter.kill()
            subprocess.run(["kill", "-KILL", str(child)], capture_output=True)


def lives(pid: int) -> bool:
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return bool(done.stdout.strip()) and not done.stdout.startswith("Z")


def test_it_ends_when_the_engine_that_started_it_was_killed() -> None:
    with toy() as other, parent(*TOY, "{}", other.engine.address) as (starter, child):
        starter.kill()
        eventually(lambda: not lives(child))


def test_it_ends_when_its_address_is_dead_though_its_parent_lives() -> None:
    with toy(**SHARP) as running:
        running.stub.GetPluginInfo(Empty())
        assert running.process.poll() is None
        running.engine.stop()
        assert running.ended() == 0


def test_it_stays_as_long_as_its_engine() -> None:
    with toy(**SHARP) as running:
        with pytest.raises(subprocess.TimeoutExpired):
            running.ended(2)
        assert running.stub.GetPluginInfo(Empty()).version == "1.2.3"


def test_an_operation_of_a_dead_engine_gets_a_few_seconds(tmp_path: Path) -> None:
    with toy(**SHARP) as running:
        creating(running, tmp_path, 2)
        running.engine.stop()
        running.ended()
        assert (tmp_path / "done").exists()


def test_a_hanging_operation_of_a_dead_engine_does_not_keep_it(tmp_path: Path) -> None:
    with toy() as running:
        creating(running, tmp_path, 600)
        start = time.monotonic()
        running.engine.stop()
        running.ended()
        assert time.monotonic() - start < 15


# Started by hand


def by_hand() -> pexpect.spawn[str]:
    terminal = pexpect.spawn(
        TOY[0], [TOY[1], json.dumps({**SHARP, "LINGER": 60})], encoding="utf-8", timeout=10
    )
    terminal.expect(r"(\d+)\r\n")
    return terminal


def test_by_hand_it_serves_until_ctrl_c() -> None:
    terminal = by_hand()
    assert isinstance(terminal.match, re.Match)
    port = terminal.match.group(1)
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        grpc.channel_ready_future(channel).result(5)
    terminal.sendintr()
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    assert "Traceback" not in str(terminal.before)


def test_a_terminal_that_closes_ends_what_was_started_in_it() -> None:
    terminal = by_hand()
    assert terminal.pid
    child = terminal.pid
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), terminal.child_fd)
    eventually(lambda: not lives(child))


def test_what_was_put_into_the_background_serves_on_when_its_shell_is_gone() -> None:
    with parent("nohup", *TOY, json.dumps(SHARP)) as (starter, child):
        starter.kill()
        subprocess.run(["kill", "-HUP", str(child)], check=True)
        time.sleep(1)
        assert lives(child)
        subprocess.run(["kill", "-TERM", str(child)], check=True)
        eventually(lambda: not lives(child))


# What it says and what it costs


def run(program: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, timeout=20)


MAIN = "from pulumi_antiaffinity.server import main; main()"


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_its_help_says_who_starts_it_and_how_to_debug(flag: str) -> None:
    done = run(MAIN, flag)
    assert done.returncode == 0
    assert "Pulumi starts it by itself" in done.stdout
    assert "PULUMI_DEBUG_PROVIDERS=antiaffinity:PORT" in done.stdout


def test_its_version_is_the_librarys_and_nothing_is_loaded_for_it() -> None:
    done = run(f"{MAIN}; import sys; print('grpc' in sys.modules)", "--version")
    assert done.stdout.split() == [__version__, "False"]


def test_without_the_sdk_it_says_what_to_install() -> None:
    done = run(f"import sys; sys.modules['grpc'] = None; {MAIN}", "127.0.0.1:1")
    assert done.returncode == 1
    assert "pip install 'antiaffinity[pulumi]'" in done.stderr
    assert "Traceback" not in done.stderr


HEAVY = {
    "pulumi",
    "opentelemetry",
    "yaml",
    "sqlalchemy",
    "openstack",
    "boto3",
    "azure",
    "pyVmomi",
    "requests",
}


def test_the_process_itself_loads_nothing_heavy() -> None:
    program = "import sys, pulumi_antiaffinity.logs, pulumi_antiaffinity.server; print(*sys.modules)"
    assert HEAVY & set(run(program).stdout.split()) == set()


def test_the_whole_plugin_loads_nothing_heavy_before_a_cloud_is_configured() -> None:
    program = (
        "import sys; from pulumi_antiaffinity import logs, server;"
        "server._servicer(logs.Log()); print(*sys.modules)"
    )
    assert HEAVY & set(run(program).stdout.split()) == set()

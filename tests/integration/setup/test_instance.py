"""What `./nq up` leaves running, how it comes back, and what `./nq down` leaves: nothing."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from labsite.setup import supervisor, up
from labsite.setup.client import Client
from labsite.setup.options import USER
from tests.integration.setup.conftest import Instance

pytestmark = pytest.mark.engine


def wait_until(holds: Callable[[], bool], what: str, timeout_s: float = 40) -> None:
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, f"not within {timeout_s:.0f} s: {what}"
        time.sleep(0.05)


def pids(instance: Instance) -> dict[str, int]:
    return {state.name: state.pid for state in supervisor.states(instance.settings)}


def well(instance: Instance) -> bool:
    states = supervisor.states(instance.settings)
    health = up.health(instance.settings)
    return all(state.state == "RUNNING" for state in states) and set(health.values()) == {"ok"}


def status_of(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def test_status_is_zero_and_names_every_program(instance: Instance) -> None:
    answer = instance.nq("status")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert all(name in answer.stdout for name in ("redis", "observer", "worker", "beat", "web"))


def test_up_again_changes_nothing_and_tells_the_same_login(instance: Instance) -> None:
    before = pids(instance)
    first, second = instance.nq("up"), instance.nq("up")
    assert second.returncode == 0, second.stderr
    assert first.stdout == second.stdout
    assert pids(instance) == before


def test_the_token_alone_on_stdout_opens_the_api(instance: Instance) -> None:
    answer = instance.nq("token")
    assert answer.stdout.count("\n") == 1, answer.stdout + answer.stderr
    client = Client(instance.settings)
    client.token = answer.stdout.strip()
    assert client.get("me/")["username"] == "admin"


def test_a_learner_made_by_name_gets_a_token_of_their_own(instance: Instance) -> None:
    made = instance.nq("user", "ada")
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith("login  ada   password  ")
    client = Client(instance.settings)
    client.token = instance.nq("token", "--user", "ada", "--scope", "learner").stdout.strip()
    assert client.get("me/") | {"username": "ada", "is_staff": False} == client.get("me/")
    again = instance.nq("user", "ada")
    assert (again.returncode, again.stdout) == (1, "")
    assert "There is a user ada already." in again.stderr


@pytest.mark.parametrize("name", ["web", "beat", "redis"])
def test_programs_that_need_no_rights_have_none(instance: Instance, name: str) -> None:
    status = status_of(pids(instance)[name])
    assert set(status["Uid"].split()) != {"0"}
    assert {status[kind] for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert status["NoNewPrivs"] == "1"


def test_the_web_program_sees_code_and_database_and_nothing_else(instance: Instance) -> None:
    web = pids(instance)["web"]
    inside = ["nsenter", f"--target={web}", "--mount", f"--root=/proc/{web}/root", "--wd=/"]
    inside += ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--bounding-set=-all", "sh", "-c"]

    def allowed(test: str) -> bool:
        return (
            subprocess.run([*inside, test], stdin=subprocess.DEVNULL, check=False, capture_output=True).returncode == 0
        )

    settings = instance.settings
    assert allowed(f"test -w {settings.database}/db.sqlite3")
    assert allowed(f"test -S {settings.run}/observer.sock")
    for forbidden in (
        f"ls {settings.run}/hosts",
        f"cat {settings.state}/access",
        f"touch {settings.state}/settings.env",
        f"touch {settings.run}/x",
        "touch /usr/x",
        "cat /etc/shadow",
        "test -e /root/.bashrc",
        "test -e /home",
        "test -e /sys/fs",
        "test -e /proc/1",
        "test -e /proc/sys",
        "mount -t tmpfs x /tmp",
        f"test -w {settings.run}/supervisor.sock",
    ):
        assert not allowed(forbidden), forbidden


@pytest.mark.parametrize("name", ["worker", "observer", "redis", "web"])
def test_a_killed_program_comes_back(instance: Instance, name: str) -> None:
    victim = pids(instance)[name]
    os.kill(victim, signal.SIGKILL)
    wait_until(
        lambda: pids(instance).get(name) not in {victim, 0} and well(instance), f"{name} is back and all is well"
    )


def test_a_taken_port_is_one_sentence(instance: Instance) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        other = Instance(
            instance.settings,
            {
                **instance.environment,
                "NETQUARIUM_PORT": str(holder.getsockname()[1]),
                "NETQUARIUM_STATE": f"{instance.settings.state}2",
                "NETQUARIUM_RUN": f"{instance.settings.run}2",
            },
        )
        answer = other.nq("up")
        other.nq("down")
    assert answer.returncode == 1
    told = [line for line in answer.stderr.splitlines() if line.startswith("nq: ")]
    assert len(told) == 1
    assert f"is taken by python3 (process {os.getpid()})" in told[0] or f"(process {os.getpid()})" in told[0]


def test_an_unknown_lab_is_answered_with_the_nearest(instance: Instance) -> None:
    answer = instance.nq("run", "defualt-bridge")
    assert answer.returncode == 2
    assert "did you mean default-bridge?" in answer.stderr


def test_a_lab_runs_from_the_shell_and_stops_when_interrupted(instance: Instance) -> None:
    running = subprocess.Popen(
        ["./nq", "run", "default-bridge"],
        env=instance.environment,
        cwd=Path(__file__).resolve().parents[3],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    url = running.stdout.readline().strip()
    try:
        session = url.rpartition("/")[2]
        assert session, running.communicate(timeout=60)
        said = instance.nq("exec", session, "alpha", "--", "sh", "-c", "echo out; echo err >&2; id -u; exit 7")
        assert (said.returncode, said.stdout, said.stderr) == (7, "out\n0\n", "err\n")
    finally:
        running.send_signal(signal.SIGINT)
        _, told = running.communicate(timeout=60)
    assert running.returncode == 0, told
    assert "stopped" in told.splitlines()[-1]
    assert instance.nq("exec", session, "alpha", "--", "true").returncode == 1


def test_down_leaves_no_process_and_no_socket(instance: Instance) -> None:
    before = pids(instance)
    answer = instance.nq("down")
    assert answer.returncode == 0, answer.stderr
    assert [pid for pid in before.values() if Path(f"/proc/{pid}").exists()] == []
    assert sorted(path.name for path in instance.settings.run.iterdir() if path.name != "hosts") == []
    assert instance.nq("status").returncode == 3
    assert instance.nq("up").returncode == 0

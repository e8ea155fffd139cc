"""The web process never touches an engine or a namespace: it does not even load what could."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.unit.services.doubles import LocalStream

WORKERS_ALONE = {
    "docker",
    "labs.engine.client",
    "labs.engine.deploy",
    "labs.hosts.host",
    "labs.hosts.underlay",
    "labs.probes.probe",
    "labs.services.matrix_end",
    "labs.services.matrix_measure",
    "labs.services.probe_measure",
    "labs.services.session.launch",
    "labs.services.session.sweep",
    "labs.tasks",
}


def loaded_by(module: str) -> set[str]:
    """Return the modules a fresh interpreter has loaded after importing one."""
    script = f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_web_process_loads_nothing_that_enters_a_host() -> None:
    assert loaded_by("labsite.asgi") & WORKERS_ALONE == set()


@pytest.mark.parametrize(
    "module",
    [
        "labs.engine.deploy",
        "labs.hosts.pool",
        "labs.probes.matrix.matrix",
        "labs.probes.probe",
        "labs.topology.export",
        "labs.live.stream",
    ],
)
def test_the_rooms_below_the_models_do_without_django(module: str) -> None:
    assert {name for name in loaded_by(module) if name.partition(".")[0] in {"django", "celery", "ninja"}} == set()


def test_the_stream_of_these_tests_numbers_messages_as_the_real_one() -> None:
    stream = LocalStream()
    assert [stream.publish("a", {"type": "state"}), stream.publish("a", {"type": "state"})] == [1, 2]
    assert [message["sequence"] for message in stream.after("a", 1)] == [2]

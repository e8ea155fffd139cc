"""Lab hosts where the machine has control groups of version 2 only, as Debian 12 itself starts.

On a machine that has bound its controllers to version 1 trees the test runs in a mount namespace that shows the
version 2 tree alone; the tree then has no memory, pids or cpu controller, so limits are left out of the configuration.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from labs.hosts import cgroup
from labs.hosts.image import HostImage

pytestmark = pytest.mark.engine

SHOW_VERSION_2 = (
    'mount --make-rprivate / && umount -R -l /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup && exec "$@"'
)

PROGRAM = """
import subprocess, sys
from ipaddress import IPv4Address, IPv4Network
from labs.hosts import cgroup, host, oci, underlay
from labs.specs.lab import LabHost, Limits
whole = oci.configuration
def without_limits(**parts):
    made = whole(**parts)
    made["linux"]["resources"] = {}
    return made
oci.configuration = without_limits
assert cgroup.is_v2()
session = sys.argv[1]
def run(*words):
    return subprocess.run(host.command(alpha, words), capture_output=True, text=True, check=True).stdout
try:
    alpha = host.start(session, LabHost("alpha", IPv4Address("10.77.0.11")),
                       underlay.open(session, IPv4Network("10.77.0.0/24")), Limits())
    host.wait_for_engine(alpha)
    assert "0::/host" in run("cat", "/proc/1/cgroup")
    assert run("docker", "info", "--format", "{{.CgroupVersion}}").strip() == "2"
    assert "172.17.0.2" in run("docker", "run", "--rm", "netquarium/tools:1", "ip", "address")
    run("docker", "run", "--rm", "--privileged", "--pid", "host", "-v", "/:/host", "netquarium/tools:1", "true")
    run("docker", "run", "-d", "netquarium/pause:1")
    assert host.running(session) == [alpha]
    assert alpha.pid in cgroup.processes(alpha.box)
    host.stop(alpha)
    assert not cgroup.boxes() - {session + ".underlay"}
finally:
    host.stop_session(session)
print("done")
"""


@pytest.mark.skipif(cgroup.is_v2(), reason="every other test here runs on version 2")
def test_engine_and_containers_run_on_version_2(session_id: str, host_image: HostImage) -> None:
    command = ["unshare", "--mount", "sh", "-c", SHOW_VERSION_2, "sh", sys.executable, "-c", PROGRAM, session_id]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path.cwd())
    assert done.stdout == "done\n", done.stderr

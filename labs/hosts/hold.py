"""Hold a new network namespace by a process that sleeps. A program of its own, run by `labs.hosts.box`.

Reads one JSON object from standard input: `group`, the cgroup.procs file by which the process is to be found, and
`sysctls` to set in the namespace. Prints the process's pid.
"""

# pathlib takes longer to import than the rest takes to run:
# ruff: noqa: PTH110, PTH208

import ctypes
import json
import os
import sys

CLONE_NEWNET = 0x4000_0000


def hold(group: str) -> int:
    """Start the sleeper in this process's namespace; return its pid once it sleeps."""
    read, write = os.pipe()
    holder = os.fork()
    if holder:
        os.close(write)
        os.read(read, 1)  # closed by exec
        return holder
    os.setsid()
    with open(group, "w") as file:
        file.write("0")
    nothing = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    for name in os.listdir("/proc/self/fd"):
        # the lock too: held, it says that somebody is at work
        if int(name) > 2 and os.path.exists(f"/proc/self/fd/{name}"):
            os.set_inheritable(int(name), False)
    os.chdir("/")
    return os.execvp("sleep", ["sleep", "infinity"])


if __name__ == "__main__":
    job = json.load(sys.stdin)
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        sys.exit(f"unshare network namespace: {os.strerror(ctypes.get_errno())}")
    for name, value in job["sysctls"].items():
        if os.path.exists(f"/proc/sys/{name}"):  # a kernel without IPv6 lacks its entries
            with open(f"/proc/sys/{name}", "w") as file:
                file.write(value)
    print(hold(job["group"]))  # noqa: T201 - the answer

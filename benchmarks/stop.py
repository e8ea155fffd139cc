"""Stop a host with containers on it: the product, and bare `runc kill` with `runc delete`.

Run as root:

    python -m benchmarks.stop [--rounds 9] [--containers 20]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable

from benchmarks import lab_host
from labs.engine.deploy import deploy
from labs.hosts import box, image
from labs.hosts import host as hosts
from labs.hosts.host import Host

MAY_COST = 1.5


def product(host: Host) -> None:
    """The way a session ends: everything of it, its underlay too."""
    hosts.stop_session(host.session)


def bare(host: Host) -> None:
    """Kill the box's first process and delete the box, as soon as runc lets."""
    runc = ["runc", "--root", str(box.RUNC_STATE)]
    subprocess.run([*runc, "kill", host.box, "KILL"], check=True, capture_output=True)
    while subprocess.run([*runc, "delete", host.box], check=False, capture_output=True).returncode:
        time.sleep(0.001)


def main() -> int:
    """Measure, print, and return 1 if the limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--containers", type=int, default=20)
    chosen = parser.parse_args()
    image.current()
    ways: dict[str, Callable[[Host], None]] = {"product": product, "runc kill + runc delete": bare}
    took: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(chosen.rounds):
        for name in list(ways)[:: 1 if turn % 2 else -1]:
            with lab_host.fresh() as host:
                deploy(lab_host.one_bridge(chosen.containers), {"alpha": host}, lambda _: None)
                begun = time.monotonic()
                ways[name](host)
                took[name].append(time.monotonic() - begun)
    print(f"a host with {chosen.containers} containers, {chosen.rounds} rounds, {os.cpu_count()} cores")
    ours, floor = (lab_host.show(name, seconds) for name, seconds in took.items())
    print(f"product / runc: {ours / floor:.2f} (at most {MAY_COST:.2f})")
    return int(ours / floor > MAY_COST)


if __name__ == "__main__":
    sys.exit(main())

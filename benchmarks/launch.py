"""Launch containers on one bridge: the product, four threads of the Docker SDK, and docker-compose 1.29.

Each round gives every way a fresh host of its own and turns their order. Run as root:

    python -m benchmarks.launch [--rounds 7] [--containers 20]
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import docker

from benchmarks import lab_host
from labs.engine import deploy
from labs.hosts import image
from labs.hosts.host import Host

MAY_COST_OF_SDK = 1.10
MAY_COST_OF_COMPOSE = 0.80


def product(host: Host, count: int) -> None:
    """The way a session is launched, once its hosts run."""
    deploy.deploy(lab_host.one_bridge(count), {"alpha": host}, lambda _: None)


def product_with(threads: int) -> Callable[[Host, int], None]:
    """The same with another number of threads."""

    def run(host: Host, count: int) -> None:
        kept, deploy.THREADS = deploy.THREADS, threads
        try:
            product(host, count)
        finally:
            deploy.THREADS = kept

    return run


def sdk(host: Host, count: int) -> None:
    """The fewest calls the SDK offers: create and start, from four threads with a client each."""
    url = f"unix://{host.engine_socket}"
    main = docker.APIClient(base_url=url, version="1.41")
    main.create_network("front", driver="bridge", check_duplicate=True)

    def work(numbers: range) -> None:
        client = docker.APIClient(base_url=url, version="1.41")
        for number in numbers:
            created = client.create_container(
                "netquarium/tools:1",
                name=f"web{number}",
                host_config=client.create_host_config(network_mode="front"),
                # What create_networking_config returns; the stubs have its argument wrong.
                networking_config={"EndpointsConfig": {"front": {"Aliases": [f"web{number}"]}}},
            )
            client.start(created["Id"])
        client.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, (range(first, count, 4) for first in range(4))))
    main.close()


def compose(host: Host, count: int) -> None:
    """`docker-compose up -d` with the same services."""
    services = "".join(
        f"  web{number}:\n    image: netquarium/tools:1\n    networks: [front]\n" for number in range(count)
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "docker-compose.yml").write_text(
            f'version: "3.8"\nservices:\n{services}networks:\n  front: {{}}\n'
        )
        environment = {**os.environ, "DOCKER_HOST": f"unix://{host.engine_socket}"}
        subprocess.run(
            ["/usr/bin/docker-compose", "-p", "bench", "up", "-d"],
            cwd=folder,
            env=environment,
            check=True,
            capture_output=True,
        )


def main() -> int:
    """Measure, print, and return 1 if a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--containers", type=int, default=20)
    parser.add_argument("--threads", action="store_true", help="also compare other numbers of threads")
    chosen = parser.parse_args()
    image.current()
    ways: dict[str, Callable[[Host, int], None]] = {
        f"product ({deploy.THREADS} threads)": product,
        "Docker SDK, 4 threads": sdk,
    }
    if shutil.which("/usr/bin/docker-compose"):
        ways["docker-compose up -d"] = compose
    else:
        print("docker-compose is missing, so it is left out: apt-get install docker-compose", file=sys.stderr)
    if chosen.threads:
        ways.update({f"product ({threads} threads)": product_with(threads) for threads in (2, 8, 16)})
    took: dict[str, list[float]] = {name: [] for name in ways}
    cost: dict[str, list[float]] = {name: [] for name in ways}
    names = list(ways)
    for turn in range(chosen.rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            with lab_host.fresh() as host:
                begun, used = time.monotonic(), lab_host.cpu_s(host)
                ways[name](host, chosen.containers)
                took[name].append(time.monotonic() - begun)
                cost[name].append(lab_host.cpu_s(host) - used)
    print(f"{chosen.containers} containers on one bridge, {chosen.rounds} rounds, {os.cpu_count()} cores")
    medians = {name: lab_host.show(name, seconds) for name, seconds in took.items()}
    for name, seconds in cost.items():
        lab_host.show(f"  CPU of the host: {name}", seconds)
    limits = {"Docker SDK, 4 threads": MAY_COST_OF_SDK, "docker-compose up -d": MAY_COST_OF_COMPOSE}
    ours, missed = medians[names[0]], False
    for name, limit in limits.items():
        if name in medians:
            ratio = ours / medians[name]
            missed = missed or ratio > limit
            print(f"product / {name}: {ratio:.2f} (at most {limit:.2f})")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())

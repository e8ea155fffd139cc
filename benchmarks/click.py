"""From the click on Launch to the complete graph of a lab of one host and one container, cold and from the warm pool.

Run as root:

    python -m benchmarks.click [--rounds 9] [--tell]

The click is `POST /api/v1/sessions/` at an instance whose Redis, observer, worker and web process run as the supervisor
runs them; the client follows the session's websocket as the page does. The graph is complete once it has the running
container in its namespace, with its address, both ends of its cable and the bridge that the cable leads to.

The floors are taken in the same rounds: bare `runc run` until an engine answers in it, and the two calls of the Docker
SDK that start such a container on an idle engine; all boxes have a lab's usual limits.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks import live_instance  # first: it moves the installation

# isort: split

import docker
import websockets.asyncio.client

from benchmarks import host_start, lab_host
from labs.hosts import box, image, pool
from labs.hosts import host as hosts
from labs.specs.lab import Limits

COLD_MAY_COST = 1.25
WARM_MAY_COST = 1.15
CATALOG = live_instance.FOLDER / "catalog"
QUIET_S = 3.0
"""What the last round left to do (a warm host to park anew) has ended by then."""


def write_lab() -> None:
    """Write the lab into a catalogue of the benchmark's own; its limits are the usual ones."""
    (CATALOG / "one").mkdir(parents=True)
    (CATALOG / "one/lab.yml").write_text("title: One\nsummary: One container.\nhosts: [alpha]\n")
    (CATALOG / "one/compose.yaml").write_text(
        "services:\n  web:\n    image: netquarium/tools:1\n    network_mode: bridge\n"
    )


class Picture:
    """What a viewer knows of a session, message by message."""

    def __init__(self) -> None:
        self.nodes: dict[str, dict[str, Any]] = {}
        self.edges: dict[str, dict[str, Any]] = {}

    def take(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "snapshot":
            self.nodes, self.edges = message["nodes"], message["edges"]
        elif message["type"] == "delta":
            for kind, known in (("nodes", self.nodes), ("edges", self.edges)):
                known.update(message["added"][kind])
                known.update(message["changed"][kind])
                for gone in message["removed"][kind]:
                    known.pop(gone, None)
        elif message["type"] == "state" and message["state"] == "failed":
            raise RuntimeError(message["reason"])

    @property
    def is_complete(self) -> bool:
        running = [node for node in self.nodes.values() if node["kind"] == "container" and node["state"] == "running"]
        attached = {edge["a"]: edge["addresses"] for edge in self.edges.values() if edge["type"] == "attached"}
        return bool(running) and all(
            attached.get(container["id"]) and self._is_wired(container["namespace"]) for container in running
        )

    def _is_wired(self, namespace: str | None) -> bool:
        """Tell whether an interface with an address in the namespace is cabled to a port of a bridge."""
        ports = {edge["a"] for edge in self.edges.values() if edge["type"] == "port"}
        for edge in self.edges.values():
            if edge["type"] != "veth" or not {edge["a"], edge["b"]} <= self.nodes.keys():
                continue
            for own, other in ((edge["a"], edge["b"]), (edge["b"], edge["a"])):
                end = self.nodes[own]
                if namespace is not None and end["namespace"] == namespace and end["addresses"] and other in ports:
                    return True
        return False


async def click(port: int, token: str) -> tuple[str, float, list[tuple[float, str]]]:
    """Launch the lab; return the session, the seconds until its graph is complete, and what was said when meanwhile."""
    api = http.client.HTTPConnection("127.0.0.1", port)
    api.connect()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    begun, begun_at = time.monotonic(), time.time()
    api.request("POST", "/api/v1/sessions/", json.dumps({"lab": "one"}), headers)
    answer = api.getresponse()
    session = json.loads(answer.read())
    if answer.status != http.client.ACCEPTED:
        raise RuntimeError(session["detail"])
    came = [(time.monotonic() - begun, f"answer {answer.status}")]
    api.close()
    picture = Picture()
    url = f"ws://127.0.0.1:{port}/ws/sessions/{session['id']}/?token={token}"
    async with (
        asyncio.timeout(60),
        websockets.asyncio.client.connect(url, max_size=None, compression=None) as connection,
    ):
        async for text in connection:
            arrived = time.monotonic() - begun
            message = json.loads(text)
            picture.take(message)
            came.append((message["at"] - begun_at, said(message)))
            if picture.is_complete:
                return str(session["id"]), arrived, came
    raise RuntimeError("the websocket was closed")


def said(message: Mapping[str, Any]) -> str:
    match message["type"]:
        case "progress":
            return f"{message['stage']} {message['done']}/{message['total']}: {message['text']}"
        case "state":
            return f"state {message['state']}"
        case "delta":
            return "delta: " + "; ".join(event["text"] for event in message["events"])
        case kind:
            return str(kind)


def ended(port: int, token: str, session: str) -> None:
    """Stop a session and wait until nothing of it is there."""
    api = http.client.HTTPConnection("127.0.0.1", port)
    api.request("DELETE", f"/api/v1/sessions/{session}/", headers={"Authorization": f"Bearer {token}"})
    api.getresponse().read()
    api.close()
    wait_until(lambda: session not in hosts.sessions())


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.02)


def container_alone() -> float:
    """Return the seconds of creating and starting such a container on an idle engine, its connection open."""
    with lab_host.fresh(Limits()) as host:
        client = docker.APIClient(base_url=f"unix://{host.engine_socket}", version="1.41")
        client.ping()
        time.sleep(1.0)
        begun = time.monotonic()
        created = client.create_container(
            "netquarium/tools:1", name="web", host_config=client.create_host_config(network_mode="bridge")
        )
        client.start(created["Id"])
        took = time.monotonic() - begun
        client.close()
        return took


def measured(rounds: int, warm_hosts: int, *, is_told: bool) -> dict[str, list[float]]:
    """Run an instance and take the rounds; the first click, which finds a worker that never worked, does not count."""
    took: dict[str, list[float]] = {"click": [], "engine": [], "container": []}
    with live_instance.running(observer=True, worker=True, warm_hosts=warm_hosts, catalog=CATALOG) as instance:
        token = live_instance.token()

        def clicked() -> float:
            wait_until(lambda: parked() >= warm_hosts)
            time.sleep(QUIET_S)
            session, seconds, came = asyncio.run(click(instance.port, token))
            if is_told:
                print("".join(f"{at * 1000:7.0f} ms  {text}\n" for at, text in came))
            ended(instance.port, token, session)
            return seconds

        clicked()
        ways = {"click": clicked, "engine": lambda: host_start.bare(Limits())[0], "container": container_alone}
        for turn in range(rounds):
            for name in list(ways)[:: 1 if turn % 2 else -1]:
                took[name].append(ways[name]())
    pool.clear()
    return took


def parked() -> int:
    """Return how many warm hosts wait, complete."""
    names = [name for name, owner in box.boxes().items() if not owner and name.startswith("parked-")]
    return sum(box.facts(name) is not None for name in names)


def main() -> int:
    """Measure, print, and return 1 if a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--tell", action="store_true", help="print what was said when, by the sender's clock")
    chosen = parser.parse_args()
    image.current()
    write_lab()
    missed = False
    for title, warm_hosts, limit in (("cold", 0, COLD_MAY_COST), ("warm pool", 1, WARM_MAY_COST)):
        took = measured(chosen.rounds, warm_hosts, is_told=chosen.tell)
        print(f"{title}, {chosen.rounds} rounds, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        ours = lab_host.show("click to complete graph", took["click"])
        engine = lab_host.show("runc run + dockerd: engine answers", took["engine"])
        container = lab_host.show("container alone, Docker SDK", took["container"])
        floor, name = (container, "container alone") if warm_hosts else (engine + container, "sum of its floors")
        missed = missed or ours / floor > limit
        print(f"click / {name}: {ours / floor:.2f} (at most {limit:.2f})")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())

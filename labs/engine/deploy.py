"""Deploy a lab on its hosts: swarm, networks and containers, each as soon as what it needs is there.

Deploying the same lab again on the same hosts, as happens when a task is delivered twice, takes over whatever an
earlier run made from the same definition and makes the rest. A failure leaves what was made: the caller stops the
hosts, and everything in them is gone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Literal

from labs.engine import condition, container, network, plan, swarm
from labs.engine.client import Engine, connect
from labs.engine.errors import DeployFailed, EngineRefused, EngineUnreachable
from labs.specs.lab import Lab

if TYPE_CHECKING:
    from labs.hosts.host import Host

THREADS = max(4, 2 * (os.cpu_count() or 1))
"""Engine calls under way at once. The engine is bound by CPU: more threads only make it contend with itself, so that on
two cores 8 cost it 6 % more CPU time than 4 for the same containers (benchmarks/launch.py --threads)."""


@dataclass(frozen=True)
class Progress:
    """One more thing is done: `done` of `total`, counting all stages together."""

    stage: Literal["swarm", "network", "container"]
    name: str
    host: str
    done: int
    total: int
    text: str
    """One sentence for the learner."""


def deploy(lab: Lab, hosts: Mapping[str, Host], report: Callable[[Progress], None]) -> None:
    """Make every network and container of a lab; return when all run.

    `hosts` maps the lab's host names to running hosts whose engines answer. `report` is called in this thread, once
    for each thing made. Calls under way when one fails are waited for; nothing new is begun.

    Raises: DeployFailed, naming the object and the engine's reason.
    """
    _Deployment(lab, hosts, report).run()


class _Deployment:
    def __init__(self, lab: Lab, hosts: Mapping[str, Host], report: Callable[[Progress], None]) -> None:
        self.lab = lab
        self.hosts = hosts
        self.report = report
        self.networks = {network.key: network for network in lab.networks}
        self.containers = {container.name: container for container in lab.containers}
        self.engines: dict[str, Engine] = {}
        self.token = ""
        self.done = 0
        self.cancel = -1

    def run(self) -> None:
        tasks = plan.tasks(self.lab)
        total = sum(task.kind != "condition" for task in tasks)
        waits = sum(task.kind == "condition" for task in tasks)
        order: TopologicalSorter[plan.Task] = TopologicalSorter(tasks)
        order.prepare()
        with ExitStack() as stack:
            for host in self.lab.hosts:
                self.engines[host.name] = stack.enter_context(connect(self.hosts[host.name]))
            self.cancel = os.eventfd(0, os.EFD_CLOEXEC)
            stack.callback(os.close, self.cancel)
            workers = stack.enter_context(ThreadPoolExecutor(min(THREADS, max(total, 1)), "deploy"))
            # Waiting holds a thread and no engine; were it to hold a worker's, enough waits would stop the work.
            waiters = stack.enter_context(ThreadPoolExecutor(max(waits, 1), "condition"))
            running: dict[Future[None], plan.Task] = {}
            try:
                while order.is_active():
                    for task in order.get_ready():
                        pool = waiters if task.kind == "condition" else workers
                        running[pool.submit(self._perform, task)] = task
                    finished, _ = wait(running, return_when=FIRST_COMPLETED)
                    for future in finished:
                        task = running.pop(future)
                        future.result()
                        order.done(task)
                        self._tell(task, total)
            except BaseException:
                os.eventfd_write(self.cancel, 1)
                for future in running:
                    future.cancel()
                raise

    def _perform(self, task: plan.Task) -> None:
        """Do one task in a worker's thread. Raises: DeployFailed."""
        engine = self.engines[task.host]
        name = self.networks[task.name].name if task.kind == "network" else task.name
        try:
            match task.kind:
                case "swarm" if task.host == self.lab.hosts[0].name:
                    self.token = swarm.init(engine, self.lab)
                case "swarm":
                    swarm.join(engine, self.engines[self.lab.hosts[0].name], self.token)
                case "network":
                    network.create(engine, self.lab, self.networks[task.name])
                case "container":
                    container.run(engine, self.lab, self.containers[task.name])
                case "condition":
                    assert task.condition is not None
                    condition.wait(engine, self.containers[task.name], task.condition, cancel=self.cancel)
        except EngineRefused as error:
            verb = {"swarm": "could not be formed", "network": "could not be created"}.get(task.kind, "did not start")
            raise DeployFailed(_kind(task), name, task.host, f"{verb}: {error.said}") from error
        except EngineUnreachable as error:
            raise DeployFailed(_kind(task), name, task.host, f"was not finished: {error.reason[:-1]}") from error

    def _tell(self, task: plan.Task, total: int) -> None:
        match task.kind:
            case "condition":
                return
            case "swarm":
                name = "swarm"
                text = "leads the swarm" if task.host == self.lab.hosts[0].name else "joined the swarm"
                stage: Literal["swarm", "network", "container"] = "swarm"
            case "network":
                name, stage = self.networks[task.name].name, "network"
                text = f"network {name} created"
            case "container":
                name, stage = task.name, "container"
                text = f"container {name} started"
        self.done += 1
        self.report(Progress(stage, name, task.host, self.done, total, f"{task.host}: {text} ({self.done} of {total})"))


def _kind(task: plan.Task) -> str:
    return "container" if task.kind == "condition" else task.kind

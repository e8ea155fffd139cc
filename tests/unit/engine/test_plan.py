"""What waits for what."""

from __future__ import annotations

from dataclasses import replace
from graphlib import TopologicalSorter

import pytest

from labs.engine.plan import Task, tasks
from labs.specs.lab import Condition, Dependency, Driver, Lab, Mode, ModeKind

from .labs import container, lab, network


def before(graph: dict[Task, frozenset[Task]], task: Task) -> set[Task]:
    """Everything that has to be done before a task, directly or not."""
    found: set[Task] = set()
    pending = list(graph[task])
    while pending:
        earlier = pending.pop()
        if earlier not in found:
            found.add(earlier)
            pending += graph[earlier]
    return found


def test_a_container_waits_for_its_networks_only() -> None:
    graph = tasks(lab(networks=[network("front"), network("back")], containers=[container("web", "front")]))
    assert graph[Task("container", "alpha", "web")] == {Task("network", "alpha", "front")}
    assert graph[Task("network", "alpha", "back")] == frozenset()


def test_a_network_is_made_on_each_of_its_hosts() -> None:
    graph = tasks(lab(hosts=["alpha", "beta"], networks=[network("lan", "alpha", "beta", driver=Driver.MACVLAN)]))
    assert set(graph) == {Task("network", "alpha", "lan"), Task("network", "beta", "lan")}


def test_declared_subnets_come_before_chosen_ones_on_the_same_host() -> None:
    chosen, declared = network("chosen", "alpha", "beta"), network("declared", "alpha", subnet="172.18.0.0/16")
    graph = tasks(lab(hosts=["alpha", "beta"], networks=[chosen, declared]))
    assert graph[Task("network", "alpha", "chosen")] == {Task("network", "alpha", "declared")}
    assert graph[Task("network", "beta", "chosen")] == frozenset()


def overlay_lab() -> Lab:
    return lab(
        hosts=["alpha", "beta", "gamma"],
        networks=[
            network("mesh", "beta", "gamma", driver=Driver.OVERLAY),
            network("local", "beta", subnet="172.18.0.0/16"),
        ],
        containers=[container("web", "mesh", host="beta"), container("db", "mesh", host="gamma")],
    )


def test_an_overlay_is_made_once_on_the_manager_after_the_swarm_is_founded() -> None:
    graph = tasks(overlay_lab())
    assert [task for task in graph if task.kind == "network" and task.name == "mesh"] == [
        Task("network", "alpha", "mesh")
    ]
    assert before(graph, Task("network", "alpha", "mesh")) == {Task("swarm", "alpha")}


def test_an_overlay_member_waits_for_its_own_host_to_join_but_not_for_others() -> None:
    graph = tasks(overlay_lab())
    earlier = before(graph, Task("container", "gamma", "db"))
    assert Task("swarm", "gamma") in earlier
    assert Task("swarm", "beta") not in earlier


def test_the_swarm_waits_for_declared_subnets_that_its_gateway_bridge_could_take() -> None:
    assert Task("network", "beta", "local") in tasks(overlay_lab())[Task("swarm", "beta")]


def test_a_joined_container_waits_for_the_one_that_holds_the_namespace() -> None:
    joined = replace(container("side"), mode=Mode(ModeKind.CONTAINER, "pause"))
    graph = tasks(lab(containers=[joined, container("pause")]))
    assert graph[Task("container", "alpha", "side")] == {Task("container", "alpha", "pause")}


def test_a_condition_is_a_task_between_two_containers() -> None:
    web = replace(container("web"), depends_on=(Dependency("db", Condition.HEALTHY),))
    graph = tasks(lab(hosts=["alpha", "beta"], containers=[container("db", host="beta"), web]))
    healthy = Task("condition", "beta", "db", Condition.HEALTHY)
    assert graph[Task("container", "alpha", "web")] == {healthy}
    assert graph[healthy] == {Task("container", "beta", "db")}


def test_every_graph_can_be_ordered() -> None:
    order = list(TopologicalSorter(tasks(overlay_lab())).static_order())
    assert order[-1].kind == "container"


def test_an_unknown_network_is_an_error() -> None:
    with pytest.raises(KeyError, match="nowhere"):
        tasks(lab(containers=[container("web", "nowhere")]))

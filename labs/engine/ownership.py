"""The labels by which we know our own objects again, and Compose its. Pure.

Compose's labels make `docker compose -p <lab> ps` in a lab host's shell show what was launched. Ours hold a digest
of the definition: an object met again with the same digest is the one we meant to make.
"""

from __future__ import annotations

import hashlib
import re

from labs.specs.lab import Container, Lab, Network

DEFINITION = "org.netquarium.definition"
LAB = "org.netquarium.lab"
PROJECT = "com.docker.compose.project"
SERVICE = "com.docker.compose.service"


def network_labels(lab: Lab, network: Network) -> dict[str, str]:
    """Return every label of a network; the lab's own come first and cannot displace ours."""
    return {
        **network.labels,
        PROJECT: lab.slug,
        "com.docker.compose.network": network.key,
        LAB: lab.slug,
        DEFINITION: _digest(network),
    }


def container_labels(lab: Lab, container: Container) -> dict[str, str]:
    """Return every label of a container; the lab's own come first and cannot displace ours."""
    replica = re.search(r"-(\d+)$", container.name.removeprefix(container.service))
    digest = _digest(container)
    return {
        **container.labels,
        PROJECT: lab.slug,
        SERVICE: container.service,
        "com.docker.compose.container-number": replica[1] if replica else "1",
        "com.docker.compose.oneoff": "False",
        "com.docker.compose.config-hash": digest,
        LAB: lab.slug,
        DEFINITION: digest,
    }


def _digest(definition: Container | Network) -> str:
    # A dataclass prints all its fields in order, so equal definitions print alike in every process.
    return hashlib.sha256(repr(definition).encode()).hexdigest()

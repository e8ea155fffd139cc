"""Every lab that ships, on real engines."""

from __future__ import annotations

import pytest

from labs.engine import inventory
from labs.engine.deploy import deploy
from labs.hosts import host as hosts
from labs.hosts import image, underlay
from labs.hosts.image import HostImage
from labs.specs.folder import CATALOG, load

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("slug", sorted(folder.parent.name for folder in CATALOG.glob("*/lab.yml")))
def test_every_container_of_a_shipped_lab_runs_where_it_was_placed(
    session_id: str, host_image: HostImage, slug: str
) -> None:
    definition = load(CATALOG / slug, images=image.tags())
    ground = underlay.open(session_id, definition.underlay)
    started = {host.name: hosts.start(session_id, host, ground, definition.limits) for host in definition.hosts}
    deploy(definition, started, lambda _: None)
    found = {name: inventory.read(host) for name, host in started.items()}
    running = {(name, one.name) for name, seen in found.items() for one in seen.containers if one.state == "running"}
    assert running == {(container.host, container.name) for container in definition.containers}

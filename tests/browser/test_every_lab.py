"""Every lab that ships, launched and stopped from the catalogue with a mouse."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from labs import specs
from labs.hosts import image
from labs.specs.lab import Lab
from tests.browser.lab_page import LabPage, saying

pytestmark = [pytest.mark.browser, pytest.mark.engine]


def shipped() -> list[Lab]:
    folders = sorted(file.parent for file in specs.CATALOG.glob("*/lab.yml"))
    return [specs.load(folder, images=image.tags()) for folder in folders]


@pytest.mark.parametrize("lab", shipped(), ids=lambda lab: lab.slug)
def test_a_lab_is_launched_drawn_and_stopped(page: LabPage, lab: Lab) -> None:
    page.launch(lab.title)
    for host in lab.hosts:
        expect(page.thing(saying(f"host {host.name}, {host.address}"))).to_be_visible()
    for container in lab.containers:
        if container.mode.kind == "networks" and not any(
            other.mode.target == container.name for other in lab.containers
        ):
            expect(page.thing(re.compile(f"^container namespace {container.name}$"))).to_be_visible(timeout=30_000)
    page.stop()

"""The labs that ship: valid without a warning, acceptable to Compose, each with a lesson."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from labs.specs import CATALOG, CatalogEntry, Driver, ModeKind, catalog

from .lab_files import IMAGES

ENTRIES = catalog(images=IMAGES)
SHIPPED = [
    "default-bridge",
    "host-mode",
    "macvlan-lan",
    "none-mode",
    "overlay-swarm",
    "pod-pause",
    "published-ports",
    "two-bridges-isolated",
    "user-bridge-dns",
]
each_lab = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.slug)


def test_the_first_labs_are_there() -> None:
    assert set(SHIPPED) <= {entry.slug for entry in ENTRIES}


@each_lab
def test_a_lab_that_ships_has_no_problem_at_all(entry: CatalogEntry) -> None:
    assert entry.lab is not None, "\n".join(map(str, entry.problems))
    assert entry.problems == ()
    assert entry.lab.summary.endswith(".")


@each_lab
def test_compose_accepts_it_unchanged(entry: CatalogEntry) -> None:
    referee = shutil.which("docker-compose")
    if referee is None:
        pytest.skip("docker-compose is not installed")
    command = [referee, "-f", str(entry.folder / "compose.yaml"), "config", "-q"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


@each_lab
def test_its_lesson_has_a_title_steps_and_a_question(entry: CatalogEntry) -> None:
    assert entry.lab is not None
    lesson = entry.lab.lesson
    assert lesson.startswith(f"# {entry.lab.title}\n")
    assert re.search(r"^## Steps$", lesson, re.MULTILINE)
    assert re.search(r"^## Question$", lesson, re.MULTILINE)
    assert re.search(r"^ *```console$", lesson, re.MULTILINE)


@each_lab
def test_its_lesson_names_only_hosts_and_containers_it_has(entry: CatalogEntry) -> None:
    """Commands stand behind the prompt of the host they are typed on; `docker exec` names a container."""
    assert entry.lab is not None
    blocks = re.findall(r"```console\n(.*?)```", entry.lab.lesson, re.DOTALL)
    commands = [line.strip() for block in blocks for line in block.splitlines() if line.strip()]
    made = set(re.findall(r"--name (\S+)", "\n".join(commands)))
    on_host = {(container.host, container.name) for container in entry.lab.containers}
    for command in commands:
        prompt = re.match(r"(\w+)# (.+)", command)
        assert prompt is not None, command
        assert prompt[1] in {host.name for host in entry.lab.hosts}, command
        executed = re.search(r"docker exec (?:-\w+ )*(\S+) ", prompt[2])
        if executed and executed[1] not in made:
            assert (prompt[1], executed[1]) in on_host, command


def test_every_mode_and_driver_of_the_first_labs_is_taught() -> None:
    labs = [entry.lab for entry in ENTRIES if entry.lab is not None]
    assert {container.mode.kind for lab in labs for container in lab.containers} == set(ModeKind)
    assert {network.driver for lab in labs for network in lab.networks} >= set(Driver) - {Driver.IPVLAN}


def test_the_catalogue_is_where_it_says() -> None:
    assert CATALOG.name == "catalog"
    assert CATALOG.is_dir()

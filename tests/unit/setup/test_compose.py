"""docker-compose.yml and its image against the code that they serve."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Any

import pytest
from ruamel.yaml import YAML

from labsite.setup import options, packages
from labsite.setup.options import CHECKOUT


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load((CHECKOUT / "docker-compose.yml").read_text(encoding="utf-8"))
    found: dict[str, Any] = loaded["services"]
    return found


def test_every_program_is_a_service(services: dict[str, Any]) -> None:
    assert set(services) == {"redis", "postgres", "web", "worker", "observer", "beat"}


def test_nothing_is_privileged_and_only_two_services_have_rights(services: dict[str, Any]) -> None:
    assert not any(service.get("privileged") for service in services.values())
    assert {name for name, service in services.items() if "SYS_ADMIN" in service.get("cap_add", [])} == {
        "worker",
        "observer",
    }
    for name in ("web", "beat"):
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["user"] == "netquarium"


def test_settings_in_the_file_exist(services: dict[str, Any]) -> None:
    named = {name for service in services.values() for name in service.get("environment", {})}
    assert {name for name in named if name.startswith("NETQUARIUM_")} <= options.NAMES


def test_the_image_holds_the_packages_that_up_installs() -> None:
    text = (CHECKOUT / "deploy/Dockerfile").read_text(encoding="utf-8").partition("FROM debian:bookworm-slim\n")[2]
    found = re.search(r"--no-install-recommends (.*?) &&", " ".join(text.replace("\\", " ").split()))
    assert found is not None
    assert sorted(found.group(1).split()) == sorted(packages.RUNTIME)


@pytest.mark.skipif(shutil.which("docker-compose") is None, reason="docker-compose is not installed")
def test_compose_accepts_the_file() -> None:
    answer = subprocess.run(
        ["docker-compose", "config", "-q"],
        cwd=CHECKOUT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr

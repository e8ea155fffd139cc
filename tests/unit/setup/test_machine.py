"""A machine that cannot carry Netquarium is told so, with what is missing."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from labsite.setup import machine, options
from labsite.setup.errors import MachineUnsuitable, PortTaken


@pytest.fixture
def settings(tmp_path: Path) -> options.Options:
    return options.load({"NETQUARIUM_STATE": str(tmp_path), "NETQUARIUM_CACHE": str(tmp_path / "cache")})


def test_a_taken_port_names_its_holder(settings: options.Options) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        with pytest.raises(PortTaken, match=rf"\(process {os.getpid()}\)") as caught:
            machine.check_port(replace(settings, port=holder.getsockname()[1]))
    assert "NETQUARIUM_PORT=" in caught.value.reason


def test_an_address_of_another_machine_is_told_as_such(settings: options.Options) -> None:
    with pytest.raises(PortTaken, match=r"Nothing can listen on 192\.0\.2\.1"):
        machine.check_port(replace(settings, listen="192.0.2.1", port=8999))


def test_an_old_kernel_is_named_with_the_one_needed(settings: options.Options, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(machine, "_missing_capabilities", list)
    monkeypatch.setattr("platform.release", lambda: "5.10.0-33-amd64")
    with pytest.raises(MachineUnsuitable, match=r"Linux 5\.10\.0-33-amd64 is too old.*5\.19"):
        machine.check_before(settings)


def test_a_containers_root_is_told_which_rights_it_lacks(
    settings: options.Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(machine, "_missing_capabilities", lambda: ["CAP_SYS_ADMIN"])
    with pytest.raises(MachineUnsuitable, match="lacks CAP_SYS_ADMIN"):
        machine.check_before(settings)


def test_a_full_disk_is_told_with_folder_and_need(settings: options.Options, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "SPACE_FIRST_BYTES", 1 << 60)
    with pytest.raises(MachineUnsuitable, match=r"cache has \d+ MiB free and needs .*NETQUARIUM_CACHE"):
        machine.check_space(settings)

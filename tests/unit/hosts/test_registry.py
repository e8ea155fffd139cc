"""Numbers unique on the machine: never given twice, and free again when their box's folder has gone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from labs.hosts import machine
from labs.hosts.registry import Registry


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setattr(machine, "FOLDER", tmp_path / "machine")
    return Registry("things", 8)


def owner(tmp_path: Path, name: str) -> Path:
    folder = tmp_path / name
    folder.mkdir()
    return folder


def test_takers_at_once_get_different_numbers(registry: Registry, tmp_path: Path) -> None:
    owners = [owner(tmp_path, f"box{number}") for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(registry.take, owners))
    assert sorted(number for number in taken if number is not None) == list(range(8))


def test_none_is_left_when_all_are_taken(registry: Registry, tmp_path: Path) -> None:
    one = owner(tmp_path, "box")
    assert [registry.take(one) for _ in range(9)][-1] is None


def test_number_is_free_again_after_release(registry: Registry, tmp_path: Path) -> None:
    first, second = owner(tmp_path, "first"), owner(tmp_path, "second")
    assert (registry.take(first), registry.take(second)) == (0, 1)
    registry.release(first)
    assert registry.taken() == {1: second}
    assert registry.take(second) == 0


def test_number_of_a_vanished_box_is_free(registry: Registry, tmp_path: Path) -> None:
    gone, here = owner(tmp_path, "gone"), owner(tmp_path, "here")
    registry.take(gone)
    gone.rmdir()
    assert registry.take(here) == 0

"""Files of a box opened from outside: a learner's link never leads out of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from labs.hosts import inside


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A box's root, beside a file that is not in it."""
    (tmp_path / "secret").write_text("the machine's")
    box = tmp_path / "box"
    (box / "var/log").mkdir(parents=True)
    (box / "secret").write_text("the box's")
    return box


def read(root: Path, path: str) -> str:
    with os.fdopen(inside.open_inside(root, path)) as file:
        return file.read()


def test_absolute_link_stays_inside(root: Path) -> None:
    (root / "link").symlink_to("/secret")
    assert read(root, "link") == "the box's"


def test_climbing_link_stays_inside(root: Path) -> None:
    (root / "var/log/link").symlink_to("../../../../../secret")
    assert read(root, "var/log/link") == "the box's"


def test_link_to_a_file_of_the_machine_is_not_found(root: Path, tmp_path: Path) -> None:
    (root / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(FileNotFoundError):
        read(root, "link")


def test_link_to_a_descriptor_is_refused(root: Path, tmp_path: Path) -> None:
    with (tmp_path / "secret").open() as file:
        (root / "proc").symlink_to("/proc")
        with pytest.raises(OSError):  # noqa: PT011 - ENOENT here, ELOOP where the box has a /proc
            read(root, f"proc/self/fd/{file.fileno()}")


def test_tail_is_the_end_and_nothing_when_missing(root: Path) -> None:
    (root / "var/log/engine.log").write_text("x" * 100 + "the end")
    assert inside.tail_inside(root, "var/log/engine.log", length=7) == "the end"
    assert inside.tail_inside(root, "var/log/none") == ""


def test_fifo_in_place_of_a_file_does_not_block(root: Path) -> None:
    os.mkfifo(root / "var/log/engine.log")
    assert inside.tail_inside(root, "var/log/engine.log") == ""


def test_listing_is_sorted_and_empty_when_missing(root: Path) -> None:
    for name in ("b", "a"):
        (root / "var/log" / name).touch()
    assert inside.list_inside(root, "var/log") == ["a", "b"]
    assert inside.list_inside(root, "run/docker/netns") == []

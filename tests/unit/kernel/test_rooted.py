"""Files below a root that somebody else fills."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from labs.kernel import rooted


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with a file, beside a secret."""
    (tmp_path / "secret").write_text("the machine's own")
    (tmp_path / "root/etc").mkdir(parents=True)
    (tmp_path / "root/etc/hosts").write_text("127.0.0.1 localhost\n")
    return tmp_path / "root"


def test_links_resolve_as_they_would_inside(root: Path) -> None:
    (root / "etc/other").symlink_to("/etc/hosts")
    assert rooted.read_text(root, "etc/other") == "127.0.0.1 localhost\n"


@pytest.mark.parametrize("aim", ["{secret}", "../../../../secret", "../../secret"])
def test_no_link_leads_out(root: Path, aim: str) -> None:
    (root / "etc/out").symlink_to(aim.format(secret=root.parent / "secret"))
    with pytest.raises(FileNotFoundError):
        rooted.read_text(root, "etc/out")


def test_a_fifo_neither_blocks_nor_reads(root: Path) -> None:
    os.mkfifo(root / "etc/fifo")
    with pytest.raises(ValueError, match="not a regular file"):
        rooted.read_text(root, "etc/fifo")


def test_only_the_start_of_a_large_file_is_read(root: Path) -> None:
    (root / "etc/large").write_bytes(b"x" * 100)
    assert rooted.read_text(root, "etc/large", limit_bytes=10) == "x" * 10


def test_link_to_a_descriptor_is_refused(root: Path) -> None:
    with (root.parent / "secret").open() as file:
        (root / "proc").symlink_to("/proc")
        with pytest.raises(OSError):  # noqa: PT011 - ENOENT here, ELOOP where the root has a /proc
            rooted.read_text(root, f"proc/self/fd/{file.fileno()}")


def test_end_is_the_end_and_nothing_when_missing_or_a_fifo(root: Path) -> None:
    (root / "etc/log").write_text("x" * 100 + "the end")
    os.mkfifo(root / "etc/fifo")
    assert rooted.read_end(root, "etc/log", length=7) == "the end"
    assert rooted.read_end(root, "etc/none") == ""
    assert rooted.read_end(root, "etc/fifo") == ""


def test_names_are_sorted_bounded_and_none_when_missing(root: Path) -> None:
    (root / "run").mkdir()
    for number in range(rooted.MOST_NAMES + 5):
        (root / f"run/{number:04}").touch()
    names = rooted.list_names(root, "run")
    assert len(names) == rooted.MOST_NAMES
    assert names == sorted(names)
    assert rooted.list_names(root, "etc") == ["hosts"]
    assert rooted.list_names(root, "none") == []

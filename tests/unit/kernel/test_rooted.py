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

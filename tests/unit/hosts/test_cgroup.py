"""Control groups on a machine with cgroup v2, in a folder that stands for the tree."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from labs.hosts import box, cgroup


@pytest.fixture
def version_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "cgroup.controllers").write_text("cpuset cpu io memory pids\n")
    (tmp_path / cgroup.parent()).mkdir()
    (tmp_path / cgroup.parent() / "cgroup.controllers").write_text("cpu memory pids\n")
    monkeypatch.setattr(cgroup, "trees", lambda: (tmp_path,))
    return tmp_path


def test_version_2_is_told_by_its_files(version_2: Path) -> None:
    assert cgroup.is_v2()


def test_controllers_are_handed_down_as_far_as_they_are_there(version_2: Path) -> None:
    cgroup.create_tracking("box")
    assert (version_2 / cgroup.parent() / "box").is_dir()
    assert (version_2 / "cgroup.subtree_control").read_text() == "+io"  # the last written of all five
    assert (version_2 / cgroup.parent() / "cgroup.subtree_control").read_text() == "+pids"


def test_boxes_are_listed_by_their_groups(version_2: Path) -> None:
    for name in ("abcdef123456-alpha", "abcdef123456.underlay"):
        (version_2 / cgroup.parent() / name / "inner").mkdir(parents=True)
    assert cgroup.boxes() == {"abcdef123456-alpha", "abcdef123456.underlay"}
    assert box.boxes()["abcdef123456-alpha"] == "abcdef123456"


def test_groups_go_children_first_and_once(version_2: Path) -> None:
    (version_2 / cgroup.parent() / "b/docker/c").mkdir(parents=True)
    assert cgroup.remove("b", deadline=0) == []
    assert not (version_2 / cgroup.parent() / "b").exists()
    assert cgroup.remove("b", deadline=0) == []


def test_group_that_will_not_go_is_named(version_2: Path) -> None:
    busy = version_2 / cgroup.parent() / "b"
    busy.mkdir()
    (busy / "somebody").touch()
    assert cgroup.remove("b", deadline=0) == [busy]


def test_groups_deeper_than_a_path_may_be_long_go_too(version_2: Path) -> None:
    top = version_2 / cgroup.parent() / "b"
    top.mkdir()
    here = os.open(top, os.O_DIRECTORY)
    for _ in range(3000):
        os.mkdir("x", dir_fd=here)
        below = os.open("x", os.O_DIRECTORY, dir_fd=here)
        os.close(here)
        here = below
    deepest = os.open("cgroup.procs", os.O_WRONLY | os.O_CREAT, dir_fd=here)
    os.write(deepest, b"4194303\n")
    os.close(deepest)
    assert cgroup.processes("b") == {4194303}
    os.unlink("cgroup.procs", dir_fd=here)  # the kernel's goes with its group; this one is a file
    os.close(here)
    assert cgroup.remove("b", deadline=0) == []
    assert not top.exists()

"""Building the image: readable refusals, and an archive that every engine understands."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from labs.hosts import container_image, image, recipe
from labs.hosts.errors import ImageBuildFailed, ImageMissing, MachineUnfit, NoSpace, NotRoot


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(image, "IMAGES", tmp_path / "images")
    monkeypatch.setattr(image, "LOG", tmp_path / "images/build.log")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return tmp_path / "images"


@pytest.fixture
def mmdebstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for mmdebstrap, to be written by the test."""
    program = tmp_path / "bin/mmdebstrap"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return program


def test_missing_image_tells_the_remedy(empty_cache: Path) -> None:
    with pytest.raises(ImageMissing, match=r"\./nq up"):
        image.current()


def test_build_without_root_is_refused(empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(NotRoot):
        image.build(print)


def test_build_without_mmdebstrap_is_refused(empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(MachineUnfit, match="mmdebstrap"):
        image.build(print)


def test_small_disk_is_refused_before_anything_is_done(
    empty_cache: Path, mmdebstrap: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1 << 20))
    with pytest.raises(NoSpace, match="1 MB are free"):
        image.build(print)


def test_failed_step_names_reason_and_log_and_leaves_nothing(empty_cache: Path, mmdebstrap: Path) -> None:
    mmdebstrap.write_text("#!/bin/sh\necho 'E: no such package: xyz'\nexit 25\n")
    said: list[str] = []
    with pytest.raises(ImageBuildFailed, match=r"no such package: xyz.*build\.log"):
        image.build(said.append)
    assert said[0] == "Installing the Debian packages of lab hosts"
    assert sorted(path.name for path in empty_cache.iterdir()) == [".lock", "build.log"]


def test_disk_that_fills_up_in_the_middle_is_called_so(empty_cache: Path, mmdebstrap: Path) -> None:
    mmdebstrap.write_text("#!/bin/sh\necho 'dpkg: error: No space left on device'\nexit 1\n")
    with pytest.raises(NoSpace):
        image.build(print)


def test_digest_changes_with_the_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    before = recipe.digest()
    assert recipe.digest() == before
    monkeypatch.setattr(recipe, "HOST_PACKAGES", [*recipe.HOST_PACKAGES, "one-more"])
    assert recipe.digest() != before


def test_archive_holds_two_layers_and_every_tag(tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    (tools / "usr/bin").mkdir(parents=True)
    (tools / "usr/bin/catatonit").write_text("#!")
    with tarfile.open(container_image.pack(tools, tmp_path)) as tar:
        names = tar.getnames()
        listed = tar.extractfile("manifest.json")
        assert listed is not None
        manifest = json.load(listed)
    assert {tag for entry in manifest for tag in entry["RepoTags"]} == image.tags()
    assert {layer for entry in manifest for layer in entry["Layers"]} == {"tools.tar", "pause.tar"}
    assert all(entry["Config"] in names for entry in manifest)

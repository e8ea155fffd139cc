"""The container images of every engine: packed as one `docker load` archive, then turned into an engine-data template.

The archive is the format that `docker save` writes (Docker image specification 1.2): layer tars, a configuration per
image named by its hash, and manifest.json. Writing it ourselves gives the same image ids on every machine.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import tarfile
from pathlib import Path

from labs.hosts import recipe
from labs.hosts.errors import ImageBuildFailed

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
CREATED = "2024-01-01T00:00:00Z"


def pack(tools: Path, work: Path) -> Path:
    """Write the archive of all images into `work` and return its path. `tools` is the tree of the shared layer."""
    pause = work / "pause"
    pause.mkdir()
    shutil.copy2(tools / "usr/bin/catatonit", pause / "catatonit")
    layers = {name: _layer(tree, work / f"{name}.tar") for name, tree in (("tools", tools), ("pause", pause))}
    manifest: list[dict[str, object]] = []
    archive = work / "images.tar"
    with tarfile.open(archive, "w") as tar:
        for name in layers:
            tar.add(work / f"{name}.tar", f"{name}.tar")
        for tag, parts in recipe.TAGS.items():
            layer = "pause" if "pause" in tag else "tools"
            text = json.dumps(_configuration(parts, layers[layer]), sort_keys=True).encode()
            name = f"{hashlib.sha256(text).hexdigest()}.json"
            (work / name).write_bytes(text)
            tar.add(work / name, name)
            manifest.append({"Config": name, "RepoTags": [tag], "Layers": [f"{layer}.tar"]})
        (work / "manifest.json").write_text(json.dumps(manifest))
        tar.add(work / "manifest.json", "manifest.json")
    return archive


def _layer(tree: Path, target: Path) -> str:
    """Pack one layer and return its diff id."""
    subprocess.run(
        ["tar", "--sort=name", "--numeric-owner", "-C", str(tree), "-cf", str(target), "."],
        check=True,
        capture_output=True,
    )
    with target.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def _configuration(parts: dict[str, list[str]], diff_id: str) -> dict[str, object]:
    return {
        "architecture": ARCHITECTURES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "created": CREATED,
        "config": {"Env": [recipe.PATH_IN_CONTAINER], "WorkingDir": "/", **parts},
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
        "history": [{"created": CREATED, "created_by": "netquarium"}],
    }


def make_template(rootfs: Path, archive: Path, target: Path, log: Path) -> None:
    """Load `archive` into the engine of a throw-away host and copy what it made of it to `target`, owned by root.

    Raises: ImageBuildFailed.
    """
    from labs.hosts import builder  # here because a builder is a host, and hosts start from images

    with builder.engine(rootfs) as run, log.open("ab") as words:
        with archive.open("rb") as file:
            _step(run(["docker", "load"]), words.fileno(), stdin=file.fileno())
        missing = set(recipe.TAGS) - set(
            subprocess.run(
                run(["docker", "images", "--format", "{{.Repository}}:{{.Tag}}"]),
                capture_output=True,
                text=True,
                check=True,
            ).stdout.split()
        )
        if missing:
            raise ImageBuildFailed(f"The engine did not take the images {sorted(missing)}. See {log}.", log=str(log))
        target.mkdir(mode=0o711)
        # tar inside sees the host's own ids, tar outside writes them as they are: that undoes the shift. No image has
        # more than one layer, so no layer holds whiteouts and extended attributes need not travel.
        reader = subprocess.Popen(
            run(["tar", "-C", "/var/lib/docker", "-c", "image", "overlay2"]),
            stdout=subprocess.PIPE,
            stderr=words.fileno(),
        )
        assert reader.stdout is not None
        _step(["tar", "--numeric-owner", "-p", "-C", str(target), "-x"], words.fileno(), stdin=reader.stdout.fileno())
        if reader.wait():
            raise ImageBuildFailed(f"Copying the loaded images out of the engine failed. See {log}.", log=str(log))
    for entry in os.scandir(target / "overlay2"):
        # left by the engine's own probes of the file system
        if entry.name != "l" and not (Path(entry.path) / "diff").is_dir():
            shutil.rmtree(entry.path)


def _step(command: list[str], words: int, *, stdin: int) -> None:
    status = subprocess.run(command, stdin=stdin, stdout=words, stderr=words, check=False).returncode
    if status:
        raise ImageBuildFailed(f"{command[-1]} ended with status {status} while the container images were loaded.")

"""The lab host image: one root tree and one engine-data template, shared read-only by every lab host.

`build` makes it from Debian packages; `python -m labs.hosts.image` does the same from a shell. What is built is
keyed by the recipe's hash, so a new version of the product builds beside the image that running hosts use.

    CACHE/images/<hash>/rootfs     what a host sees as /, owned by the machine's root, shown shifted by id-mapped mounts
    CACHE/images/<hash>/template   image/ and overlay2/ of an engine that has loaded the container images
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from labs.errors import LabError
from labs.hosts import container_image, recipe
from labs.hosts.errors import ImageBuildFailed, ImageMissing, MachineUnfit, NoSpace, NotRoot
from labs.places import CACHE

IMAGES = CACHE / "images"
LOG = IMAGES / "build.log"
NEEDED_BYTES = 2 << 30
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

Report = Callable[[str], None]


@dataclass(frozen=True)
class HostImage:
    """A finished image; `folder` is CACHE/images/<hash>."""

    folder: Path

    @property
    def rootfs(self) -> Path:
        return self.folder / "rootfs"

    @property
    def template(self) -> Path:
        return self.folder / "template"


def tags() -> frozenset[str]:
    """Return the names of the container images that every lab host's engine has."""
    return frozenset(recipe.TAGS)


def current() -> HostImage:
    """Return this version's image.

    Raises: ImageMissing when it has not been built on this machine.
    """
    image = HostImage(IMAGES / recipe.digest())
    if not image.folder.is_dir():
        raise ImageMissing("The lab host image is not built yet: run ./nq up.", folder=str(image.folder))
    return image


def build(report: Report) -> HostImage:
    """Build this version's image unless it is there. Takes about a minute and 1.2 GB while it works, 0.7 GB after.

    Two builders wait for each other. What an interrupted build left is removed by the next.
    Raises: NotRoot, MachineUnfit, NoSpace, ImageBuildFailed (with the log's place).
    """
    try:
        return current()
    except ImageMissing:
        pass
    if os.geteuid() != 0:
        raise NotRoot("Building the lab host image needs root.")
    if shutil.which("mmdebstrap") is None:
        raise MachineUnfit("mmdebstrap is not installed: run ./nq up, or apt-get install mmdebstrap.")
    try:
        IMAGES.mkdir(parents=True, exist_ok=True)
        with _only_builder(report):
            try:
                return current()
            except ImageMissing:
                return _build(report)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _no_space() from error
        raise ImageBuildFailed(f"Building the lab host image failed: {error}. See {LOG}.", log=str(LOG)) from error


def _build(report: Report) -> HostImage:
    if shutil.disk_usage(IMAGES).free < NEEDED_BYTES:
        raise _no_space()
    for stale in IMAGES.glob(".building-*"):
        shutil.rmtree(stale)
    LOG.write_text("")
    with tempfile.TemporaryDirectory(prefix=".building-", dir=IMAGES) as name:
        work = Path(name)
        image = HostImage(work / "image")
        image.folder.mkdir(mode=0o755)
        report("Installing the Debian packages of lab hosts")
        _debian(image.rootfs, recipe.HOST_PACKAGES, report)
        _copy_tree(recipe.FOLDER / "host", image.rootfs)
        _finish_host(image.rootfs)
        report("Installing the Debian packages of containers")
        _debian(work / "tools", recipe.TOOLS_PACKAGES, report)
        _copy_tree(recipe.FOLDER / "tools", work / "tools")
        report("Packing the container images")
        archive = container_image.pack(work / "tools", work)
        shutil.rmtree(work / "tools")
        report("Loading the container images into an engine")
        container_image.make_template(image.rootfs, archive, image.template, LOG)
        os.sync()
        image.folder.rename(IMAGES / recipe.digest())
    report("The lab host image is ready")
    return current()


@contextmanager
def _only_builder(report: Report) -> Iterator[None]:
    with (IMAGES / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report("Waiting for another build of the same image")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _debian(target: Path, packages: list[str], report: Report) -> None:
    """Install `packages` and what they depend on into a new tree; mmdebstrap chooses the mirror."""
    # In a mount namespace of its own: were it killed, the next builder would else remove through its mounts of /dev.
    command = ["unshare", "--mount", "mmdebstrap", "--mode=root", "--variant=minbase", "--format=directory"]
    command += [f"--dpkgopt={option}" for option in recipe.DPKG_OPTIONS]
    if KEYRING.exists():  # a machine that is not Debian trusts Debian's keys by this package only
        command.append(f"--keyring={KEYRING}")
    command += [f"--include={','.join(packages)}", recipe.SUITE, str(target)]
    with LOG.open("a") as log:
        log.write(f"$ {' '.join(command)}\n")
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        last = ""
        with process:
            for line in process.stdout or ():
                log.write(line)
                if re.match(r"[IE]: ", line):
                    last = line[3:].strip().rstrip(".")
                    report(f"  {last}")
        status = process.returncode
    if status:
        if "No space left on device" in LOG.read_text():
            raise _no_space()
        raise ImageBuildFailed(f"Installing Debian packages failed: {last or status}. See {LOG}.", log=str(LOG))


def _copy_tree(source: Path, target: Path) -> None:
    """Copy files over `target` with their modes, owned by root whoever owns the working copy."""
    for path in sorted(source.rglob("*")):
        destination = target / path.relative_to(source)
        if path.is_dir():
            destination.mkdir(mode=0o755, exist_ok=True)
        else:
            shutil.copyfile(path, destination)
            destination.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
            os.chown(destination, 0, 0)


def _finish_host(rootfs: Path) -> None:
    # A stale docker.pid stops an engine after a kill: /run is a tmpfs in every host, and /var/run must lead there.
    assert (rootfs / "var/run").is_symlink()
    for name in ("etc/hostname", "etc/resolv.conf", "etc/hosts"):
        (rootfs / name).unlink(missing_ok=True)
    (rootfs / "var/lib/docker").mkdir(mode=0o710, exist_ok=True)


def _no_space() -> NoSpace:
    free = shutil.disk_usage(IMAGES).free
    return NoSpace(
        f"The lab host image needs {NEEDED_BYTES >> 20} MB under {IMAGES} and {free >> 20} MB are free.",
        free_bytes=free,
    )


def main() -> int:
    """Build the image, one line a step; return the exit status."""
    try:
        image = build(lambda text: print(text, flush=True))  # noqa: T201 - this is the command's output
    except LabError as error:
        print(error.reason, file=sys.stderr)  # noqa: T201
        return 1
    print(image.folder)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
